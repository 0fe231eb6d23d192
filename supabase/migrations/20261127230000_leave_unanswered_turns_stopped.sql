create or replace function loacl_private.withdraw_late(turn loacl_private.turns, outcome jsonb)
returns boolean
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  refusal text := outcome ->> 'errorCode';
begin
  if turn.ended_at is null
    or refusal is null
    or refusal not in ('input_flagged', 'output_flagged', 'moderation_unavailable')
    or loacl_private.is_withdrawn(turn.message_id)
    -- Another has written on in it.
    or exists (select from loacl_private.turns t where t.message_id = turn.message_id and t.created_at > turn.created_at)
    -- Nothing has been answered yet to what is refused, and nobody is told of it.
    or (
      refusal = 'input_flagged'
      and not exists (select from loacl.tool_executions e where e.message_id = turn.message_id)
    )
  then
    return false;
  end if;
  perform loacl_private.keep_moderation(turn, outcome -> 'moderation');
  update loacl_private.turns t
  set state = 'failed', error_code = refusal, cut_reason = null
  where t.id = turn.id;
  update loacl_private.turn_steps s
  set state = 'failed', error_code = refusal
  where s.turn_id = turn.id and s.state <> 'completed';
  update loacl.messages m
  set status = 'failed', error_code = refusal, cut_reason = null
  where m.id = turn.message_id;
  return true;
end
$$;

-- A flagged answer that a visitor had gone on with before its worker could say so was left in sight.
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
    -- Nothing has been answered yet to what is refused, and nobody is told of it.
    or (
      refusal = 'input_flagged'
      and not exists (select from loacl.tool_executions e where e.message_id = turn.message_id)
    )
  then
    return false;
  end if;
  perform loacl_private.keep_moderation(turn, outcome -> 'moderation');
  -- Another may have gone on with it: what it wrote on in is gone.
  perform loacl_private.end_turn(t.id, jsonb_build_object('state', 'failed', 'errorCode', refusal))
  from loacl_private.turns t
  where t.message_id = turn.message_id and t.ended_at is null;
  update loacl_private.turns t
  set state = 'failed', error_code = refusal, cut_reason = null
  where t.message_id = turn.message_id and t.created_at >= turn.created_at;
  update loacl_private.turn_steps s
  set state = 'failed', error_code = refusal
  from loacl_private.turns t
  where t.message_id = turn.message_id and t.created_at >= turn.created_at and s.turn_id = t.id and s.state <> 'completed';
  update loacl.messages m
  set status = 'failed', error_code = refusal, cut_reason = null
  where m.id = turn.message_id;
  return true;
end
$$;
comment on function loacl_private.withdraw_late(loacl_private.turns, jsonb) is
  'Withdraws an answer that its worker knows to be refused by moderation, where somebody else has ended the turn meanwhile, with the turns that went on with it, and says whether it did. It is the one way in which an end changes.';
revoke all on function loacl_private.withdraw_late(loacl_private.turns, jsonb) from public;

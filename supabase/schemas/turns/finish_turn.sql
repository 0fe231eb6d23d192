create function loacl_private.withdraw_late(turn loacl_private.turns, outcome jsonb)
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
  perform loacl_private.correct_estimate(turn, outcome);
  return true;
end
$$;
comment on function loacl_private.withdraw_late(loacl_private.turns, jsonb) is
  'Withdraws an answer that its worker knows to be refused by moderation, where somebody else has ended the turn meanwhile, with the turns that went on with it, and says whether it did. What the provider says it took is put in place of the estimate. It is the one way in which an end changes.';
revoke all on function loacl_private.withdraw_late(loacl_private.turns, jsonb) from public;

create function loacl_private.finish_turn(turn_id uuid, lease uuid, outcome jsonb)
returns void
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns := loacl_private.lock_leased_turn(finish_turn.turn_id, finish_turn.lease);
begin
  if loacl_private.withdraw_late(turn, outcome) then
    return;
  end if;
  if turn.state <> 'running' or outcome ->> 'state' in ('running', 'waiting') then
    perform loacl_private.raise_error(409, 'turn_lease_lost', 'This turn is no longer yours.');
  end if;
  perform loacl_private.end_turn(turn.id, outcome);
  update loacl.threads t set last_message_at = clock_timestamp() where t.id = turn.thread_id;
  -- Only what was answered to the end has follow-ups.
  if outcome ->> 'state' <> 'completed' then
    perform loacl_private.release_follow_ups(turn.id);
  end if;
end
$$;
comment on function loacl_private.finish_turn(uuid, uuid, jsonb) is 'Does the work of loacl.finish_turn.';
revoke all on function loacl_private.finish_turn(uuid, uuid, jsonb) from public;
grant execute on function loacl_private.finish_turn(uuid, uuid, jsonb) to service_role;

create function loacl.finish_turn(turn_id uuid, lease uuid, outcome jsonb)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  select loacl_private.finish_turn(finish_turn.turn_id, finish_turn.lease, finish_turn.outcome);
end;
comment on function loacl.finish_turn(uuid, uuid, jsonb) is
  'For the functions: ends a turn with its last step, once, and stores the answer, the provider''s items, and the usage with its cost, that of moderation included. Where somebody else has ended it meanwhile, an answer that moderation refuses is withdrawn all the same. Errors: turn_lease_lost.';
revoke all on function loacl.finish_turn(uuid, uuid, jsonb) from public;
grant execute on function loacl.finish_turn(uuid, uuid, jsonb) to service_role;

create function loacl_private.longest_wait()
returns interval
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
return interval '24 hours';
comment on function loacl_private.longest_wait() is 'How long a turn may wait at most.';
revoke all on function loacl_private.longest_wait() from public;

create function loacl_private.to_waiting(turn loacl_private.turns)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return jsonb_build_object(
    'messageId', turn.message_id,
    'step', (select max(s.step) from loacl_private.turn_steps s where s.turn_id = turn.id),
    'expiresAt', turn.wait_expires_at,
    'calls', loacl_private.to_waiting_calls(
      turn.id, (select max(s.step) from loacl_private.turn_steps s where s.turn_id = turn.id)
    )
  );
end
$$;
comment on function loacl_private.to_waiting(loacl_private.turns) is 'What is said of a turn that waits: after which step, until when, and for which calls of tools.';
revoke all on function loacl_private.to_waiting(loacl_private.turns) from public;

create function loacl_private.wait_turn(turn_id uuid, lease uuid, wait_ms bigint, outcome jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns := loacl_private.lock_leased_turn(wait_turn.turn_id, wait_turn.lease);
begin
  if turn.state = 'running' then
    perform loacl_private.expire_calls(turn.id);
    -- What it was to wait for has come already.
    if turn.stop_requested_at is null and loacl_private.is_ready(turn.id) then
      return '{"state": "running", "waiting": null}';
    end if;
    perform loacl_private.end_step(turn, outcome || '{"state": "completed"}');
    perform loacl_private.release_follow_ups(turn.id);
    perform loacl_private.keep_answer(turn, outcome, 'waiting');
    update loacl_private.turns t
    set state = 'waiting',
      lease_expires_at = null,
      wait_expires_at = least(
        clock_timestamp() + least(greatest(wait_ms, 1000) * interval '1 millisecond', loacl_private.longest_wait()),
        (select min(e.expires_at) from loacl.tool_executions e where e.turn_id = t.id and e.status = 'pending')
      ),
      -- Two parts say that it waits: `data-waiting` and `finish`.
      last_seq = t.last_seq + 2
    where t.id = turn.id
    returning t.* into turn;
    if turn.stop_requested_at is not null then
      perform loacl_private.end_turn(turn.id, '{"state": "stopped"}');
      turn.state := 'stopped';
    end if;
  end if;
  return jsonb_build_object('state', turn.state, 'waiting', case when turn.state = 'waiting' then loacl_private.to_waiting(turn) end);
end
$$;
comment on function loacl_private.wait_turn(uuid, uuid, bigint, jsonb) is 'Does the work of loacl.wait_turn.';
revoke all on function loacl_private.wait_turn(uuid, uuid, bigint, jsonb) from public;
grant execute on function loacl_private.wait_turn(uuid, uuid, bigint, jsonb) to service_role;

create function loacl.wait_turn(turn_id uuid, lease uuid, wait_ms bigint, outcome jsonb)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.wait_turn(wait_turn.turn_id, wait_turn.lease, wait_turn.wait_ms, wait_turn.outcome);
comment on function loacl.wait_turn(uuid, uuid, bigint, jsonb) is
  'For the functions: ends a turn''s step with its `outcome`, which holds the answer so far, and lets the turn wait, for `wait_ms` milliseconds and 24 hours at most, and no longer than the visitor may approve a call. It has no worker then and reserves nothing. Gives `{"state", "waiting": {"messageId", "step", "expiresAt", "calls"}}`. Where the visitor wants it stopped it ends, and `waiting` is null. So it is where the step has called tools and none of the calls waits any more: then nothing is done, the state is `running`, and run_calls is next. Safe to repeat. Errors: turn_lease_lost.';
revoke all on function loacl.wait_turn(uuid, uuid, bigint, jsonb) from public;
grant execute on function loacl.wait_turn(uuid, uuid, bigint, jsonb) to service_role;

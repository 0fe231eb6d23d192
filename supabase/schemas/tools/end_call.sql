create function loacl_private.end_call(turn_id uuid, lease uuid, execution_id uuid, outcome jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns := loacl_private.lock_running_turn(end_call.turn_id, end_call.lease);
  execution loacl.tool_executions;
  failure text := outcome ->> 'errorCode';
begin
  select e.* into execution
  from loacl.tool_executions e
  where e.id = end_call.execution_id and e.turn_id = turn.id and e.kind in ('server', 'mcp')
  for update;
  if not found then
    perform loacl_private.raise_error(404, 'execution_not_found', 'There is no such call.');
  end if;
  -- Asked again because an answer was lost.
  if execution.completed_at is not null then
    return loacl_private.to_call(execution);
  end if;
  if execution.status <> 'executing' then
    perform loacl_private.raise_error(409, 'execution_decided', 'This call does not run.');
  end if;
  -- The worker bounds what comes; as JSON it may be longer.
  if octet_length((outcome -> 'result')::text) > 2097152 then
    perform loacl_private.raise_error(413, 'tool_result_too_large', 'The result of this call is too large.');
  end if;
  update loacl.tool_executions e
  set status = case
      when failure is null then 'completed'
      when failure in ('tool_changed', 'stopped', 'cancelled') then 'cancelled'
      else 'failed'
    end,
    result = case when failure is null then outcome -> 'result' end,
    error_code = failure,
    error_message = case when failure is not null then left(outcome ->> 'errorMessage', 1000) end,
    cost_usd = coalesce((outcome ->> 'costUsd')::numeric, e.cost_usd)
  where e.id = execution.id
  returning e.* into execution;
  -- What nobody knows of is settled as an estimate when the turn ends.
  if failure is distinct from 'unknown' then
    perform loacl_private.charge_call(turn, execution, false);
  end if;
  return loacl_private.to_call(execution);
end
$$;
comment on function loacl_private.end_call(uuid, uuid, uuid, jsonb) is 'Does the work of loacl.end_call.';
revoke all on function loacl_private.end_call(uuid, uuid, uuid, jsonb) from public;
grant execute on function loacl_private.end_call(uuid, uuid, uuid, jsonb) to service_role;

create function loacl.end_call(turn_id uuid, lease uuid, execution_id uuid, outcome jsonb)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.end_call(end_call.turn_id, end_call.lease, end_call.execution_id, end_call.outcome);
comment on function loacl.end_call(uuid, uuid, uuid, jsonb) is
  'For the functions: ends a call that a turn''s worker has run: `{"result", "errorCode", "errorMessage", "costUsd"}`. Without `costUsd` it cost the most that its tool costs. What it cost is a row of usage_logs, and counts in the budget; of one that is `unknown` from the end of its turn on. Gives the call. Safe to repeat: the first outcome stays. Errors: turn_lease_lost, execution_not_found, execution_decided, tool_result_too_large.';
revoke all on function loacl.end_call(uuid, uuid, uuid, jsonb) from public;
grant execute on function loacl.end_call(uuid, uuid, uuid, jsonb) to service_role;

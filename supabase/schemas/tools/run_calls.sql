create function loacl_private.is_unchanged(call loacl.tool_executions)
returns boolean
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return exists (
    select
    from loacl_private.find_offered_tools(call.thread_id) t
    where t.id = call.tool_id and loacl_private.to_tool_digest(t) = call.tool_digest
  );
end
$$;
comment on function loacl_private.is_unchanged(loacl.tool_executions) is
  'Whether the tool of a call is still offered, and is what it was when the call was asked for.';
revoke all on function loacl_private.is_unchanged(loacl.tool_executions) from public;

create function loacl_private.run_calls(turn_id uuid, lease uuid, step integer)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns := loacl_private.lock_running_turn(run_calls.turn_id, run_calls.lease);
begin
  update loacl.tool_executions e
  set status = case when u.is_unchanged then 'executing' else 'cancelled' end,
    error_code = case when not u.is_unchanged then 'tool_changed' end,
    cost_usd = case when u.is_unchanged then e.cost_usd else 0 end
  from (
    select a.id, loacl_private.is_unchanged(a) as is_unchanged
    from loacl.tool_executions a
    where a.turn_id = turn.id and a.step = run_calls.step and a.status = 'approved' and a.kind in ('server', 'mcp')
  ) u
  where e.id = u.id;
  return jsonb_build_object('calls', loacl_private.list_calls(turn.id, run_calls.step));
end
$$;
comment on function loacl_private.run_calls(uuid, uuid, integer) is 'Does the work of loacl.run_calls.';
revoke all on function loacl_private.run_calls(uuid, uuid, integer) from public;
grant execute on function loacl_private.run_calls(uuid, uuid, integer) to service_role;

create function loacl.run_calls(turn_id uuid, lease uuid, step integer)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.run_calls(run_calls.turn_id, run_calls.lease, run_calls.step);
comment on function loacl.run_calls(uuid, uuid, integer) is
  'For the functions: the calls of a step with those that were approved and are a server''s or an MCP server''s now `executing`, and this worker''s to run; where the tool is another by now, or is switched off, the call is cancelled. Safe to repeat. Errors: turn_lease_lost.';
revoke all on function loacl.run_calls(uuid, uuid, integer) from public;
grant execute on function loacl.run_calls(uuid, uuid, integer) to service_role;

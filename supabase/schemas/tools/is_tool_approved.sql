create function loacl_private.sum_tool_costs(assistant_id uuid)
returns numeric
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  asked numeric := (
    select coalesce(sum(e.cost_usd), 0)
    from loacl.tool_executions e
    where e.assistant_id = sum_tool_costs.assistant_id and e.created_at > now() - interval '1 hour'
  );
  -- What has been erased since is in the usage alone, and one that was approved long after it was asked for runs now.
  ran numeric := (
    select coalesce(sum(u.cost_usd), 0)
    from loacl.usage_logs u
    where u.assistant_id = sum_tool_costs.assistant_id and u.purpose = 'tool' and u.created_at > now() - interval '1 hour'
  ) + (
    select coalesce(sum(e.cost_usd), 0)
    from loacl.tool_executions e
    where e.assistant_id = sum_tool_costs.assistant_id and e.completed_at is null
  );
begin
  return greatest(asked, ran);
end
$$;
comment on function loacl_private.sum_tool_costs(uuid) is
  'What calls of an assistant''s tools cost in the last hour, in US dollars, with the most that those cost which run.';
revoke all on function loacl_private.sum_tool_costs(uuid) from public;
grant execute on function loacl_private.sum_tool_costs(uuid) to service_role;

create function loacl.is_tool_approved(
  thread_id uuid, tool_name text, risk text, cost_usd numeric default 0, tool_digest text default null
)
returns boolean
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return coalesce(
  (
    select
      case
        when s.specific_tools ? is_tool_approved.tool_name then (s.specific_tools -> is_tool_approved.tool_name)::boolean
        when s.require_approval_for_new_tools and not exists (
          select
          from loacl.tool_executions e
          where e.assistant_id = t.assistant_id and e.tool_name = is_tool_approved.tool_name and e.status = 'completed'
            and (is_tool_approved.tool_digest is null or e.tool_digest = is_tool_approved.tool_digest)
        ) then false
        when is_tool_approved.risk = 'read_only' then s.read_only_operations
        when is_tool_approved.risk = 'low' then s.low_risk_operations
      end
      and is_tool_approved.cost_usd <= s.max_cost_per_tool_usd
      and is_tool_approved.cost_usd + loacl_private.sum_tool_costs(t.assistant_id) <= s.max_cost_per_hour_usd
    from loacl.threads t
    join loacl.auto_approval_settings a on a.assistant_id = t.assistant_id
    left join loacl.thread_overrides o on o.thread_id = t.id
    cross join jsonb_populate_record(a, coalesce(o.auto_approval, '{}')) s
    where t.id = is_tool_approved.thread_id
  ),
  false
);
comment on function loacl.is_tool_approved(uuid, text, text, numeric, text) is
  'Whether a tool call may run in this thread without anybody being asked. `risk`: `read_only`, `low`, or anything else for more; `cost_usd`: the most that it may cost, null where that is not known; `tool_digest`: of the tool as it is now, which is new where another ran under its name. False wherever the settings don''t say yes. For the functions.';
revoke all on function loacl.is_tool_approved(uuid, text, text, numeric, text) from public;
grant execute on function loacl.is_tool_approved(uuid, text, text, numeric, text) to service_role;

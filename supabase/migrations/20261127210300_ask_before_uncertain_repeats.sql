-- A call that reached its tool, or may have, and brought nothing that can be used, has had its effect, or may have had. The model makes it
-- once more unasked only where the tool does a thing once for each key.
create or replace function loacl_private.may_be_repeated(call loacl.tool_executions, tool loacl.assistant_tools)
returns boolean
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
return case
  -- It may still run.
  when coalesce((call).error_code, 'unknown') in ('unknown', 'tool_timeout') then false
  -- It had its effect, or may have had: what came back says nothing of that.
  when (call).error_code in ('tool_unreachable', 'tool_result_invalid', 'tool_result_too_large') then (tool).is_idempotent
  else true
end;
comment on function loacl_private.may_be_repeated(loacl.tool_executions, loacl.assistant_tools) is
  'Whether the model may make a call that failed once more in the same turn without anybody being asked: the tool says that it did nothing, or does a thing once for each key.';
revoke all on function loacl_private.may_be_repeated(loacl.tool_executions, loacl.assistant_tools) from public;

create or replace function loacl_private.begin_call(turn loacl_private.turns, step integer, asked jsonb, refusal text)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  tool loacl.assistant_tools;
  earlier loacl.tool_executions;
  execution loacl.tool_executions;
  is_approved boolean := false;
begin
  select t.* into tool
  from loacl_private.find_offered_tools(turn.thread_id) t
  where t.id = (asked ->> 'toolId')::uuid and t.kind <> 'hosted';
  execution.id := gen_random_uuid();
  execution.tool_digest := case when tool.id is not null then loacl_private.to_tool_digest(tool) end;
  refusal := coalesce(
    refusal,
    case
      when tool.id is null then 'tool_unknown'
      -- What the worker has is what it checks the arguments against, shows and calls.
      when asked ->> 'toolDigest' <> execution.tool_digest then 'tool_changed'
      when jsonb_typeof(asked -> 'arguments') is distinct from 'object' then 'arguments_invalid'
    end
  );
  execution.idempotency_key := execution.id;
  execution.created_at := clock_timestamp();
  if refusal is null then
    earlier := loacl_private.find_earlier_call(turn, tool.name, asked ->> 'argumentsDigest');
    is_approved := (earlier.id is null or (earlier.turn_id = turn.id and loacl_private.may_be_repeated(earlier, tool)))
      and loacl.is_tool_approved(turn.thread_id, tool.name, tool.risk, tool.cost_usd, execution.tool_digest);
    if tool.is_idempotent and earlier.tool_id = tool.id and earlier.arguments_digest is not null then
      execution.idempotency_key := earlier.idempotency_key;
    end if;
  end if;
  execution.status := case
    when refusal is not null then 'cancelled'
    when not is_approved then 'pending'
    when tool.kind = 'page' then 'approved'
    else 'executing'
  end;
  insert into loacl.tool_executions (
    id, message_id, tool_id, turn_id, step, kind, call_id, tool_name, parameters, status, approval_requested_at, cost_usd, error_code,
    tool_digest, arguments_digest, expires_at, idempotency_key, created_at
  )
  values (
    execution.id, turn.message_id, tool.id, turn.id, begin_call.step, tool.kind, asked ->> 'callId',
    coalesce(tool.name, nullif(left(asked ->> 'name', 200), ''), '?'),
    case jsonb_typeof(asked -> 'arguments') when 'object' then asked -> 'arguments' else '{}' end,
    execution.status,
    case when execution.status = 'pending' then execution.created_at end,
    case execution.status when 'cancelled' then 0 when 'pending' then null else tool.cost_usd end,
    refusal,
    execution.tool_digest, asked ->> 'argumentsDigest',
    case execution.status
      when 'pending' then execution.created_at + tool.approval_seconds * interval '1 second'
      when 'approved' then execution.created_at + tool.timeout_ms * interval '1 millisecond'
    end,
    execution.idempotency_key, execution.created_at
  );
end
$$;
comment on function loacl_private.begin_call(loacl_private.turns, integer, jsonb, text) is
  'Keeps one call that the model has asked for, and decides whether it runs, waits or is refused. The caller holds the lock of the assistant''s tools.';
revoke all on function loacl_private.begin_call(loacl_private.turns, integer, jsonb, text) from public;

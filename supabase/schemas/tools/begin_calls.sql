create function loacl_private.find_earlier_call(turn loacl_private.turns, tool_name text, arguments_digest text)
returns loacl.tool_executions
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  earlier loacl.tool_executions;
begin
  select e.* into earlier
  from loacl.messages asked
  -- Edited, it is the same question.
  join loacl.messages sibling on sibling.thread_id = asked.thread_id and sibling.role = 'user'
    and (sibling.id = asked.id or sibling.parent_id is not distinct from asked.parent_id)
  join loacl_private.turns t on t.user_message_id = sibling.id
  join loacl.tool_executions e on e.turn_id = t.id
  where asked.id = turn.user_message_id
    and e.tool_name = find_earlier_call.tool_name
    and (
      e.arguments_digest = find_earlier_call.arguments_digest
      -- Of an answer that was withdrawn nothing says with which arguments it called.
      or (e.arguments_digest is null and e.kind <> 'hosted' and loacl_private.is_withdrawn(e.message_id))
    )
    and e.executed_at is not null
    and (t.id <> turn.id or (e.completed_at is not null and e.status <> 'completed'))
  order by t.id <> turn.id desc, e.arguments_digest is null, e.created_at desc
  limit 1;
  return earlier;
end
$$;
comment on function loacl_private.find_earlier_call(loacl_private.turns, text, text) is
  'A call of the same tool with the same arguments that ran for the same question: in another answer to it, or in this turn, where it failed. Of an answer that moderation has withdrawn any call of the tool, for its arguments are gone. null where there is none.';
revoke all on function loacl_private.find_earlier_call(loacl_private.turns, text, text) from public;

create function loacl_private.may_be_repeated(call loacl.tool_executions, tool loacl.assistant_tools)
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

create function loacl_private.begin_call(turn loacl_private.turns, step integer, asked jsonb, refusal text)
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

create function loacl_private.lock_running_turn(turn_id uuid, lease uuid)
returns loacl_private.turns
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns := loacl_private.lock_leased_turn(lock_running_turn.turn_id, lock_running_turn.lease);
begin
  if turn.state <> 'running' then
    perform loacl_private.raise_error(409, 'turn_lease_lost', 'This turn is no longer yours.');
  end if;
  return turn;
end
$$;
comment on function loacl_private.lock_running_turn(uuid, uuid) is 'As lock_leased_turn, for a turn that runs. Errors: turn_lease_lost.';
revoke all on function loacl_private.lock_running_turn(uuid, uuid) from public;

create function loacl_private.begin_calls(turn_id uuid, lease uuid, step integer, calls jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns := loacl_private.lock_running_turn(begin_calls.turn_id, begin_calls.lease);
  asked record;
begin
  if not exists (
    select from loacl_private.turn_steps s where s.turn_id = turn.id and s.step = begin_calls.step and s.state = 'running'
  ) then
    perform loacl_private.raise_error(500, 'internal', format('Calls of step %s came, which does not run.', begin_calls.step));
  end if;
  -- Of two turns that begin calls at once the second counts what the first may cost.
  perform pg_advisory_xact_lock(
    hashtext('loacl.begin_calls'), hashtext((select t.assistant_id::text from loacl.threads t where t.id = turn.thread_id))
  );
  for asked in select c.call, c.place from jsonb_array_elements(calls) with ordinality as c (call, place) order by c.place loop
    -- Asked again because an answer was lost, it is there.
    if not exists (
      select
      from loacl.tool_executions e
      where e.turn_id = turn.id and e.step = begin_calls.step and e.call_id = asked.call ->> 'callId'
    ) then
      perform loacl_private.begin_call(
        turn, begin_calls.step, asked.call,
        coalesce(asked.call ->> 'errorCode', case when asked.place > 16 then 'too_many_calls' end)
      );
    end if;
  end loop;
  return jsonb_build_object('calls', loacl_private.list_calls(turn.id, begin_calls.step));
end
$$;
comment on function loacl_private.begin_calls(uuid, uuid, integer, jsonb) is 'Does the work of loacl.begin_calls.';
revoke all on function loacl_private.begin_calls(uuid, uuid, integer, jsonb) from public;
grant execute on function loacl_private.begin_calls(uuid, uuid, integer, jsonb) to service_role;

create function loacl.begin_calls(turn_id uuid, lease uuid, step integer, calls jsonb)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.begin_calls(begin_calls.turn_id, begin_calls.lease, begin_calls.step, begin_calls.calls);
comment on function loacl.begin_calls(uuid, uuid, integer, jsonb) is
  'For the functions: keeps the calls of tools that the model has asked for in a running step, `[{"callId", "name", "toolId", "toolDigest", "arguments", "argumentsDigest", "errorCode"}]`, and decides each: one with an `errorCode` is cancelled, as is one whose tool is another by now than the worker was given; a server''s or an MCP server''s that needs nobody''s approval is `executing`, and this worker''s to run now; a page''s is `approved` and waits to be claimed; any other is `pending`. It is decided by is_tool_approved, one turn of the assistant after the other, and one that ran before for the same question is asked about. Gives `{"calls"}`, as all that follow. Safe to repeat. Errors: turn_lease_lost.';
revoke all on function loacl.begin_calls(uuid, uuid, integer, jsonb) from public;
grant execute on function loacl.begin_calls(uuid, uuid, integer, jsonb) to service_role;

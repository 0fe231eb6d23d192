create function loacl_private.to_call(call loacl.tool_executions)
returns jsonb
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return jsonb_build_object(
    'id', call.id,
    'callId', call.call_id,
    'toolId', call.tool_id,
    'name', call.tool_name,
    'kind', call.kind,
    'arguments', call.parameters,
    'argumentsDigest', call.arguments_digest,
    'status', call.status,
    'result', call.result,
    'errorCode', call.error_code,
    'errorMessage', call.error_message,
    'expiresAt', call.expires_at,
    'idempotencyKey', call.idempotency_key,
    'approvedBy', case when call.approved_at is not null then
      case when call.approval_requested_at is null then 'settings' else 'visitor' end
    end
  );
end
$$;
comment on function loacl_private.to_call(loacl.tool_executions) is 'A call as a turn''s worker gets it.';
revoke all on function loacl_private.to_call(loacl.tool_executions) from public;

create function loacl_private.list_calls(turn_id uuid, step integer)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select coalesce(jsonb_agg(loacl_private.to_call(e) order by e.created_at), '[]')
    from loacl.tool_executions e
    -- Of a hosted call the provider has told its model itself.
    where e.turn_id = list_calls.turn_id and e.step = list_calls.step and e.kind is distinct from 'hosted'
  );
end
$$;
comment on function loacl_private.list_calls(uuid, integer) is 'The calls of a step, in the order in which the model asked for them.';
revoke all on function loacl_private.list_calls(uuid, integer) from public;

create function loacl_private.is_waited_for(call loacl.tool_executions)
returns boolean
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
return (call).status = 'pending' or ((call).kind = 'page' and (call).status in ('approved', 'executing'));
comment on function loacl_private.is_waited_for(loacl.tool_executions) is
  'Whether a call waits for something that comes from outside: the visitor''s decision, or a page.';
revoke all on function loacl_private.is_waited_for(loacl.tool_executions) from public;

create function loacl_private.has_waiting_calls(turn_id uuid)
returns boolean
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return exists (
    select from loacl.tool_executions e where e.turn_id = has_waiting_calls.turn_id and loacl_private.is_waited_for(e)
  );
end
$$;
comment on function loacl_private.has_waiting_calls(uuid) is 'Whether a turn has a call that waits for something from outside.';
revoke all on function loacl_private.has_waiting_calls(uuid) from public;

create function loacl_private.is_ready(turn_id uuid)
returns boolean
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return not loacl_private.has_waiting_calls(is_ready.turn_id) and exists (
    select
    from loacl.tool_executions e
    where e.turn_id = is_ready.turn_id
      and e.step = (select max(s.step) from loacl_private.turn_steps s where s.turn_id = is_ready.turn_id)
  );
end
$$;
comment on function loacl_private.is_ready(uuid) is
  'Whether the latest step of a turn has called tools, and nothing that it waits for from outside is left.';
revoke all on function loacl_private.is_ready(uuid) from public;

create function loacl_private.to_waiting_calls(turn_id uuid, step integer)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select coalesce(
      jsonb_agg(
        jsonb_build_object(
          'id', e.id,
          'kind', e.kind,
          'status', case
            when e.status in ('pending', 'approved') then e.status
            when e.status = 'executing' then 'running'
            when e.error_code = 'denied' then 'denied'
            else 'done'
          end,
          'expiresAt', case when loacl_private.is_waited_for(e) then e.expires_at end
        )
        order by e.created_at
      ),
      '[]'
    )
    from loacl.tool_executions e
    where e.turn_id = to_waiting_calls.turn_id and e.step = to_waiting_calls.step and e.kind in ('server', 'page', 'mcp')
  );
end
$$;
comment on function loacl_private.to_waiting_calls(uuid, integer) is
  'What a visitor is told of the calls of a step after which the turn waits: `WaitingCall[]`.';
revoke all on function loacl_private.to_waiting_calls(uuid, integer) from public;

create function loacl_private.renew_wait(turn_id uuid)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  update loacl_private.turns t
  set wait_expires_at = coalesce(
    (select min(e.expires_at) from loacl.tool_executions e where e.turn_id = t.id and e.status = 'pending'),
    clock_timestamp() + loacl_private.longest_wait()
  )
  where t.id = renew_wait.turn_id and t.state = 'waiting';
end
$$;
comment on function loacl_private.renew_wait(uuid) is
  'How long a turn waits once a call of it has changed: as long as the visitor may still approve all that they are asked about or, where that is nothing, for its longest.';
revoke all on function loacl_private.renew_wait(uuid) from public;

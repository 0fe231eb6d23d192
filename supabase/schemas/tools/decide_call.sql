create function loacl_private.enter_waiting_turn(turn_id uuid, claims jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  -- Of two that decide, or run a call, or resume the turn, the second waits here.
  perform loacl_private.lock_turn(enter_waiting_turn.turn_id);
  perform loacl_private.enter_turn(enter_waiting_turn.turn_id, enter_waiting_turn.claims);
  perform loacl_private.expire_calls(enter_waiting_turn.turn_id);
end
$$;
comment on function loacl_private.enter_waiting_turn(uuid, jsonb) is
  'Locks a turn of the visitor whose token the request carries, and ends what is overdue in it. Errors: those of enter_turn.';
revoke all on function loacl_private.enter_waiting_turn(uuid, jsonb) from public;

create function loacl_private.enter_call(execution_id uuid, claims jsonb)
returns loacl.tool_executions
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  execution loacl.tool_executions;
begin
  perform loacl_private.require_session_token_hash();
  select e.* into execution
  from loacl.tool_executions e
  join loacl.threads t on t.id = e.thread_id
  where e.id = enter_call.execution_id
    and e.turn_id is not null
    and t.session_id = any ((select loacl_private.find_own_session_ids(enter_call.claims))::uuid[])
    and t.status <> 'deleted';
  if not found then
    perform loacl_private.raise_not_found('execution_not_found', 'There is no such call.');
  end if;
  perform loacl_private.enter_waiting_turn(execution.turn_id, claims);
  select e.* into execution from loacl.tool_executions e where e.id = enter_call.execution_id for update;
  return execution;
end
$$;
comment on function loacl_private.enter_call(uuid, jsonb) is
  'A call in a thread of the visitor whose token the request carries, with its turn locked. Errors: session_missing, session_invalid, execution_not_found.';
revoke all on function loacl_private.enter_call(uuid, jsonb) from public;

create function loacl_private.to_decided(turn_id uuid)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns;
begin
  select t.* into turn from loacl_private.turns t where t.id = to_decided.turn_id;
  return jsonb_build_object(
    'turnId', turn.id,
    'state', turn.state,
    'isReady', turn.state = 'waiting' and loacl_private.is_ready(turn.id),
    'waiting', case when turn.state = 'waiting' then loacl_private.to_waiting(turn) end
  );
end
$$;
comment on function loacl_private.to_decided(uuid) is
  'How a turn stands once something has come for it: `{"turnId", "state", "isReady", "waiting"}`. `isReady`: nothing is waited for any more, and resume_turn takes it up.';
revoke all on function loacl_private.to_decided(uuid) from public;

create function loacl_private.decide_call(execution_id uuid, approved boolean, arguments_digest text, reason text, claims jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  execution loacl.tool_executions := loacl_private.enter_call(decide_call.execution_id, decide_call.claims);
  tool loacl.assistant_tools;
begin
  if decide_call.approved is null then
    perform loacl_private.raise_error(400, 'invalid_body', '"approved" must be true or false.');
  end if;
  if execution.arguments_digest is distinct from coalesce(
    decide_call.arguments_digest, case when not approved then execution.arguments_digest end
  ) then
    perform loacl_private.raise_error(404, 'execution_not_found', 'There is no such call with these arguments.');
  end if;
  if execution.error_code = 'expired' or (execution.status = 'pending' and execution.expires_at <= clock_timestamp()) then
    perform loacl_private.raise_error(409, 'approval_expired', 'The time in which this call could be approved is over.');
  end if;
  if execution.status <> 'pending' then
    -- The same decision again is fine.
    if execution.approval_requested_at is null
      or (approved and execution.approved_at is null)
      or (not approved and execution.error_code is distinct from 'denied')
    then
      perform loacl_private.raise_error(409, 'execution_decided', 'This call was decided already.');
    end if;
    return loacl_private.to_decided(execution.turn_id);
  end if;

  select t.* into tool from loacl.assistant_tools t where t.id = execution.tool_id;
  update loacl.tool_executions e
  set status = case when approved and loacl_private.is_unchanged(execution) then 'approved' else 'cancelled' end,
    error_code = case when not approved then 'denied' when not loacl_private.is_unchanged(execution) then 'tool_changed' end,
    error_message = case when not approved then nullif(left(decide_call.reason, 500), '') end,
    cost_usd = case when approved and loacl_private.is_unchanged(execution) then tool.cost_usd else 0 end,
    expires_at = case
      when approved and e.kind = 'page' then clock_timestamp() + tool.timeout_ms * interval '1 millisecond'
      else e.expires_at
    end
  where e.id = execution.id
  returning e.* into execution;
  perform loacl_private.renew_wait(execution.turn_id);
  if execution.status = 'approved' then
    -- Without another step nobody would read what came of it. Refused, the call waits on as it did.
    perform loacl_private.require_step(t, null, '[]') from loacl_private.turns t where t.id = execution.turn_id;
  end if;
  return loacl_private.to_decided(execution.turn_id);
end
$$;
comment on function loacl_private.decide_call(uuid, boolean, text, text, jsonb) is 'Does the work of loacl.decide_call.';
revoke all on function loacl_private.decide_call(uuid, boolean, text, text, jsonb) from public;
grant execute on function loacl_private.decide_call(uuid, boolean, text, text, jsonb) to service_role;

create function loacl.decide_call(
  execution_id uuid, approved boolean, arguments_digest text, reason text default null, claims jsonb default null
)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.decide_call(
  decide_call.execution_id, decide_call.approved, decide_call.arguments_digest, decide_call.reason, decide_call.claims
);
comment on function loacl.decide_call(uuid, boolean, text, text, jsonb) is
  'For the functions: the visitor approves or denies a call that they are asked about, once; `reason`, up to 500 characters, is theirs for a denial. An approval names the digest of the arguments that it is for. Gives `{"turnId", "state", "isReady", "waiting"}`: where `isReady`, resume_turn takes the turn up. A tool that is another by now is not called. Where the budget has no room for what comes after the call, an approval is refused, and may be given again later. `claims`: of the visitor''s verified access token, where one came along. The same decision again is fine. Errors: session_missing, session_invalid, session_replaced, execution_not_found, execution_decided, approval_expired, budget_exceeded, price_unknown.';
revoke all on function loacl.decide_call(uuid, boolean, text, text, jsonb) from public;
grant execute on function loacl.decide_call(uuid, boolean, text, text, jsonb) to service_role;

create function loacl_private.claim_call(execution_id uuid, tab text, claims jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  execution loacl.tool_executions := loacl_private.enter_call(claim_call.execution_id, claim_call.claims);
begin
  if claim_call.tab is null or claim_call.tab !~ '^[!-~]{1,128}$' then
    perform loacl_private.raise_error(400, 'invalid_body', '"tab" must be 1 to 128 visible ASCII characters.');
  end if;
  if execution.kind is distinct from 'page'
    or not (execution.status = 'approved' or (execution.status = 'executing' and execution.claimed_by = claim_call.tab))
    or (execution.status = 'approved' and not loacl_private.is_unchanged(execution))
  then
    perform loacl_private.raise_error(409, 'execution_decided', 'This call is not for a page to run, or another tab runs it.');
  end if;
  if execution.status = 'approved' then
    update loacl.tool_executions e
    set status = 'executing', claimed_by = claim_call.tab, expires_at = clock_timestamp() + (
      select t.timeout_ms * interval '1 millisecond' from loacl.assistant_tools t where t.id = e.tool_id
    )
    where e.id = execution.id
    returning e.* into execution;
    perform loacl_private.renew_wait(execution.turn_id);
  end if;
  return jsonb_build_object('arguments', execution.parameters, 'expiresAt', execution.expires_at);
end
$$;
comment on function loacl_private.claim_call(uuid, text, jsonb) is 'Does the work of loacl.claim_call.';
revoke all on function loacl_private.claim_call(uuid, text, jsonb) from public;
grant execute on function loacl_private.claim_call(uuid, text, jsonb) to service_role;

create function loacl.claim_call(execution_id uuid, tab text, claims jsonb default null)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.claim_call(claim_call.execution_id, claim_call.tab, claim_call.claims);
comment on function loacl.claim_call(uuid, text, jsonb) is
  'For the functions: a tab of the visitor''s takes a page''s call that is approved, and is the only one to run it: `{"arguments", "expiresAt"}`. Until then answer_call is to come. Safe to repeat for the same tab. Errors: session_missing, session_invalid, session_replaced, invalid_body, execution_not_found, execution_decided.';
revoke all on function loacl.claim_call(uuid, text, jsonb) from public;
grant execute on function loacl.claim_call(uuid, text, jsonb) to service_role;

create function loacl_private.answer_call(execution_id uuid, tab text, answer jsonb, claims jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  execution loacl.tool_executions := loacl_private.enter_call(answer_call.execution_id, answer_call.claims);
  most_bytes integer := coalesce(
    (select t.max_result_bytes from loacl.assistant_tools t where t.id = execution.tool_id), 65536
  );
  failure text := case when jsonb_typeof(answer -> 'error') = 'string' then answer ->> 'error' end;
  turn loacl_private.turns;
begin
  if execution.kind is distinct from 'page' or execution.claimed_by is distinct from answer_call.tab or execution.claimed_by is null then
    perform loacl_private.raise_error(409, 'execution_decided', 'This call is not this tab''s to run.');
  end if;
  if (jsonb_typeof(answer) = 'object' and ((answer ? 'output') <> (answer ? 'error')) and ((answer ? 'output') or failure is not null))
    is not true
  then
    perform loacl_private.raise_error(400, 'invalid_body', 'A call is answered with an "output", or with an "error" in words.');
  end if;
  if octet_length((answer -> 'output')::text) > most_bytes then
    perform loacl_private.raise_error(413, 'tool_result_too_large', format('The output of this call may have %s bytes as JSON.', most_bytes));
  end if;
  if execution.status <> 'executing' then
    -- The same answer again is fine.
    if (execution.status, execution.result) is distinct from ('completed', answer -> 'output')
      and (execution.error_code, execution.error_message) is distinct from ('tool_failed', left(failure, 1000))
    then
      perform loacl_private.raise_error(409, 'execution_decided', 'This call has ended already.');
    end if;
    return loacl_private.to_decided(execution.turn_id);
  end if;
  update loacl.tool_executions e
  set status = case when failure is null then 'completed' else 'failed' end,
    result = answer -> 'output',
    error_code = case when failure is not null then 'tool_failed' end,
    error_message = left(failure, 1000)
  where e.id = execution.id
  returning e.* into execution;
  perform loacl_private.renew_wait(execution.turn_id);
  select t.* into turn from loacl_private.turns t where t.id = execution.turn_id;
  perform loacl_private.charge_call(turn, execution, false);
  return loacl_private.to_decided(execution.turn_id);
end
$$;
comment on function loacl_private.answer_call(uuid, text, jsonb, jsonb) is 'Does the work of loacl.answer_call.';
revoke all on function loacl_private.answer_call(uuid, text, jsonb, jsonb) from public;
grant execute on function loacl_private.answer_call(uuid, text, jsonb, jsonb) to service_role;

create function loacl.answer_call(execution_id uuid, tab text, answer jsonb, claims jsonb default null)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.answer_call(answer_call.execution_id, answer_call.tab, answer_call.answer, answer_call.claims);
comment on function loacl.answer_call(uuid, text, jsonb, jsonb) is
  'For the functions: the tab that has claimed a page''s call says what came of it, `{"output"}` or `{"error"}`, once. Gives what decide_call gives. The same answer again is fine. Errors: session_missing, session_invalid, session_replaced, invalid_body, execution_not_found, execution_decided, tool_result_too_large.';
revoke all on function loacl.answer_call(uuid, text, jsonb, jsonb) from public;
grant execute on function loacl.answer_call(uuid, text, jsonb, jsonb) to service_role;

create function loacl_private.continue_turn(turn_id uuid, claims jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
begin
  perform loacl_private.enter_waiting_turn(continue_turn.turn_id, continue_turn.claims);
  return loacl_private.to_decided(continue_turn.turn_id);
end
$$;
comment on function loacl_private.continue_turn(uuid, jsonb) is 'Does the work of loacl.continue_turn.';
revoke all on function loacl_private.continue_turn(uuid, jsonb) from public;
grant execute on function loacl_private.continue_turn(uuid, jsonb) to service_role;

create function loacl.continue_turn(turn_id uuid, claims jsonb default null)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.continue_turn(continue_turn.turn_id, continue_turn.claims);
comment on function loacl.continue_turn(uuid, jsonb) is
  'For the functions: ends what is overdue in a turn of the visitor''s: a page''s call that no tab took is cancelled, one that was taken and not answered is failed, and where an approval did not come in time the turn is cut. Gives what decide_call gives. Errors: session_missing, session_invalid, session_replaced, turn_not_found.';
revoke all on function loacl.continue_turn(uuid, jsonb) from public;
grant execute on function loacl.continue_turn(uuid, jsonb) to service_role;

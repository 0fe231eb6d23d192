-- A turn that waits reserves nothing. What a visitor approves does not run where the budget has no room for the step after it: else an
-- order is placed, and its visitor never reads of it. The approval is refused, and may be given again once there is room.
create or replace function loacl_private.reserve_budget(
  assistant loacl.assistants, history jsonb, is_first_turn boolean, added_bytes bigint, turn_id uuid, step integer
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  purposes text[];
  most_tokens bigint[];
  most_usd numeric[];
  most_output bigint[];
  tokens bigint;
  usd numeric;
  budget loacl_private.budgets;
begin
  select array_agg(c.purpose), array_agg(c.tokens), array_agg(c.usd), array_agg(c.output_tokens), sum(c.tokens), coalesce(sum(c.usd), 0)
  into purposes, most_tokens, most_usd, most_output, tokens, usd
  from loacl_private.bound_calls(assistant, history, is_first_turn, added_bytes) c;
  if array_position(most_usd, null) is not null
    and num_nonnulls(assistant.spend_per_day_usd, assistant.spend_per_month_usd) > 0
  then
    perform loacl_private.raise_error(
      409, 'price_unknown', 'This assistant has a spend limit, and a model or a hosted tool without a price. Its owner can set the price.'
    );
  end if;

  if step is null then
    select b.* into budget from loacl_private.budgets b where b.assistant_id = assistant.id;
    perform loacl_private.check_budget(
      assistant,
      loacl_private.add_to_budget(
        budget,
        tokens - (select coalesce(sum(r.tokens), 0) from loacl_private.reservations r where r.turn_id = reserve_budget.turn_id)::bigint,
        usd - (select coalesce(sum(r.usd), 0) from loacl_private.reservations r where r.turn_id = reserve_budget.turn_id)
          + (
            select coalesce(sum(e.cost_usd), 0)
            from loacl.tool_executions e
            where e.turn_id = reserve_budget.turn_id and e.status = 'approved'
          )
      )
    );
    return;
  end if;

  budget := loacl_private.take_budget(assistant, tokens, usd);
  insert into loacl_private.reservations (turn_id, step, purpose, assistant_id, day, tokens, output_tokens, usd)
  select reserve_budget.turn_id, reserve_budget.step, c.purpose, assistant.id, budget.day, c.tokens, c.output_tokens, coalesce(c.usd, 0)
  from unnest(purposes, most_tokens, most_usd, most_output) as c (purpose, tokens, usd, output_tokens);
end
$$;
comment on function loacl_private.reserve_budget(loacl.assistants, jsonb, boolean, bigint, uuid, integer) is
  'Reserves what a step may take at most, or refuses it. Holds the assistant''s budget to the end of the transaction: to be called last. Without a step it reserves nothing and refuses what has no room as things are: of a turn, one more step once what runs is settled, with what the calls cost that are approved. Errors: budget_exceeded, price_unknown.';
revoke all on function loacl_private.reserve_budget(loacl.assistants, jsonb, boolean, bigint, uuid, integer) from public;

create or replace function loacl_private.require_step(turn loacl_private.turns, step integer, input jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  thread loacl.threads;
  assistant loacl.assistants;
  added_bytes bigint := octet_length(input::text) + (
    select coalesce(sum(octet_length(s.input::text) + octet_length(s.provider_items::text)), 0)
    from loacl_private.turn_steps s
    where s.turn_id = turn.id
  );
begin
  select t.* into thread from loacl.threads t where t.id = turn.thread_id;
  select a.* into assistant from loacl.assistants a where a.id = thread.assistant_id;
  assistant := loacl_private.prepare_assistant(assistant, thread.id);
  assistant.model := turn.model;
  perform loacl_private.reserve_budget(
    assistant, loacl_private.read_history(loacl_private.last_told(turn), assistant.context_token_budget), thread.title is null,
    added_bytes, turn.id, step
  );
end
$$;
comment on function loacl_private.require_step(loacl_private.turns, integer, jsonb) is
  'Reserves what a step of a turn may cost. Without a number of the step it reserves nothing, and refuses what has no room as things are. Holds the assistant''s budget: to be called last. Errors: budget_exceeded, price_unknown.';
revoke all on function loacl_private.require_step(loacl_private.turns, integer, jsonb) from public;

create or replace function loacl_private.reserve_step(turn loacl_private.turns, step integer, input jsonb)
returns boolean
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  perform loacl_private.require_step(turn, step, input);
  return true;
exception
  -- budget_exceeded, price_unknown
  when sqlstate 'PT429' or sqlstate 'PT409' then
    return false;
end
$$;
comment on function loacl_private.reserve_step(loacl_private.turns, integer, jsonb) is
  'As require_step, and says whether the budget allows it.';
revoke all on function loacl_private.reserve_step(loacl_private.turns, integer, jsonb) from public;

create or replace function loacl_private.resume_turn(turn_id uuid, step integer, lease uuid, deadline_ms integer, claims jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns;
  assistant loacl.assistants;
  is_taken_over boolean;
begin
  -- Of two that resume a turn the second waits here.
  perform loacl_private.lock_turn(resume_turn.turn_id);
  perform loacl_private.enter_turn(resume_turn.turn_id, resume_turn.claims);
  select t.* into turn from loacl_private.turns t where t.id = resume_turn.turn_id for update;
  -- Asked again because an answer was lost, it has the lease already.
  if not (turn.state = 'running' and turn.lease = resume_turn.lease)
    and not loacl_private.is_silent(turn)
    and (
      turn.state <> 'waiting'
      or loacl_private.has_waiting_calls(turn.id)
      or resume_turn.step <> (select max(s.step) from loacl_private.turn_steps s where s.turn_id = turn.id)
    )
  then
    return jsonb_build_object('turn', jsonb_build_object('id', turn.id), 'joined', true);
  end if;

  assistant := loacl_private.enter_assistant((select t.assistant_id from loacl.threads t where t.id = turn.thread_id), null);
  if assistant.paused_at is not null then
    perform loacl_private.raise_error(403, 'assistant_paused', 'This assistant is paused. Please come back later.');
  end if;
  perform loacl_private.find_provider(assistant, turn);
  is_taken_over := turn.state = 'running' and turn.lease <> resume_turn.lease;
  update loacl_private.turns t
  set state = 'running',
    lease = resume_turn.lease,
    lease_expires_at = clock_timestamp() + loacl_private.lease_duration(),
    deadline_at = loacl_private.to_deadline(resume_turn.deadline_ms),
    wait_expires_at = null
  where t.id = turn.id
  returning t.* into turn;
  perform loacl_private.keep_answer(turn, null, 'streaming');
  if is_taken_over then
    -- The worker that fell silent may have called the model.
    perform loacl_private.release_follow_ups(turn.id);
    perform loacl_private.settle_call(turn, 1, 'answer', null, null, 0);
    perform loacl_private.settle_call(turn, 1, 'tool', null, null, 0);
    if not loacl_private.reserve_step(turn, 1, '[]') then
      perform loacl_private.end_turn(turn.id, '{"state": "cut", "cutReason": "budget"}');
      return jsonb_build_object('turn', jsonb_build_object('id', turn.id), 'joined', true);
    end if;
  end if;
  -- Approved before, for a turn that waited on: without another step nobody would read what came of it.
  if exists (
      select from loacl.tool_executions e where e.turn_id = turn.id and e.status = 'approved' and e.kind in ('server', 'mcp')
    )
    and not loacl_private.reserve_step(turn, null, '[]')
  then
    perform loacl_private.end_turn(turn.id, '{"state": "cut", "cutReason": "budget", "callError": "stopped"}');
    return jsonb_build_object('turn', jsonb_build_object('id', turn.id), 'joined', true);
  end if;
  return loacl_private.hand_out_turn(turn);
end
$$;
comment on function loacl_private.resume_turn(uuid, integer, uuid, integer, jsonb) is 'Does the work of loacl.resume_turn.';
revoke all on function loacl_private.resume_turn(uuid, integer, uuid, integer, jsonb) from public;
grant execute on function loacl_private.resume_turn(uuid, integer, uuid, integer, jsonb) to service_role;

create or replace function loacl_private.decide_call(execution_id uuid, approved boolean, arguments_digest text, reason text, claims jsonb)
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

create or replace function loacl.decide_call(
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

-- What the provider said of a flagged answer that somebody else had ended was lost: the estimate stayed.
alter table loacl_private.turn_steps add column usage_id uuid;
comment on column loacl_private.turn_steps.usage_id is 'The row of usage_logs for its call, once that is settled. It may be gone.';

create function loacl_private.correct_budget(assistant_id uuid, day date, tokens bigint, usd numeric)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  -- What was counted yesterday is no longer in today's budget, and an owner may have put that to 0 meanwhile.
  update loacl_private.budgets b
  set day_tokens = greatest(0, b.day_tokens + case when b.day = correct_budget.day then correct_budget.tokens else 0 end),
    day_usd = greatest(0, b.day_usd + case when b.day = correct_budget.day then correct_budget.usd else 0 end),
    month_usd = greatest(0, b.month_usd + case when b.month = date_trunc('month', correct_budget.day)::date then correct_budget.usd else 0 end)
  where b.assistant_id = correct_budget.assistant_id;
end;
comment on function loacl_private.correct_budget(uuid, date, bigint, numeric) is
  'Adds to what was counted on a day, or takes from it, once it is known better. Holds the budget: to be called last.';
revoke all on function loacl_private.correct_budget(uuid, date, bigint, numeric) from public;

create or replace function loacl_private.settle_reservation(turn_id uuid, step integer, purpose text, tokens bigint, usd numeric)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  reserved loacl_private.reservations;
begin
  delete from loacl_private.reservations r
  where r.turn_id = settle_reservation.turn_id
    and r.step = settle_reservation.step
    and r.purpose = settle_reservation.purpose
  returning r.* into reserved;
  if not found then
    return;
  end if;
  perform loacl_private.correct_budget(
    reserved.assistant_id, reserved.day, settle_reservation.tokens - reserved.tokens,
    coalesce(settle_reservation.usd, reserved.usd) - reserved.usd
  );
end
$$;
comment on function loacl_private.settle_reservation(uuid, integer, text, bigint, numeric) is
  'Puts what a call did take in place of what was reserved for it, once. `usd` null: the whole reservation.';

create or replace function loacl_private.settle_call(
  turn loacl_private.turns, step integer, purpose text, model text, usage jsonb, received_bytes bigint
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  used loacl.usage_logs;
begin
  -- Once: a worker asks again where an answer was lost, and a slow one comes after settle_turn.
  if not exists (
    select
    from loacl_private.reservations r
    where r.turn_id = turn.id and r.step = settle_call.step and r.purpose = settle_call.purpose
  ) then
    return;
  end if;
  if purpose = 'tool' then
    perform loacl_private.settle_tools(turn, step);
    return;
  end if;
  used := loacl_private.log_usage(
    turn, step, purpose, model,
    coalesce(nullif(usage, 'null'), loacl_private.estimate_usage(turn, step, purpose, received_bytes))
  );
  if used.id is null then
    return;
  end if;
  if purpose = 'answer' then
    update loacl_private.turn_steps s set usage_id = used.id where s.turn_id = turn.id and s.step = settle_call.step;
  end if;
  perform loacl_private.settle_reservation(
    turn.id, used.step, used.purpose, used.input_tokens + used.output_tokens, loacl_private.to_cost(turn, used)
  );
end
$$;
comment on function loacl_private.settle_call(loacl_private.turns, integer, text, text, jsonb, bigint) is
  'Logs what a call used and settles it, once: by the provider''s usage, or where that never came by an estimate of what was sent and received, marked as one.';

create function loacl_private.correct_estimate(turn loacl_private.turns, outcome jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  turn_before loacl_private.turns := turn;
  step loacl_private.turn_steps;
  estimate loacl.usage_logs;
  used loacl.usage_logs;
begin
  select s.* into step from loacl_private.turn_steps s where s.turn_id = turn.id order by s.step desc limit 1;
  turn := loacl_private.take_fallback(turn, outcome);
  perform loacl_private.charge_given_up(turn_before, step.step, outcome -> 'givenUp');
  if jsonb_typeof(outcome -> 'usage') is distinct from 'object' then
    return;
  end if;
  -- Where nobody has settled it yet.
  perform loacl_private.settle_call(turn, step.step, 'answer', outcome ->> 'model', outcome -> 'usage', 0);
  delete from loacl.usage_logs u where u.id = step.usage_id and u.is_estimate returning u.* into estimate;
  if not found then
    return;
  end if;
  used := loacl_private.log_usage(turn, step.step, 'answer', outcome ->> 'model', outcome -> 'usage');
  update loacl.usage_logs u set created_at = estimate.created_at where u.id = used.id;
  update loacl_private.turn_steps s set usage_id = used.id where s.turn_id = turn.id and s.step = step.step;
  perform loacl_private.correct_budget(
    used.assistant_id,
    (step.created_at at time zone 'utc')::date,
    used.input_tokens + used.output_tokens - estimate.input_tokens - estimate.output_tokens,
    coalesce(loacl_private.to_cost(turn, used), 0) - coalesce(loacl_private.to_cost(turn_before, estimate), 0)
  );
end
$$;
comment on function loacl_private.correct_estimate(loacl_private.turns, jsonb) is
  'Puts the provider''s usage of a turn''s last step in place of the estimate that was made when others ended the turn, and logs what the call took that was given up for the fallback. Holds the budget: to be called last.';
revoke all on function loacl_private.correct_estimate(loacl_private.turns, jsonb) from public;

create or replace function loacl_private.withdraw_late(turn loacl_private.turns, outcome jsonb)
returns boolean
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  refusal text := outcome ->> 'errorCode';
begin
  if turn.ended_at is null
    or refusal is null
    or refusal not in ('input_flagged', 'output_flagged', 'moderation_unavailable')
    or loacl_private.is_withdrawn(turn.message_id)
    -- Nothing has been answered yet to what is refused, and nobody is told of it.
    or (
      refusal = 'input_flagged'
      and not exists (select from loacl.tool_executions e where e.message_id = turn.message_id)
    )
  then
    return false;
  end if;
  perform loacl_private.keep_moderation(turn, outcome -> 'moderation');
  -- Another may have gone on with it: what it wrote on in is gone.
  perform loacl_private.end_turn(t.id, jsonb_build_object('state', 'failed', 'errorCode', refusal))
  from loacl_private.turns t
  where t.message_id = turn.message_id and t.ended_at is null;
  update loacl_private.turns t
  set state = 'failed', error_code = refusal, cut_reason = null
  where t.message_id = turn.message_id and t.created_at >= turn.created_at;
  update loacl_private.turn_steps s
  set state = 'failed', error_code = refusal
  from loacl_private.turns t
  where t.message_id = turn.message_id and t.created_at >= turn.created_at and s.turn_id = t.id and s.state <> 'completed';
  update loacl.messages m
  set status = 'failed', error_code = refusal, cut_reason = null
  where m.id = turn.message_id;
  perform loacl_private.correct_estimate(turn, outcome);
  return true;
end
$$;
comment on function loacl_private.withdraw_late(loacl_private.turns, jsonb) is
  'Withdraws an answer that its worker knows to be refused by moderation, where somebody else has ended the turn meanwhile, with the turns that went on with it, and says whether it did. What the provider says it took is put in place of the estimate. It is the one way in which an end changes.';

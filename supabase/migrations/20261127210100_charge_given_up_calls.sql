-- A provider that fails before its first word may have charged for the call. Where the fallback was asked instead, that was in no log.
create or replace function loacl_private.spend(assistant_id uuid, tokens bigint, usd numeric)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  budget loacl_private.budgets;
begin
  select b.* into budget from loacl_private.budgets b where b.assistant_id = spend.assistant_id for no key update;
  budget := loacl_private.add_to_budget(budget, spend.tokens, spend.usd);
  update loacl_private.budgets b
  set day = budget.day, day_tokens = budget.day_tokens, day_usd = budget.day_usd, month = budget.month, month_usd = budget.month_usd
  where b.assistant_id = spend.assistant_id;
end
$$;
comment on function loacl_private.spend(uuid, bigint, numeric) is
  'Counts in an assistant''s budget what was spent without having been reserved. Holds the budget: to be called last.';
revoke all on function loacl_private.spend(uuid, bigint, numeric) from public;

create or replace function loacl_private.to_cost(turn loacl_private.turns, used loacl.usage_logs)
returns numeric
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  -- The provider may name the model in a way that has no price: then the price of the model that was asked holds.
  return coalesce(
    used.cost_usd,
    loacl_private.compute_cost(
      loacl_private.find_price(used.owner_id, loacl_private.asked_model(turn, used.purpose)),
      used.input_tokens, used.cached_input_tokens, used.output_tokens
    )
  );
end
$$;
comment on function loacl_private.to_cost(loacl_private.turns, loacl.usage_logs) is
  'What a call of a turn counts in the budget, in US dollars; null where no price is known.';
revoke all on function loacl_private.to_cost(loacl_private.turns, loacl.usage_logs) from public;

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
  perform loacl_private.settle_reservation(
    turn.id, used.step, used.purpose, used.input_tokens + used.output_tokens, loacl_private.to_cost(turn, used)
  );
end
$$;
comment on function loacl_private.settle_call(loacl_private.turns, integer, text, text, jsonb, bigint) is
  'Logs what a call used and settles it, once: by the provider''s usage, or where that never came by an estimate of what was sent and received, marked as one.';
revoke all on function loacl_private.settle_call(loacl_private.turns, integer, text, text, jsonb, bigint) from public;

create or replace function loacl_private.charge_given_up(turn loacl_private.turns, step integer, given_up jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  used loacl.usage_logs;
begin
  if jsonb_typeof(given_up) is distinct from 'object'
    or loacl_private.is_free_of_charge(given_up || '{"state": "failed"}', '')
  then
    return;
  end if;
  used := loacl_private.log_usage(
    turn, step, 'answer', given_up ->> 'model',
    coalesce(nullif(given_up -> 'usage', 'null'), loacl_private.estimate_usage(turn, step, 'answer', 0))
  );
  if used.id is not null then
    perform loacl_private.spend(used.assistant_id, used.input_tokens + used.output_tokens, coalesce(loacl_private.to_cost(turn, used), 0));
  end if;
end
$$;
comment on function loacl_private.charge_given_up(loacl_private.turns, integer, jsonb) is
  'Logs what the call took that failed before its first word, where the fallback was asked instead, and counts it: `{"errorCode", "responseId", "model", "usage"}`. One that the provider refused took nothing. The reservation is the fallback''s: to be called before that is settled, with the turn as it was before take_fallback.';
revoke all on function loacl_private.charge_given_up(loacl_private.turns, integer, jsonb) from public;

create or replace function loacl_private.keep_moderation(turn loacl_private.turns, result jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  used loacl.usage_logs;
begin
  if jsonb_typeof(result) is distinct from 'object' then
    return;
  end if;
  insert into loacl.moderation_flags (message_id, direction, categories, model)
  select
    case f.flag ->> 'direction' when 'input' then turn.user_message_id else turn.message_id end,
    f.flag ->> 'direction',
    array(
      select left(c.name, 100) from jsonb_array_elements_text(f.flag -> 'categories') with ordinality as c (name, place)
      where c.place <= 50 order by c.place
    ),
    result ->> 'model'
  from jsonb_array_elements(result -> 'flags') as f (flag);

  -- Whom it asked, which need not be whom the turn asks.
  turn.provider_config_id := (result ->> 'configId')::uuid;
  turn.provider := coalesce((select p.provider from loacl.provider_configs p where p.id = turn.provider_config_id), turn.provider);
  used := loacl_private.log_usage(
    turn, (select max(s.step) from loacl_private.turn_steps s where s.turn_id = turn.id), 'moderation', result ->> 'model',
    result -> 'usage'
  );
  -- Nothing is reserved for it: the check is asked before anybody knows what it costs, and at OpenAI it costs nothing.
  if used.cost_usd > 0 then
    perform loacl_private.spend(used.assistant_id, 0, used.cost_usd);
  end if;
end
$$;
comment on function loacl_private.keep_moderation(loacl_private.turns, jsonb) is
  'Keeps what the moderation of a step, or of its title and follow-ups, flagged, and what it used: `{"configId", "model", "flags": [{"direction", "categories"}], "usage"}`; null where nothing was moderated. Its checks are one row of usage_logs, and what they cost counts in the budget.';
revoke all on function loacl_private.keep_moderation(loacl_private.turns, jsonb) from public;

create or replace function loacl_private.charge_call(turn loacl_private.turns, call loacl.tool_executions, is_estimate boolean)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if call.cost_usd > 0 then
    perform loacl_private.log_tool_cost(turn, call.step, call.kind, call.tool_name, call.cost_usd, is_estimate);
    perform loacl_private.spend(call.assistant_id, 0, call.cost_usd);
  end if;
end
$$;
comment on function loacl_private.charge_call(loacl_private.turns, loacl.tool_executions, boolean) is
  'Logs what a call did cost, and counts it in the assistant''s budget, which it holds: to be called last.';
revoke all on function loacl_private.charge_call(loacl_private.turns, loacl.tool_executions, boolean) from public;

create or replace function loacl_private.end_step(turn loacl_private.turns, outcome jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  step loacl_private.turn_steps;
  turn_before loacl_private.turns := turn;
  content_before text := (select m.content from loacl.messages m where m.id = turn.message_id);
begin
  perform loacl_private.keep_moderation(turn, outcome -> 'moderation');
  turn := loacl_private.take_fallback(turn, outcome);
  update loacl_private.turn_steps s
  set state = outcome ->> 'state',
    model = coalesce(outcome ->> 'model', s.model),
    response_id = outcome ->> 'responseId',
    provider_config_id = turn.provider_config_id,
    provider_items = coalesce(nullif(outcome -> 'providerItems', 'null'), '[]'),
    error_code = case when outcome ->> 'state' = 'failed' then coalesce(outcome ->> 'errorCode', 'internal') end,
    ended_at = clock_timestamp()
  where s.turn_id = turn.id and s.state = 'running'
  returning s.* into step;
  if not found then
    return;
  end if;
  perform loacl_private.charge_given_up(turn_before, step.step, outcome -> 'givenUp');
  if loacl_private.is_free_of_charge(outcome, content_before) then
    perform loacl_private.settle_reservation(turn.id, step.step, 'answer', 0, 0);
    perform loacl_private.settle_reservation(turn.id, step.step, 'tool', 0, 0);
  elsif outcome ? 'usage' then
    perform loacl_private.measure_tokens(turn, step.step, outcome -> 'usage');
    perform loacl_private.settle_call(
      turn, step.step, 'answer', outcome ->> 'model', outcome -> 'usage',
      octet_length(coalesce(outcome ->> 'content', '')) - octet_length(content_before)
        + coalesce(octet_length(loacl_private.take_reasoning(nullif(outcome -> 'parts', 'null'))::text), 0)
    );
    perform loacl_private.settle_hosted_calls(turn, step.step, outcome -> 'hostedCalls');
  end if;
end
$$;
comment on function loacl_private.end_step(loacl_private.turns, jsonb) is
  'Ends the running step of a turn, if there is one: keeps what moderation flagged and took, and the provider''s items, logs what the call used, and one before it that was given up for the fallback, `givenUp`, with the calls of hosted tools that it made, `hostedCalls`, and settles it. Where the outcome is not its worker''s, and so has no `usage`, settle_turn is to do that. To be called before the message changes: what the step said is told by what it held so far.';
revoke all on function loacl_private.end_step(loacl_private.turns, jsonb) from public;

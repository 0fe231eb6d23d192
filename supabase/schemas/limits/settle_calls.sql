create function loacl_private.reasons(owner_id uuid, model text)
returns boolean
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return (model ~ '^(openai/)?(o[0-9]|gpt-([5-9]|[0-9]{2}))' and model !~ '-chat\y')
    or exists (
      select
      from (
        select u.model, u.reasoning_tokens
        from loacl.usage_logs u
        where u.owner_id = reasons.owner_id
        order by u.created_at desc
        limit 100
      ) latest
      where latest.model = reasons.model and latest.reasoning_tokens > 0
    );
end
$$;
comment on function loacl_private.reasons(uuid, text) is
  'Whether a model reasons before it answers, in tokens that nobody sees: by its name, or because it lately did for this owner.';
revoke all on function loacl_private.reasons(uuid, text) from public;

create function loacl_private.estimate_usage(turn loacl_private.turns, step integer, purpose text, received_bytes bigint)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  reserved loacl_private.reservations;
  owner_id uuid;
  sent bigint;
begin
  select r.* into reserved
  from loacl_private.reservations r
  where r.turn_id = turn.id and r.step = estimate_usage.step and r.purpose = estimate_usage.purpose;
  if not found then
    return null;
  end if;
  select a.owner_id into owner_id from loacl.assistants a where a.id = reserved.assistant_id;
  sent := reserved.tokens - reserved.output_tokens;
  return jsonb_build_object('isEstimate', true) || case
    -- Else who stops each answer would pay for nothing of what the model thought.
    when loacl_private.reasons(owner_id, loacl_private.asked_model(turn, purpose))
      then jsonb_build_object('inputTokens', sent, 'outputTokens', reserved.output_tokens)
    -- As estimate_tokens: what is reserved is a token for each byte.
    else jsonb_build_object(
      'inputTokens', ceil(sent / 3.0)::bigint,
      'outputTokens', least(reserved.output_tokens, ceil(received_bytes / 3.0)::bigint)
    )
  end;
end
$$;
comment on function loacl_private.estimate_usage(loacl_private.turns, integer, text, bigint) is
  'What a call used of which the provider did not say it: a token for three bytes sent or received, or all that was reserved where the model reasons unseen. null where nothing is reserved for it.';
revoke all on function loacl_private.estimate_usage(loacl_private.turns, integer, text, bigint) from public;

create function loacl_private.to_cost(turn loacl_private.turns, used loacl.usage_logs)
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

create function loacl_private.settle_call(
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
revoke all on function loacl_private.settle_call(loacl_private.turns, integer, text, text, jsonb, bigint) from public;

create function loacl_private.charge_given_up(turn loacl_private.turns, step integer, given_up jsonb)
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

create function loacl_private.is_past_follow_ups(turn loacl_private.turns)
returns boolean
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return (turn).ended_at < clock_timestamp() - interval '30 seconds';
comment on function loacl_private.is_past_follow_ups(loacl_private.turns) is
  'Whether a turn ended so long ago that no worker still asks for its follow-ups, which it does for eight seconds.';
revoke all on function loacl_private.is_past_follow_ups(loacl_private.turns) from public;

create function loacl_private.settle_turn(turn_id uuid)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  -- Only what was answered to the end has follow-ups.
  if exists (select from loacl_private.turns t where t.id = settle_turn.turn_id and t.state in ('stopped', 'cut', 'failed')) then
    perform loacl_private.release_follow_ups(settle_turn.turn_id);
  end if;
  perform loacl_private.settle_call(
    t, r.step, r.purpose, null, null, case r.purpose when 'answer' then octet_length(m.content) else 0 end
  )
  from loacl_private.reservations r
  join loacl_private.turns t on t.id = r.turn_id
  join loacl.messages m on m.id = t.message_id
  where r.turn_id = settle_turn.turn_id and t.ended_at is not null
    and (r.purpose in ('answer', 'tool') or loacl_private.is_past_follow_ups(t));
end
$$;
comment on function loacl_private.settle_turn(uuid) is
  'Settles what an ended turn still reserves: calls whose worker has gone. Takes the assistant''s budget to the end of the transaction: to be called last. The caller holds the thread.';
revoke all on function loacl_private.settle_turn(uuid) from public;

create function loacl_private.settle_left_turns(assistant_id uuid, max_turns integer)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  perform loacl_private.settle_turn(held.turn_id)
  from (
    select distinct l.turn_id
    from (
      select t.id as turn_id
      from loacl_private.reservations r
      join loacl_private.turns t on t.id = r.turn_id
      join loacl.threads thread on thread.id = t.thread_id
      where r.assistant_id = settle_left_turns.assistant_id
        and t.ended_at is not null
        and (r.purpose in ('answer', 'tool') or t.state <> 'completed' or loacl_private.is_past_follow_ups(t))
      limit max_turns
      -- Who holds the budget waits for no thread.
      for no key update of thread skip locked
    ) l
  ) held;
end
$$;
comment on function loacl_private.settle_left_turns(uuid, integer) is
  'Settles turns of an assistant whose worker has gone, as settle_turn. Without this a budget would be short of what they reserved.';
revoke all on function loacl_private.settle_left_turns(uuid, integer) from public;

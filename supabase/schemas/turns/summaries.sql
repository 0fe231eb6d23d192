create function loacl_private.reserve_summary(
  assistant loacl.assistants, model text, input_bytes bigint, output_tokens integer, turn_id uuid, step integer
)
returns boolean
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  price loacl.model_prices := loacl_private.find_price(assistant.owner_id, model);
  -- As bound_calls: cached input may be the dearer.
  usd numeric := greatest(
    loacl_private.compute_cost(price, input_bytes, 0, output_tokens),
    loacl_private.compute_cost(price, input_bytes, input_bytes, output_tokens)
  );
  budget loacl_private.budgets;
begin
  if usd is null and num_nonnulls(assistant.spend_per_day_usd, assistant.spend_per_month_usd) > 0 then
    return false;
  end if;
  budget := loacl_private.take_budget(assistant, input_bytes + output_tokens, coalesce(usd, 0));
  insert into loacl_private.reservations (turn_id, step, purpose, assistant_id, day, tokens, output_tokens, usd)
  values (
    reserve_summary.turn_id, reserve_summary.step, 'summary', assistant.id, budget.day, input_bytes + output_tokens,
    output_tokens, coalesce(usd, 0)
  );
  return true;
exception
  -- budget_exceeded
  when sqlstate 'PT429' then
    return false;
end
$$;
comment on function loacl_private.reserve_summary(loacl.assistants, text, bigint, integer, uuid, integer) is
  'Reserves what a summary may cost, and says whether the budget allows it. Holds the assistant''s budget: to be called last.';
revoke all on function loacl_private.reserve_summary(loacl.assistants, text, bigint, integer, uuid, integer) from public;

create function loacl_private.plan_summary(
  thread_id uuid, message_id uuid, assistant loacl.assistants, is_due boolean,
  out messages jsonb, out covered_ids uuid[], out tokens_before numeric, out tokens_kept numeric, out max_characters integer
)
returns record
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  limits record := loacl_private.limit_context(assistant, plan_summary.thread_id);
  branch record := loacl_private.read_branch(plan_summary.message_id);
  latest loacl.context_optimizations := loacl_private.find_summary(plan_summary.thread_id, branch.ids);
  whole bigint := (select sum(t) from unnest(branch.tokens) as t);
  open_tokens bigint := coalesce(loacl_private.estimate_summary(latest.summary), 0);
  -- Of what the call is told: as much as of a conversation.
  room bigint := limits.tokens - open_tokens;
  most_tokens integer := greatest(limits.tokens / 4, 100);
  newest_tokens bigint := 0;
  new_ids uuid[] := '{}';
begin
  open_tokens := open_tokens + coalesce((
    select sum(b.tokens)
    from unnest(branch.ids, branch.tokens) as b (id, tokens)
    where b.id <> all (coalesce(latest.affected_messages, '{}'))
  ), 0);
  if least(whole, open_tokens) <= limits.tokens * (case when is_due then 1 else 0.75 end) then
    return;
  end if;

  for place in 1..cardinality(branch.ids) loop
    if branch.tokens[place] = 0 or branch.ids[place] = any (latest.affected_messages) then
      continue;
    end if;
    newest_tokens := newest_tokens + branch.tokens[place];
    -- A third is told as it was said.
    if place > 1 and newest_tokens > limits.tokens / 3 then
      room := room - least(branch.tokens[place], most_tokens);
      exit when room < 0;
      new_ids := branch.ids[place] || new_ids;
    end if;
  end loop;
  if new_ids = '{}' then
    return;
  end if;

  messages := (
    select jsonb_agg(
      jsonb_build_object('by', m.author, 'text', loacl_private.shorten_text(loacl_private.name_files(m), most_tokens)) order by n.place
    )
    from unnest(new_ids) with ordinality as n (id, place)
    join loacl.messages m on m.id = n.id
  );
  if latest.id is not null then
    messages := jsonb_build_array(jsonb_build_object('by', 'summary', 'text', latest.summary)) || messages;
  end if;
  covered_ids := coalesce(latest.affected_messages, '{}') || new_ids;
  tokens_before := least(round(whole * limits.ratio), 2147483647);
  tokens_kept := limits.ratio * (
    select coalesce(sum(b.tokens), 0)
    from unnest(branch.ids, branch.tokens) as b (id, tokens)
    where b.id <> all (covered_ids)
  );
  max_characters := least(greatest(limits.tokens / 2, 300), 6000);
end
$$;
comment on function loacl_private.plan_summary(uuid, uuid, loacl.assistants, boolean) is
  'What a summary of the branch that ends in this message is to be made of: the latest summary of it, and the messages since then but for the newest third of the budget. `messages` null: none is needed. `is_due`: the message is to be answered now; else one is made when three quarters of the budget are taken.';
revoke all on function loacl_private.plan_summary(uuid, uuid, loacl.assistants, boolean) from public;

create function loacl_private.digest_messages(thread_id uuid, message_ids uuid[])
returns text
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return (
  select encode(sha256(convert_to(string_agg(m.id || md5(m.content), '' order by m.id), 'UTF8')), 'hex')
  from loacl.messages m
  where m.id = any (message_ids) and m.thread_id = digest_messages.thread_id
    and not (m.role = 'user' and loacl_private.is_withheld_question(m.id, false))
);
comment on function loacl_private.digest_messages(uuid, uuid[]) is 'Is another once one of these messages of a thread has gone, says something else, or is a question that moderation has refused.';
revoke all on function loacl_private.digest_messages(uuid, uuid[]) from public;

create function loacl_private.begin_summary(turn_id uuid, lease uuid)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns := loacl_private.lock_leased_turn(begin_summary.turn_id, begin_summary.lease);
  last_step integer := (select max(s.step) from loacl_private.turn_steps s where s.turn_id = turn.id);
  is_due boolean := turn.ended_at is null;
  assistant loacl.assistants;
  summary_model text;
  max_output_tokens integer;
  plan record;
begin
  select a.* into assistant
  from loacl.threads t
  join loacl.assistants a on a.id = t.assistant_id
  where t.id = turn.thread_id and t.status <> 'deleted';
  if assistant.context_strategy is distinct from 'summarization' or loacl_private.is_summary_tried(turn.thread_id)
    or exists (
      select from loacl_private.reservations r where r.turn_id = turn.id and r.step = last_step and r.purpose = 'summary'
    )
  then
    return null;
  end if;
  assistant := loacl_private.prepare_assistant(assistant, turn.thread_id);
  assistant.model := turn.model;
  plan := loacl_private.plan_summary(
    turn.thread_id, case when is_due then loacl_private.last_told(turn) else turn.message_id end, assistant, is_due
  );
  if plan.messages is null then
    return null;
  end if;

  -- The cheaper model, where the assistant has one.
  summary_model := coalesce(to_jsonb(assistant) ->> 'follow_up_model', assistant.model);
  -- Room for a model that reasons first.
  max_output_tokens := 1000 + plan.max_characters / 2;
  insert into loacl_private.thread_contexts as c (thread_id, model, summary_tried_at)
  values (turn.thread_id, turn.model, clock_timestamp())
  on conflict on constraint thread_contexts_pkey do update set summary_tried_at = excluded.summary_tried_at;
  -- 4,000 bytes of instructions and schema.
  if not loacl_private.reserve_summary(
    assistant, summary_model, octet_length(plan.messages::text) + 4000, max_output_tokens, turn.id, last_step
  ) then
    return null;
  end if;
  return jsonb_build_object(
    'model', summary_model,
    'maxOutputTokens', max_output_tokens,
    'maxCharacters', plan.max_characters,
    'messages', plan.messages,
    'plan', jsonb_build_object(
      'model', summary_model,
      'coveredIds', to_jsonb(plan.covered_ids),
      'digest', loacl_private.digest_messages(turn.thread_id, plan.covered_ids),
      'reason', case when is_due then 'token_limit' else 'auto' end,
      'tokensBefore', plan.tokens_before,
      'tokensKept', plan.tokens_kept
    )
  );
end
$$;
comment on function loacl_private.begin_summary(uuid, uuid) is 'Does the work of loacl.begin_summary.';
revoke all on function loacl_private.begin_summary(uuid, uuid) from public;
grant execute on function loacl_private.begin_summary(uuid, uuid) to service_role;

create function loacl.begin_summary(turn_id uuid, lease uuid)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.begin_summary(begin_summary.turn_id, begin_summary.lease);
comment on function loacl.begin_summary(uuid, uuid) is
  'For the functions: what a summary of the turn''s conversation is to be made of, with what the call may cost reserved: `{"model", "maxOutputTokens", "maxCharacters", "messages": {"by", "text"}[], "plan"}`. null where none is needed, another was begun in the last five minutes, or the budget refuses it. While the turn runs it is for its own call; after its end, for the next turn. Errors: turn_lease_lost.';
revoke all on function loacl.begin_summary(uuid, uuid) from public;
grant execute on function loacl.begin_summary(uuid, uuid) to service_role;

create function loacl_private.keep_summary(turn loacl_private.turns, plan jsonb, summary text)
returns boolean
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  covered_ids uuid[] := array(select c.id::uuid from jsonb_array_elements_text(plan -> 'coveredIds') with ordinality as c (id, place) order by c.place);
  assistant loacl.assistants;
  limits record;
  kept text;
  tokens_after numeric;
begin
  -- What was deleted or withdrawn meanwhile would live on in it.
  perform from loacl.messages m where m.id = any (covered_ids) for share;
  if loacl_private.digest_messages(turn.thread_id, covered_ids) is distinct from plan ->> 'digest' then
    return false;
  end if;
  select a.* into assistant
  from loacl.threads t
  join loacl.assistants a on a.id = t.assistant_id
  where t.id = turn.thread_id;
  assistant := loacl_private.prepare_assistant(assistant, turn.thread_id);
  assistant.model := turn.model;
  limits := loacl_private.limit_context(assistant, turn.thread_id);
  kept := loacl_private.shorten_text(summary, greatest(limits.tokens / 3, 110));
  tokens_after := round((plan ->> 'tokensKept')::numeric + limits.ratio * loacl_private.estimate_summary(kept));
  if tokens_after > (plan ->> 'tokensBefore')::numeric then
    return false;
  end if;
  insert into loacl.context_optimizations (
    thread_id, trigger_reason, optimization_type, tokens_before, tokens_after, summary, affected_messages
  )
  select
    turn.thread_id, plan ->> 'reason', 'summarization', (plan ->> 'tokensBefore')::numeric, tokens_after, kept, covered_ids
  where not exists (
    select
    from loacl.context_optimizations c
    where c.thread_id = turn.thread_id and c.optimization_type = 'summarization' and c.affected_messages = covered_ids
  );
  update loacl_private.thread_contexts c set summary_tried_at = null where c.thread_id = turn.thread_id;
  return true;
end
$$;
comment on function loacl_private.keep_summary(loacl_private.turns, jsonb, text) is
  'Stores a summary, once, and says whether it is any use: not where a message that it covers has gone or changed since, nor where it is longer than they are.';
revoke all on function loacl_private.keep_summary(loacl_private.turns, jsonb, text) from public;

create function loacl_private.save_summary(turn_id uuid, lease uuid, plan jsonb, summary text, usage jsonb, is_called boolean)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns := loacl_private.lock_leased_turn(save_summary.turn_id, save_summary.lease);
  last_step integer := (select max(s.step) from loacl_private.turn_steps s where s.turn_id = turn.id);
  is_kept boolean := false;
begin
  if save_summary.summary is not null and not loacl_private.is_blank(save_summary.summary) then
    is_kept := loacl_private.keep_summary(turn, save_summary.plan, save_summary.summary);
  end if;
  if is_called then
    perform loacl_private.settle_call(turn, last_step, 'summary', plan ->> 'model', usage, octet_length(coalesce(save_summary.summary, '')));
  else
    perform loacl_private.settle_reservation(turn.id, last_step, 'summary', 0, 0);
  end if;
  if is_kept and turn.state = 'running' then
    return loacl_private.reserve_again(turn);
  end if;
  return null;
end
$$;
comment on function loacl_private.save_summary(uuid, uuid, jsonb, text, jsonb, boolean) is 'Does the work of loacl.save_summary.';
revoke all on function loacl_private.save_summary(uuid, uuid, jsonb, text, jsonb, boolean) from public;
grant execute on function loacl_private.save_summary(uuid, uuid, jsonb, text, jsonb, boolean) to service_role;

create function loacl.save_summary(
  turn_id uuid, lease uuid, plan jsonb, summary text, usage jsonb, is_called boolean default true
)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.save_summary(
  save_summary.turn_id, save_summary.lease, save_summary.plan, save_summary.summary, save_summary.usage, save_summary.is_called
);
comment on function loacl.save_summary(uuid, uuid, jsonb, text, jsonb, boolean) is
  'For the functions: stores the summary that begin_summary planned (`summary` null: it failed, and none is tried for five minutes) and settles its call, as save_follow_ups does. Gives what the model is to be told of the conversation now, where the turn still runs; null where nothing has changed. Safe to repeat. Errors: turn_lease_lost.';
revoke all on function loacl.save_summary(uuid, uuid, jsonb, text, jsonb, boolean) from public;
grant execute on function loacl.save_summary(uuid, uuid, jsonb, text, jsonb, boolean) to service_role;

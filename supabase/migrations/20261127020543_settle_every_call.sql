-- A call whose usage the provider never said is estimated, and marked so. Nothing stays reserved for a turn that has ended.
alter table loacl.usage_logs add column is_estimate boolean not null default false;
comment on column loacl.usage_logs.is_estimate is
  'Whether the provider never said what the call used: the tokens are then what settle_call makes of what was sent and received.';
alter table loacl_private.reservations add column output_tokens bigint not null default 0,
  add constraint reservations_output_tokens check (output_tokens between 0 and tokens);
comment on table loacl_private.reservations is
  'What the model calls of a turn''s step may take at most, and is in the budget already. Settling deletes the row and gives back what was too much.';
comment on column loacl_private.reservations.output_tokens is 'Of the tokens, those of the answer; the others are of what is sent.';

drop function loacl_private.bound_calls(loacl.assistants, jsonb, boolean, bigint);
create or replace function loacl_private.bound_calls(
  assistant loacl.assistants, history jsonb, is_first_turn boolean, added_bytes bigint default 0
)
returns table (purpose text, tokens bigint, usd numeric, output_tokens bigint)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  price loacl.model_prices := loacl_private.find_price(assistant.owner_id, assistant.model);
begin
  return query
  with said as (
    select h.place, h.message ->> 'content' as content
    from jsonb_array_elements(history) with ordinality as h (message, place)
  ),
  calls (purpose, input, output) as (
    select 'answer', loacl_private.bound_tokens(assistant.instructions) + sum(loacl_private.bound_tokens(s.content))::bigint
        + added_bytes,
      assistant.max_output_tokens
    from said s
    union all
    -- One call that is shown 4,000 characters of each of the last three messages and of the answer, and 4,000 bytes of
    -- instructions and schema.
    select 'follow_ups',
      4000 + least(assistant.max_output_tokens, 12000) + sum(loacl_private.bound_tokens(left(s.content, 4000)))::bigint,
      1000
    from (select * from said order by place desc limit 3) s
    where is_first_turn or assistant.follow_ups
    having count(*) > 0
  )
  select c.purpose, c.input + c.output,
    greatest(
      loacl_private.compute_cost(price, c.input, 0, c.output),
      -- In an owner's price list cached input may be the dearer.
      loacl_private.compute_cost(price, c.input, c.input, c.output)
    ),
    c.output::bigint
  from calls c;
end
$$;
comment on function loacl_private.bound_calls(loacl.assistants, jsonb, boolean, bigint) is
  'The model calls that a step may make, with the most that each can take; `usd` null where the model has no price. `added_bytes`: what earlier steps added to the conversation, as JSON.';
revoke all on function loacl_private.bound_calls(loacl.assistants, jsonb, boolean, bigint) from public;

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
      409, 'price_unknown', 'This assistant has a spend limit and a model without a price. Its owner can set the price.'
    );
  end if;

  if turn_id is null then
    select b.* into budget from loacl_private.budgets b where b.assistant_id = assistant.id;
    perform loacl_private.check_budget(assistant, loacl_private.add_to_budget(budget, tokens, usd));
    return;
  end if;

  insert into loacl_private.budgets (assistant_id) values (assistant.id) on conflict (assistant_id) do nothing;
  select b.* into budget from loacl_private.budgets b where b.assistant_id = assistant.id for no key update;
  budget := loacl_private.add_to_budget(budget, tokens, usd);
  perform loacl_private.check_budget(assistant, budget);
  update loacl_private.budgets b
  set day = budget.day, day_tokens = budget.day_tokens, day_usd = budget.day_usd, month = budget.month, month_usd = budget.month_usd
  where b.assistant_id = assistant.id;
  insert into loacl_private.reservations (turn_id, step, purpose, assistant_id, day, tokens, output_tokens, usd)
  select reserve_budget.turn_id, reserve_budget.step, c.purpose, assistant.id, budget.day, c.tokens, c.output_tokens, coalesce(c.usd, 0)
  from unnest(purposes, most_tokens, most_usd, most_output) as c (purpose, tokens, usd, output_tokens);
end
$$;
comment on function loacl_private.reserve_budget(loacl.assistants, jsonb, boolean, bigint, uuid, integer) is
  'Reserves what a step may take at most, or refuses it. Holds the assistant''s budget to the end of the transaction: to be called last. Without a turn it reserves nothing and refuses what has no room as things are. Errors: budget_exceeded, price_unknown.';
revoke all on function loacl_private.reserve_budget(loacl.assistants, jsonb, boolean, bigint, uuid, integer) from public;

create or replace function loacl_private.log_usage(turn loacl_private.turns, step integer, purpose text, model text, usage jsonb)
returns loacl.usage_logs
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  logged loacl.usage_logs;
  thread loacl.threads;
  owner_id uuid;
  answered_by text := coalesce(model, turn.model);
  input_tokens bigint := coalesce((usage ->> 'inputTokens')::bigint, 0);
  cached_input_tokens bigint := coalesce((usage ->> 'cachedInputTokens')::bigint, 0);
  output_tokens bigint := coalesce((usage ->> 'outputTokens')::bigint, 0);
  reasoning_tokens bigint := coalesce((usage ->> 'reasoningTokens')::bigint, 0);
begin
  if jsonb_typeof(usage) is distinct from 'object' then
    return null;
  end if;
  select t.* into thread from loacl.threads t where t.id = turn.thread_id;
  select a.owner_id into owner_id from loacl.assistants a where a.id = thread.assistant_id;
  insert into loacl.usage_logs (
    owner_id, assistant_id, session_id, thread_id, step, purpose, provider, model,
    input_tokens, cached_input_tokens, output_tokens, reasoning_tokens, cost_usd, is_estimate
  )
  values (
    owner_id, thread.assistant_id, thread.session_id, thread.id, step, purpose, turn.provider, answered_by,
    input_tokens, cached_input_tokens, output_tokens, reasoning_tokens,
    loacl_private.compute_cost(
      loacl_private.find_price(owner_id, answered_by), input_tokens, cached_input_tokens, output_tokens
    ),
    coalesce((usage ->> 'isEstimate')::boolean, false)
  )
  returning * into logged;
  return logged;
end
$$;
comment on function loacl_private.log_usage(loacl_private.turns, integer, text, text, jsonb) is
  'Writes one row of usage_logs for a call of this turn and returns it; null where the usage is not known.';
revoke all on function loacl_private.log_usage(loacl_private.turns, integer, text, text, jsonb) from public;

create or replace function loacl_private.is_free_of_charge(outcome jsonb, content_before text)
returns boolean
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
return coalesce(outcome ->> 'isCalled' = 'false', false) or coalesce(
  outcome ->> 'state' = 'failed'
    -- Before the provider began to answer.
    and outcome ->> 'responseId' is null
    and coalesce(outcome ->> 'content', '') = content_before
    and jsonb_typeof(outcome -> 'usage') is distinct from 'object'
    and outcome ->> 'errorCode' in (
      'provider_key_missing', 'provider_key_unusable', 'provider_key_rejected',
      'model_rate_limited', 'model_request_rejected', 'model_unavailable'
    ),
  false
);
comment on function loacl_private.is_free_of_charge(jsonb, text) is
  'Whether a step ended without a model call that anybody charges for: none was made, or the provider refused it. `content_before`: the answer as the steps before it left it. `isCalled` false: no call was made. A step that was stopped in a call may have been charged for, whatever came of it.';
revoke all on function loacl_private.is_free_of_charge(jsonb, text) from public;


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
    when loacl_private.reasons(owner_id, turn.model)
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
  used loacl.usage_logs := loacl_private.log_usage(
    turn, step, purpose, model,
    coalesce(nullif(usage, 'null'), loacl_private.estimate_usage(turn, step, purpose, received_bytes))
  );
begin
  if used.id is null then
    return;
  end if;
  perform loacl_private.settle_reservation(
    turn.id, used.step, used.purpose, used.input_tokens + used.output_tokens,
    -- The provider may name the model in a way that has no price: then the price of the model that was asked holds.
    coalesce(
      used.cost_usd,
      loacl_private.compute_cost(
        loacl_private.find_price(used.owner_id, turn.model), used.input_tokens, used.cached_input_tokens, used.output_tokens
      )
    )
  );
end
$$;
comment on function loacl_private.settle_call(loacl_private.turns, integer, text, text, jsonb, bigint) is
  'Logs what a call used and settles it: by the provider''s usage, or where that never came by an estimate of what was sent and received, marked as one.';
revoke all on function loacl_private.settle_call(loacl_private.turns, integer, text, text, jsonb, bigint) from public;

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
    and (r.purpose = 'answer' or loacl_private.is_past_follow_ups(t));
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
        and (r.purpose = 'answer' or t.state <> 'completed' or loacl_private.is_past_follow_ups(t))
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

create or replace function loacl_private.end_step(turn loacl_private.turns, outcome jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  step loacl_private.turn_steps;
  content_before text := (select m.content from loacl.messages m where m.id = turn.message_id);
begin
  update loacl_private.turn_steps s
  set state = outcome ->> 'state',
    model = coalesce(outcome ->> 'model', s.model),
    response_id = outcome ->> 'responseId',
    provider_items = coalesce(nullif(outcome -> 'providerItems', 'null'), '[]'),
    error_code = case when outcome ->> 'state' = 'failed' then coalesce(outcome ->> 'errorCode', 'internal') end,
    ended_at = clock_timestamp()
  where s.turn_id = turn.id and s.state = 'running'
  returning s.* into step;
  if not found then
    return;
  end if;
  if loacl_private.is_free_of_charge(outcome, content_before) then
    perform loacl_private.settle_reservation(turn.id, step.step, 'answer', 0, 0);
  elsif outcome ? 'usage' then
    perform loacl_private.settle_call(
      turn, step.step, 'answer', outcome ->> 'model', outcome -> 'usage',
      octet_length(coalesce(outcome ->> 'content', '')) - octet_length(content_before)
        + coalesce(octet_length(loacl_private.take_reasoning(nullif(outcome -> 'parts', 'null'))::text), 0)
    );
  end if;
end
$$;
comment on function loacl_private.end_step(loacl_private.turns, jsonb) is
  'Ends the running step of a turn, if there is one: keeps the provider''s items, logs what the call used and settles it. Where the outcome is not its worker''s, and so has no `usage`, settle_turn is to do that. To be called before the message changes: what the step said is told by what it held so far.';
revoke all on function loacl_private.end_step(loacl_private.turns, jsonb) from public;


drop function loacl.save_follow_ups(uuid, uuid, text, text[], jsonb);
drop function loacl_private.save_follow_ups(uuid, uuid, text, text[], jsonb);

create or replace function loacl_private.save_follow_ups(turn_id uuid, lease uuid, title text, suggestions text[], usage jsonb, is_called boolean)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns := loacl_private.lock_leased_turn(save_follow_ups.turn_id, save_follow_ups.lease);
  last_step integer := (select max(s.step) from loacl_private.turn_steps s where s.turn_id = turn.id);
begin
  if turn.ended_at is null then
    perform loacl_private.raise_error(409, 'turn_lease_lost', 'This turn is not yours, or has not ended.');
  end if;

  update loacl.threads t
  set title = left(btrim(save_follow_ups.title), 200)
  where t.id = turn.thread_id and t.title is null and not loacl_private.is_blank(save_follow_ups.title);
  insert into loacl.follow_up_suggestions (message_id, thread_id, session_id, assistant_id, position, suggestion)
  select m.id, m.thread_id, m.session_id, m.assistant_id, row_number() over (order by s.place), left(btrim(s.suggestion), 500)
  from loacl.messages m
  cross join unnest(save_follow_ups.suggestions) with ordinality as s (suggestion, place)
  where m.id = turn.message_id and not loacl_private.is_blank(s.suggestion) and s.place <= 10
  on conflict on constraint follow_up_suggestions_message_id_position_key do nothing;
  if is_called then
    perform loacl_private.settle_call(
      turn, last_step, 'follow_ups', usage ->> 'model', usage,
      octet_length(concat(save_follow_ups.title, array_to_string(save_follow_ups.suggestions, '')))
    );
  else
    perform loacl_private.release_follow_ups(turn.id);
  end if;

  return (
    select jsonb_build_object('suggestions', loacl_private.to_message(m, false) -> 'suggestions', 'title', t.title)
    from loacl.messages m
    join loacl.threads t on t.id = m.thread_id
    where m.id = turn.message_id
  );
end
$$;
comment on function loacl_private.save_follow_ups(uuid, uuid, text, text[], jsonb, boolean) is 'Does the work of loacl.save_follow_ups.';
revoke all on function loacl_private.save_follow_ups(uuid, uuid, text, text[], jsonb, boolean) from public;
grant execute on function loacl_private.save_follow_ups(uuid, uuid, text, text[], jsonb, boolean) to service_role;

create or replace function loacl.save_follow_ups(
  turn_id uuid, lease uuid, title text, suggestions text[], usage jsonb, is_called boolean default true
)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.save_follow_ups(
  save_follow_ups.turn_id, save_follow_ups.lease, save_follow_ups.title, save_follow_ups.suggestions, save_follow_ups.usage,
  save_follow_ups.is_called
);
comment on function loacl.save_follow_ups(uuid, uuid, text, text[], jsonb, boolean) is
  'For the functions, after finish_turn: stores suggestions, the title if the thread has none yet, and the usage of the call (`model` in it, if it was another; null where nobody knows it: it is estimated). `is_called` false: the model was not called, or refused the call. Gives `{"suggestions": Suggestion[], "title"}`, the title being the one that the thread now has. Errors: turn_lease_lost.';
revoke all on function loacl.save_follow_ups(uuid, uuid, text, text[], jsonb, boolean) from public;
grant execute on function loacl.save_follow_ups(uuid, uuid, text, text[], jsonb, boolean) to service_role;

create or replace function loacl_private.enter_turn(turn_id uuid, claims jsonb)
returns loacl_private.turns
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns;
begin
  perform loacl_private.require_session_token_hash();
  select t.* into turn
  from loacl_private.turns t
  join loacl.threads thread on thread.id = t.thread_id
  where t.id = enter_turn.turn_id
    and thread.session_id = any ((select loacl_private.find_own_session_ids(enter_turn.claims))::uuid[])
    and thread.status <> 'deleted';
  if not found then
    perform loacl_private.raise_not_found('turn_not_found', 'There is no such turn.');
  end if;
  if loacl_private.end_overdue_turn(turn.id) then
    perform loacl_private.settle_turn(turn.id);
    select t.* into turn from loacl_private.turns t where t.id = enter_turn.turn_id;
  end if;
  return turn;
end
$$;
comment on function loacl_private.enter_turn(uuid, jsonb) is
  'A turn in a thread of the visitor whose token the request carries, ended if its worker has gone or it has waited too long. `claims`: of the verified access token that came along. Errors: session_missing, session_invalid, turn_not_found.';
revoke all on function loacl_private.enter_turn(uuid, jsonb) from public;

create or replace function loacl_private.begin_turn(request jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  visitor record := loacl_private.enter_visitor(request);
  asked record := loacl_private.read_question(request, visitor.assistant, visitor.own_session_ids);
  joined loacl_private.turns := asked.joined;
begin
  if joined.id is not null then
    perform loacl_private.settle_turn(joined.id);
    return jsonb_build_object(
      'turn', jsonb_build_object('id', joined.id, 'lease', null, 'deadlineAt', joined.deadline_at),
      'joined', true,
      'threadId', joined.thread_id,
      'userMessageId', joined.user_message_id,
      'messageId', joined.message_id,
      'isFirstTurn', false,
      'assistant', null,
      'provider', null,
      'history', null
    );
  end if;
  return loacl_private.open_turn(
    request, visitor.assistant, visitor.session, asked.thread, asked.question,
    loacl_private.place_question(request, visitor.assistant, asked.thread, asked.question)
  );
end
$$;
comment on function loacl_private.begin_turn(jsonb) is 'Does the work of loacl.begin_turn.';
revoke all on function loacl_private.begin_turn(jsonb) from public;
grant execute on function loacl_private.begin_turn(jsonb) to service_role;

create or replace function loacl_private.open_turn(
  request jsonb, assistant loacl.assistants, session loacl.sessions, thread loacl.threads, question loacl.messages, parent_id uuid
)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  provider record := loacl_private.find_provider(assistant.owner_id);
  is_new_session boolean := session.id is null;
  fingerprint text;
  answer loacl.messages;
  turn loacl_private.turns;
  history jsonb;
begin
  assistant := loacl_private.prepare_assistant(assistant, thread.id);
  -- Before anything is written: the message must fit into the budget even without the conversation.
  perform loacl_private.reserve_budget(
    assistant, jsonb_build_array(jsonb_build_object('content', question.content)), thread.title is null, 0, null, null
  );

  if is_new_session then
    session := loacl_private.create_session(assistant.id, loacl_private.require_session_token_hash());
  else
    update loacl.sessions s
    set last_active_at = now(),
      expires_at = case s.session_type when 'guest' then now() + interval '30 days' else s.expires_at end
    where s.id = session.id;
  end if;
  if assistant.fingerprint and request ->> 'fingerprint' is not null then
    fingerprint := loacl_private.remember_fingerprint(session, request ->> 'fingerprint');
  end if;
  perform loacl_private.check_rates(assistant, session.id, is_new_session, request ->> 'address', fingerprint);
  if thread.id is null then
    insert into loacl.threads (session_id, assistant_id) values (session.id, assistant.id) returning * into thread;
  else
    -- Who writes in an archived thread takes it up again.
    update loacl.threads t set last_message_at = now(), status = 'active' where t.id = thread.id;
  end if;
  if question.id is null then
    insert into loacl.messages (thread_id, session_id, assistant_id, parent_id, client_id, role, content, parts)
    values (
      thread.id, session.id, assistant.id, parent_id, question.client_id, 'user', question.content,
      jsonb_build_array(jsonb_build_object('type', 'text', 'text', question.content))
    )
    returning * into question;
  end if;
  insert into loacl.messages (thread_id, session_id, assistant_id, parent_id, role, status, model)
  values (thread.id, session.id, assistant.id, question.id, 'assistant', 'streaming', assistant.model)
  returning * into answer;
  insert into loacl_private.turns (thread_id, user_message_id, message_id, lease_expires_at, deadline_at, provider, model, created_at)
  values (
    thread.id, question.id, answer.id,
    clock_timestamp() + loacl_private.lease_duration(),
    loacl_private.to_deadline((request ->> 'deadlineMs')::integer),
    (provider.config).provider, assistant.model, clock_timestamp()
  )
  returning * into turn;
  insert into loacl_private.turn_steps (turn_id, step, model) values (turn.id, 1, turn.model);
  -- Each turn deletes what several earlier ones left, so leftovers shrink even in a project without a scheduler.
  perform loacl_private.purge_turn_chunks(5);
  perform loacl_private.purge_rate_counters(5);
  history := loacl_private.read_history(question.id, assistant.context_token_budget);
  perform loacl_private.settle_left_turns(assistant.id, 5);
  perform loacl_private.reserve_budget(assistant, history, thread.title is null, 0, turn.id, 1);
  return loacl_private.to_open_turn(turn, assistant, provider.config, provider.secret, history, thread.title is null);
end
$$;
comment on function loacl_private.open_turn(jsonb, loacl.assistants, loacl.sessions, loacl.threads, loacl.messages, uuid) is
  'Opens the turn that answers a question, with its first step: makes the session, the thread and the message where they are missing, and reserves what the step may cost. Errors: provider_key_missing, assistant_paused, rate_limited, budget_exceeded, price_unknown.';
revoke all on function loacl_private.open_turn(jsonb, loacl.assistants, loacl.sessions, loacl.threads, loacl.messages, uuid) from public;

create or replace function loacl_private.clean_up()
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  perform loacl_private.end_overdue_turn(overdue.id)
  from (
    select t.id
    from loacl_private.turns t
    join loacl.threads thread on thread.id = t.thread_id
    where (t.state = 'running' and t.lease_expires_at < now()) or (t.state = 'waiting' and t.wait_expires_at < now())
    for no key update of thread skip locked
  ) overdue;
  perform loacl_private.purge_turn_chunks(100000);
  -- On a hosted project the Data API ends this after eight seconds, and rolls all of it back.
  perform loacl_private.purge_expired_data(interval '4 seconds');
  perform loacl_private.purge_rate_counters(100000);
  perform loacl_private.settle_left_turns(left_over.assistant_id, 1000)
  from (select distinct r.assistant_id from loacl_private.reservations r order by 1) left_over;
end
$$;
comment on function loacl_private.clean_up() is
  'For a scheduler, where there is one. Nothing depends on its having run: whoever looks does the same for what they look at.';
revoke all on function loacl_private.clean_up() from public;


drop function loacl_private.settle_usage(loacl_private.turns, loacl.usage_logs);
drop function loacl_private.purge_reservations();

-- A turn knows its branch, its provider and its summary together.

alter table loacl.usage_logs drop constraint usage_logs_purpose;
alter table loacl.usage_logs add constraint usage_logs_purpose check (
  purpose in ('answer', 'title', 'follow_ups', 'summary', 'moderation')
);
comment on column loacl.usage_logs.purpose is 
  'answer: to a message. title: for a thread''s title, with suggestions. follow_ups: suggestions alone. summary: of what a conversation has outgrown. moderation: of what was said.';
alter table loacl_private.reservations drop constraint reservations_purpose;
alter table loacl_private.reservations add constraint reservations_purpose check (
  purpose in ('answer', 'title', 'follow_ups', 'summary', 'moderation')
);

create or replace function loacl_private.begin_summary(turn_id uuid, lease uuid)
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
  if loacl_private.is_free_of_charge(outcome, content_before) then
    perform loacl_private.settle_reservation(turn.id, step.step, 'answer', 0, 0);
  elsif outcome ? 'usage' then
    perform loacl_private.measure_tokens(turn, step.step, outcome -> 'usage');
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

create or replace function loacl_private.hand_out_turn(turn loacl_private.turns)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  thread loacl.threads;
  assistant loacl.assistants;
  providers jsonb;
begin
  select t.* into thread from loacl.threads t where t.id = turn.thread_id;
  select a.* into assistant from loacl.assistants a where a.id = thread.assistant_id;
  providers := loacl_private.find_provider(assistant, turn);
  assistant := loacl_private.prepare_assistant(assistant, thread.id);
  -- The steps before were this model's.
  assistant.model := turn.model;
  return loacl_private.to_open_turn(
    turn, assistant, providers,
    loacl_private.read_history(loacl_private.last_told(turn), assistant.context_token_budget), thread.title is null
  );
end
$$;
comment on function loacl_private.hand_out_turn(loacl_private.turns) is
  'A turn that has begun already, as the worker that has its lease gets it. Errors: provider_key_missing.';

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
  providers jsonb := loacl_private.find_provider(assistant);
  is_new_session boolean := session.id is null;
  fingerprint text;
  answer loacl.messages;
  turn loacl_private.turns;
  told record;
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
    insert into loacl.threads (session_id, assistant_id, client_id)
    values (session.id, assistant.id, request ->> 'clientThreadId')
    returning * into thread;
  else
    -- Who writes in an archived thread takes it up again.
    update loacl.threads t set last_message_at = now(), status = 'active', shown_message_id = null where t.id = thread.id;
  end if;
  if question.id is null then
    insert into loacl.messages (thread_id, session_id, assistant_id, parent_id, client_id, role, content, parts)
    values (
      thread.id, session.id, assistant.id, parent_id, question.client_id, 'user', question.content,
      jsonb_build_array(jsonb_build_object('type', 'text', 'text', question.content))
    )
    returning * into question;
  end if;
  if request ->> 'type' = 'continue' then
    answer := loacl_private.reopen_answer(request, thread.id);
  else
    insert into loacl.messages (thread_id, session_id, assistant_id, parent_id, role, status, model)
    values (thread.id, session.id, assistant.id, question.id, 'assistant', 'streaming', assistant.model)
    returning * into answer;
  end if;
  insert into loacl_private.turns (
    thread_id, user_message_id, message_id, lease, lease_expires_at, deadline_at, stop_requested_at, provider, provider_config_id, model,
    is_continuation, request_id, created_at
  )
  values (
    thread.id, question.id, answer.id,
    coalesce((request ->> 'lease')::uuid, gen_random_uuid()),
    clock_timestamp() + loacl_private.lease_duration(),
    loacl_private.to_deadline((request ->> 'deadlineMs')::integer),
    loacl_private.take_kept_stop(request),
    providers -> 'provider' ->> 'provider', (providers -> 'provider' ->> 'configId')::uuid, assistant.model,
    coalesce(request ->> 'type' = 'continue', false),
    case when request ->> 'type' in ('regenerate', 'continue') then request ->> 'id' end,
    clock_timestamp()
  )
  returning * into turn;
  insert into loacl_private.turn_steps (turn_id, step, model) values (turn.id, 1, turn.model);
  -- Each turn deletes what several earlier ones left, so leftovers shrink even in a project without a scheduler.
  perform loacl_private.purge_turn_chunks(5);
  perform loacl_private.purge_rate_counters(5);
  told := loacl_private.tell_history(thread.id, loacl_private.last_told(turn), assistant);
  perform loacl_private.end_left_turns(assistant.id, 5);
  perform loacl_private.settle_left_turns(assistant.id, 5);
  perform loacl_private.reserve_budget(assistant, told.history, thread.title is null, 0, turn.id, 1);
  return loacl_private.to_open_turn(turn, assistant, providers, told.history, thread.title is null) || told.wish;
end
$$;
comment on function loacl_private.open_turn(jsonb, loacl.assistants, loacl.sessions, loacl.threads, loacl.messages, uuid) is
  'Opens the turn that answers a question, or goes on with its answer, with its first step: makes the session, the thread and the message where they are missing, and reserves what the step may cost. Errors: answer_not_cut, id_conflict, provider_key_missing, assistant_paused, rate_limited, budget_exceeded, price_unknown.';

create or replace function loacl_private.reserve_again(turn loacl_private.turns)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  step integer := (select max(s.step) from loacl_private.turn_steps s where s.turn_id = turn.id);
  budget integer := (
    select (loacl_private.apply_thread_overrides(a, t.id)).context_token_budget
    from loacl.threads t
    join loacl.assistants a on a.id = t.assistant_id
    where t.id = turn.thread_id
  );
begin
  perform loacl_private.release_follow_ups(turn.id);
  perform loacl_private.settle_reservation(turn.id, step, 'answer', 0, 0);
  if not loacl_private.reserve_step(turn, step, '[]') then
    -- Taken back, with what was given back.
    raise exception using errcode = 'PT429';
  end if;
  return loacl_private.read_history(loacl_private.last_told(turn), budget);
exception
  when sqlstate 'PT429' then
    return null;
end
$$;
comment on function loacl_private.reserve_again(loacl_private.turns) is
  'Reserves a running step anew, before its call, for what its model is told of the conversation by now, and gives that; null, with everything as it was, where the budget does not allow it. Holds the assistant''s budget: to be called last.';

create or replace function loacl_private.shorten_history(turn_id uuid, lease uuid)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns := loacl_private.lock_leased_turn(shorten_history.turn_id, shorten_history.lease);
  assistant loacl.assistants;
  context record;
begin
  if turn.state <> 'running' then
    return null;
  end if;
  select a.* into assistant
  from loacl.threads t
  join loacl.assistants a on a.id = t.assistant_id
  where t.id = turn.thread_id;
  assistant := loacl_private.prepare_assistant(assistant, turn.thread_id);
  assistant.model := turn.model;
  context := loacl_private.read_context(turn.thread_id, loacl_private.last_told(turn), assistant);
  if jsonb_array_length(context.history) = 1 then
    return null;
  end if;
  insert into loacl_private.thread_contexts as c (thread_id, model, token_limit)
  values (turn.thread_id, turn.model, greatest(1, context.tokens_told / 2))
  on conflict on constraint thread_contexts_pkey do update
  set model = excluded.model,
    token_ratio = case when c.model = excluded.model then c.token_ratio end,
    token_limit = excluded.token_limit;
  perform loacl_private.tell_history(turn.thread_id, loacl_private.last_told(turn), assistant);
  return loacl_private.reserve_again(turn);
end
$$;
comment on function loacl_private.shorten_history(uuid, uuid) is 'Does the work of loacl.shorten_history.';

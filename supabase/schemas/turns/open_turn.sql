create function loacl_private.lease_duration()
returns interval
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
return interval '15 seconds';
comment on function loacl_private.lease_duration() is
  'How long a turn lives without a word from its worker, which appends or beats several times in it.';
revoke all on function loacl_private.lease_duration() from public;

create function loacl_private.to_deadline(deadline_ms integer)
returns timestamptz
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return clock_timestamp() + least(greatest(coalesce(deadline_ms, 65000), 1000), 600000) * interval '1 millisecond';
comment on function loacl_private.to_deadline(integer) is 'When a worker''s time is over that asked for so many milliseconds: from one second to ten minutes.';
revoke all on function loacl_private.to_deadline(integer) from public;

create function loacl_private.create_session(assistant_id uuid, token_hash bytea)
returns loacl.sessions
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  session loacl.sessions;
begin
  insert into loacl.sessions (assistant_id) values (create_session.assistant_id) returning * into session;
  insert into loacl_private.session_tokens (token_hash, session_id) values (create_session.token_hash, session.id);
  return session;
end
$$;
comment on function loacl_private.create_session(uuid, bytea) is 'A guest''s session for a token that none has yet.';
revoke all on function loacl_private.create_session(uuid, bytea) from public;

create function loacl_private.to_open_turn(
  turn loacl_private.turns, assistant loacl.assistants, providers jsonb, history jsonb, is_first_turn boolean
)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return providers || jsonb_build_object(
    'turn', jsonb_build_object('id', turn.id, 'lease', turn.lease, 'deadlineAt', turn.deadline_at),
    'joined', false,
    'threadId', turn.thread_id,
    'userMessageId', turn.user_message_id,
    'messageId', turn.message_id,
    'isFirstTurn', is_first_turn,
    'assistant', jsonb_build_object(
      'id', assistant.id,
      'ownerId', assistant.owner_id,
      'name', assistant.name,
      'model', assistant.model,
      'instructions', assistant.instructions,
      'temperature', assistant.temperature,
      'reasoningEffort', assistant.reasoning_effort,
      'maxOutputTokens', assistant.max_output_tokens,
      'followUps', assistant.follow_ups,
      'followUpModel', assistant.follow_up_model,
      'showReasoning', assistant.show_reasoning
    ),
    'moderation', loacl_private.find_moderation(assistant),
    'history', history,
    'lastSeq', turn.last_seq,
    'tools', loacl_private.find_tools(turn.thread_id),
    'maxToolSteps', assistant.max_tool_steps,
    'maxHostedCalls', loacl_private.max_hosted_calls(),
    'toolSecret', loacl_private.find_tool_secret(assistant.id),
    'visitor', loacl_private.find_visitor(turn.thread_id),
    'calls', loacl_private.list_calls(
      turn.id, (select max(s.step) from loacl_private.turn_steps s where s.turn_id = turn.id)
    ),
    'stopRequested', turn.stop_requested_at is not null,
    'parts', (
      select coalesce(loacl_private.read_reasoned_parts(m), m.parts) from loacl.messages m where m.id = turn.message_id
    ),
    'steps', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object('input', s.input, 'providerItems', s.provider_items, 'configId', s.provider_config_id)
          order by s.step
        ),
        '[]'
      )
      from loacl_private.turn_steps s
      where s.turn_id = turn.id and s.state <> 'running'
    )
  );
end
$$;
comment on function loacl_private.to_open_turn(loacl_private.turns, loacl.assistants, jsonb, jsonb, boolean) is
  'A turn as its worker gets it, with all that its model calls need. `providers`: as find_provider gives them. `lastSeq`, `parts`, `steps` and `calls`, those of the last step: what there is of it already, once it has waited.';
revoke all on function loacl_private.to_open_turn(loacl_private.turns, loacl.assistants, jsonb, jsonb, boolean) from public;

create function loacl_private.last_told(turn loacl_private.turns)
returns uuid
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
return case when (turn).is_continuation then (turn).message_id else (turn).user_message_id end;
comment on function loacl_private.last_told(loacl_private.turns) is
  'The last message that a turn''s model is told: the question, or the answer that goes on.';
revoke all on function loacl_private.last_told(loacl_private.turns) from public;

create function loacl_private.hand_out_turn(turn loacl_private.turns)
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
revoke all on function loacl_private.hand_out_turn(loacl_private.turns) from public;

create function loacl_private.open_turn(
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
    if not found then
      -- Its person has just erased everything, on another device.
      perform loacl_private.raise_error(401, 'session_expired', 'This session was erased. Nothing was done.');
    end if;
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
    update loacl.threads t
    set last_message_at = now(), status = 'active',
      -- Every answer is the newest message, but for an earlier alternative that goes on.
      shown_message_id = (
        select m.id
        from loacl.messages m
        where request ->> 'type' = 'continue' and m.thread_id = t.id and m.id::text = request ->> 'messageId'
          and exists (select from loacl.messages later where later.thread_id = t.id and later.seq > m.seq)
      )
    where t.id = thread.id;
  end if;
  if question.id is null then
    insert into loacl.messages (thread_id, session_id, assistant_id, parent_id, client_id, role, content, context, parts)
    values (
      thread.id, session.id, assistant.id, parent_id, question.client_id, 'user', question.content, question.context, question.parts
    )
    returning * into question;
    perform loacl_private.attach_files(question);
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
revoke all on function loacl_private.open_turn(jsonb, loacl.assistants, loacl.sessions, loacl.threads, loacl.messages, uuid) from public;

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

create function loacl_private.lock_thread(thread_id uuid, assistant_id uuid, own_session_ids uuid[])
returns loacl.threads
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  thread loacl.threads;
begin
  -- One turn at a time may begin or end in a thread.
  select t.* into thread
  from loacl.threads t
  where t.id = lock_thread.thread_id
    and t.assistant_id = lock_thread.assistant_id
    and t.session_id = any (own_session_ids)
    and t.status <> 'deleted'
  for no key update;
  if not found then
    perform loacl_private.raise_error(404, 'thread_not_found', 'There is no such conversation.');
  end if;
  return thread;
end
$$;
comment on function loacl_private.lock_thread(uuid, uuid, uuid[]) is
  'A thread of one of these sessions, held to the end of the transaction. Errors: thread_not_found.';
revoke all on function loacl_private.lock_thread(uuid, uuid, uuid[]) from public;

create function loacl_private.begin_turn(request jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  token_hash bytea := loacl_private.require_session_token_hash();
  is_retry boolean := coalesce(request ->> 'type' = 'retry', false);
  thread_id uuid := (request ->> 'threadId')::uuid;
  assistant loacl.assistants;
  session loacl.sessions;
  own_session_ids uuid[];
  thread loacl.threads;
  asked loacl.messages;
  leaf loacl.messages;
  turn loacl_private.turns;
  provider loacl.provider_configs;
  secret loacl_private.secrets;
  is_new_session boolean;
  fingerprint text;
  history jsonb;
begin
  -- The assistant is locked first, as in its deletion: in another order the two could wait for each other.
  perform from loacl.assistants a where a.id = (request ->> 'assistantId')::uuid for key share;
  assistant := loacl_private.enter_assistant((request ->> 'assistantId')::uuid, request ->> 'origin');
  -- Requests with the same token wait for each other here: only the first makes the session, and of a message that was
  -- sent twice the second request finds the first.
  perform pg_advisory_xact_lock(hashtext('loacl.begin_turn'), hashtext(encode(token_hash, 'hex')));
  session := loacl_private.enter_session(token_hash, assistant.id, (request ->> 'userId')::uuid);
  own_session_ids := loacl_private.find_person_session_ids(session);
  if not is_retry then
    perform loacl_private.check_text(request, assistant.max_message_length);
  end if;

  if thread_id is not null then
    thread := loacl_private.lock_thread(thread_id, assistant.id, own_session_ids);
  end if;
  asked := loacl_private.find_asked_message(request, own_session_ids);

  if asked.id is not null then
    select t.* into turn from loacl_private.turns t where t.user_message_id = asked.id order by t.created_at desc limit 1;
    if loacl_private.fail_abandoned_turn(turn.id) then
      turn.state := 'failed';
    end if;
    -- A message that was sent twice, and a second try that already runs or has been answered.
    if not is_retry or turn.state in ('running', 'completed') then
      return jsonb_build_object(
        'turn', jsonb_build_object('id', turn.id, 'lease', null, 'deadlineAt', turn.deadline_at),
        'joined', true,
        'threadId', asked.thread_id,
        'userMessageId', asked.id,
        'messageId', turn.message_id,
        'isFirstTurn', false,
        'assistant', null,
        'provider', null,
        'history', null
      );
    end if;
  end if;

  select t.* into turn from loacl_private.turns t where t.thread_id = thread.id and t.state = 'running';
  if found and not loacl_private.fail_abandoned_turn(turn.id) then
    perform loacl_private.raise_error(409, 'turn_in_progress', 'An answer is still being written in this conversation.');
  end if;
  select m.* into leaf from loacl.messages m where m.thread_id = thread.id order by m.seq desc limit 1;
  if is_retry and leaf.parent_id is distinct from asked.id then
    perform loacl_private.raise_error(409, 'id_conflict', 'Only the latest message can be tried again.');
  end if;

  if not is_retry then
    perform loacl_private.check_thread_length(assistant, thread.id);
  end if;

  select p.* into provider
  from loacl.provider_configs p
  where p.owner_id = assistant.owner_id and p.is_active
  order by p.is_default desc, p.created_at, p.id
  limit 1;
  select s.* into secret
  from loacl_private.secrets s
  where s.id = provider.secret_id and s.owner_id = assistant.owner_id and s.purpose = 'provider_key';
  if not found then
    perform loacl_private.raise_error(503, 'provider_key_missing', 'The owner of this assistant has not set a provider key.');
  end if;

  assistant := loacl_private.prepare_assistant(assistant, thread.id);
  -- Before anything is written: the message must fit into the budget even without the conversation.
  perform loacl_private.reserve_budget(
    assistant,
    jsonb_build_array(jsonb_build_object('content', coalesce(asked.content, request ->> 'text'))),
    thread.title is null,
    null
  );

  is_new_session := session.id is null;
  if is_new_session then
    session := loacl_private.create_session(assistant.id, token_hash);
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
  if not is_retry then
    insert into loacl.messages (thread_id, session_id, assistant_id, parent_id, client_id, role, content, parts)
    values (
      thread.id, session.id, assistant.id, leaf.id, (request ->> 'id')::uuid, 'user', request ->> 'text',
      jsonb_build_array(jsonb_build_object('type', 'text', 'text', request ->> 'text'))
    )
    returning * into asked;
  end if;
  insert into loacl.messages (thread_id, session_id, assistant_id, parent_id, role, status, model)
  values (thread.id, session.id, assistant.id, asked.id, 'assistant', 'streaming', assistant.model)
  returning * into leaf;
  insert into loacl_private.turns (thread_id, user_message_id, message_id, lease_expires_at, deadline_at, provider, model, created_at)
  values (
    thread.id, asked.id, leaf.id,
    clock_timestamp() + loacl_private.lease_duration(),
    clock_timestamp() + least(greatest(coalesce((request ->> 'deadlineMs')::integer, 65000), 1000), 600000) * interval '1 millisecond',
    provider.provider, assistant.model, clock_timestamp()
  )
  returning * into turn;
  -- Each turn deletes what several earlier ones left, so leftovers shrink even in a project without a scheduler.
  perform loacl_private.purge_turn_chunks(5);
  perform loacl_private.purge_rate_counters(5);
  history := loacl_private.read_history(asked.id, assistant.context_token_budget);
  perform loacl_private.reserve_budget(assistant, history, thread.title is null, turn.id);

  return jsonb_build_object(
    'turn', jsonb_build_object('id', turn.id, 'lease', turn.lease, 'deadlineAt', turn.deadline_at),
    'joined', false,
    'threadId', thread.id,
    'userMessageId', asked.id,
    'messageId', leaf.id,
    'isFirstTurn', thread.title is null,
    'assistant', jsonb_build_object(
      'id', assistant.id,
      'ownerId', assistant.owner_id,
      'name', assistant.name,
      'model', assistant.model,
      'instructions', assistant.instructions,
      'temperature', assistant.temperature,
      'maxOutputTokens', assistant.max_output_tokens,
      'followUps', assistant.follow_ups
    ),
    'provider', jsonb_build_object(
      'secretId', secret.id,
      'keyId', secret.key_id,
      'ciphertext', secret.ciphertext,
      'purpose', secret.purpose,
      'ownerId', secret.owner_id,
      'provider', provider.provider,
      'baseUrl', provider.base_url
    ),
    'history', history
  );
end
$$;
comment on function loacl_private.begin_turn(jsonb) is 'Does the work of loacl.begin_turn.';
revoke all on function loacl_private.begin_turn(jsonb) from public;
grant execute on function loacl_private.begin_turn(jsonb) to service_role;

create function loacl.begin_turn(request jsonb)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.begin_turn(loacl_private.with_live_user(begin_turn.request));
comment on function loacl.begin_turn(jsonb) is
  'For the functions: stores a visitor''s message and begins the turn that answers it, or finds the turn where the same message was sent before (`joined`). One transaction; an error leaves nothing behind. `address`: the visitor''s network address, from the one header that is trusted. `fingerprint`: their browser''s, where they sent one. `isFirstTurn`: the thread still wants a title. Errors: those of open_session, thread_not_found, message_not_found, id_conflict, turn_in_progress, invalid_body, text_required, text_too_long, provider_key_missing, assistant_paused, and, with how long it takes as the hint, rate_limited and budget_exceeded; thread_full, price_unknown.';
revoke all on function loacl.begin_turn(jsonb) from public;
grant execute on function loacl.begin_turn(jsonb) to service_role;

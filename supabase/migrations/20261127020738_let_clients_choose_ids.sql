-- Clients make ids of other kinds than UUIDs: of messages and of threads. They are looked up in the caller's sessions alone.
alter table loacl.messages alter column client_id type text;
alter table loacl.messages add constraint messages_client_id_format check (client_id ~ '^[!-~]{1,128}$');
comment on column loacl.messages.client_id is 'Made by the client: 1 to 128 visible ASCII characters. The same one sent twice is one message. Looked up in the caller''s sessions alone.';

alter table loacl.threads add column client_id text;
alter table loacl.threads add constraint threads_client_id_session_id_key unique (client_id, session_id);
alter table loacl.threads add constraint threads_client_id_format check (client_id ~ '^[!-~]{1,128}$');
comment on column loacl.threads.client_id is
  'Made by the client that began it: 1 to 128 visible ASCII characters. Looked up in the caller''s sessions alone.';

create function loacl_private.find_thread_id(id text, session_ids uuid[])
returns uuid
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  -- Two queries, each of one index. The server's id comes first: it names one thread.
  found_id uuid := (
    select t.id
    from loacl.threads t
    where t.id = case when find_thread_id.id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then find_thread_id.id::uuid end
      and t.session_id = any (find_thread_id.session_ids)
  );
begin
  return coalesce(found_id, (
    select t.id
    from loacl.threads t
    where t.client_id = find_thread_id.id and t.session_id = any (find_thread_id.session_ids)
    -- Two devices may have given the same id before they were known to be one person's.
    order by t.created_at, t.id
    limit 1
  ));
end
$$;
comment on function loacl_private.find_thread_id(text, uuid[]) is
  'The thread that has this id or client id among those of these sessions; null where none has.';
revoke all on function loacl_private.find_thread_id(text, uuid[]) from public;

create function loacl_private.find_thread(id text)
returns jsonb
language plpgsql
stable
security definer -- tells a replaced token by replaced_session_tokens; looks in the caller's own sessions alone
set search_path = pg_catalog, pg_temp
as $$
declare
  thread loacl.threads;
begin
  select t.* into thread
  from loacl.threads t
  where t.id = loacl_private.find_thread_id(find_thread.id, loacl_private.own_session_ids()) and t.status <> 'deleted';
  if not found then
    perform loacl_private.refuse_replaced_token(
      loacl_private.hash_session_token(loacl_private.read_header('x-loacl-session'))
    );
    return null;
  end if;
  return loacl_private.to_thread_summary(thread);
end
$$;
comment on function loacl_private.find_thread(text) is 'Does the work of loacl.find_thread.';
revoke all on function loacl_private.find_thread(text) from public;
grant execute on function loacl_private.find_thread(text) to anon, authenticated;

create function loacl.find_thread(id text)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  select loacl_private.find_thread(find_thread.id);
end;
comment on function loacl.find_thread(text) is
  'The calling visitor''s thread that has this id, or that their client began under it: `ThreadSummary`; null where there is none. Errors: session_replaced.';
revoke all on function loacl.find_thread(text) from public;
grant execute on function loacl.find_thread(text) to anon, authenticated;

create function loacl_private.find_turn(thread_id text, claims jsonb)
returns uuid
language plpgsql
stable
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  session_ids uuid[];
begin
  perform loacl_private.refuse_replaced_token(loacl_private.require_session_token_hash());
  session_ids := loacl_private.find_own_session_ids(find_turn.claims);
  return (
    select turn.id
    from loacl_private.turns turn
    join loacl.threads t on t.id = turn.thread_id
    where t.id = loacl_private.find_thread_id(find_turn.thread_id, session_ids)
      and t.status <> 'deleted'
      and (
        (turn.state = 'running' and turn.lease_expires_at > now())
        or (turn.state = 'waiting' and turn.wait_expires_at > now())
      )
  );
end
$$;
comment on function loacl_private.find_turn(text, jsonb) is 'Does the work of loacl.find_turn.';
revoke all on function loacl_private.find_turn(text, jsonb) from public;
grant execute on function loacl_private.find_turn(text, jsonb) to service_role;

create function loacl.find_turn(thread_id text, claims jsonb default null)
returns uuid
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.find_turn(find_turn.thread_id, find_turn.claims);
comment on function loacl.find_turn(text, jsonb) is
  'For the functions: the turn that runs or waits in a thread of the visitor whose token the request carries, by either of the thread''s ids; null where there is none. `claims`: of the visitor''s verified access token, where one came along. Errors: session_missing, session_invalid, session_replaced.';
revoke all on function loacl.find_turn(text, jsonb) from public;
grant execute on function loacl.find_turn(text, jsonb) to service_role;

create or replace function loacl_private.find_asked_message(request jsonb, own_session_ids uuid[])
returns loacl.messages
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  asked loacl.messages;
  request_id text := request ->> 'id';
  request_thread_id uuid := (request ->> 'threadId')::uuid;
begin
  if request ->> 'type' = 'retry' then
    -- By either of its ids: after a reload a page knows both.
    select m.* into asked
    from loacl.messages m
    where m.session_id = any (own_session_ids)
      and m.thread_id = request_thread_id
      and m.role = 'user'
      and (m.client_id = request_id or m.id::text = request_id);
    if not found then
      perform loacl_private.raise_error(404, 'message_not_found', 'There is no such message.');
    end if;
    return asked;
  end if;

  select m.* into asked
  from loacl.messages m
  where m.client_id = request_id and m.session_id = any (own_session_ids)
  -- Two devices may have given the same id before they were known to be one person's.
  order by m.thread_id is distinct from request_thread_id, m.seq
  limit 1;
  if not found then
    return null;
  end if;
  if asked.content is distinct from request ->> 'text'
    -- Sent without a thread, it began one. That of a client id is not there yet, so this is in another.
    or (request_thread_id is null and (asked.parent_id is not null or request ->> 'clientThreadId' is not null))
    or asked.thread_id is distinct from coalesce(request_thread_id, asked.thread_id)
    or asked.parent_id is distinct from coalesce((request ->> 'parentId')::uuid, asked.parent_id)
  then
    perform loacl_private.raise_error(409, 'id_conflict', 'This id belongs to another message of yours.');
  end if;
  return asked;
end
$$;

create or replace function loacl_private.read_question(
  request jsonb, assistant loacl.assistants, own_session_ids uuid[],
  out thread loacl.threads, out question loacl.messages, out joined loacl_private.turns
)
returns record
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if request ->> 'type' is distinct from 'retry' then
    perform loacl_private.check_text(request, assistant.max_message_length);
  end if;
  if request ->> 'threadId' is null then
    request := request || jsonb_build_object(
      'threadId', loacl_private.find_thread_id(request ->> 'clientThreadId', own_session_ids)
    );
  end if;
  if request ->> 'threadId' is not null then
    thread := loacl_private.lock_thread((request ->> 'threadId')::uuid, assistant.id, own_session_ids);
  end if;
  question := loacl_private.find_asked_message(request, own_session_ids);
  if question.id is not null then
    joined := loacl_private.find_joined_turn(request, question.id);
  else
    question.client_id := request ->> 'id';
    question.content := request ->> 'text';
  end if;
end
$$;

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
    insert into loacl.threads (session_id, assistant_id, client_id)
    values (session.id, assistant.id, request ->> 'clientThreadId')
    returning * into thread;
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
  perform loacl_private.reserve_budget(assistant, history, thread.title is null, 0, turn.id, 1);
  return loacl_private.to_open_turn(turn, assistant, provider.config, provider.secret, history, thread.title is null);
end
$$;

create or replace function loacl_private.export_thread(thread loacl.threads, for_operator boolean)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  messages jsonb := (
    select jsonb_agg(loacl_private.export_message(m, for_operator) order by m.seq)
    from loacl.messages m
    where m.thread_id = thread.id and (m.role <> 'system' or for_operator)
  );
  exported jsonb := loacl_private.to_thread_summary(thread) || jsonb_build_object(
    'clientId', thread.client_id,
    'sessionId', thread.session_id,
    'deletedAt', thread.deleted_at,
    'metadata', thread.metadata,
    'messages', coalesce(messages, '[]'),
    'events', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object(
            'number', e.number, 'kind', e.kind, 'messageId', e.message_id, 'turnId', e.turn_id, 'createdAt', e.created_at
          )
          order by e.number
        ),
        '[]'
      )
      from loacl_private.thread_events e
      where e.thread_id = thread.id
    )
  );
begin
  if not for_operator then
    return exported;
  end if;
  return exported || jsonb_build_object(
    'tags', array(
      select g.name
      from loacl.thread_tags l
      join loacl.conversation_tags g on g.id = l.tag_id
      where l.thread_id = thread.id
      order by g.name
    ),
    'overrides', (
      select jsonb_build_object(
        'model', o.model,
        'instructions', o.instructions,
        'contextTokenBudget', o.context_token_budget,
        'autoApproval', o.auto_approval,
        'metadata', o.metadata
      )
      from loacl.thread_overrides o
      where o.thread_id = thread.id
    ),
    'optimizations', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object(
            'type', c.optimization_type,
            'reason', c.trigger_reason,
            'summary', c.summary,
            'affectedMessages', c.affected_messages,
            'tokensBefore', c.tokens_before,
            'tokensAfter', c.tokens_after,
            'createdAt', c.created_at
          )
          order by c.created_at, c.id
        ),
        '[]'
      )
      from loacl.context_optimizations c
      where c.thread_id = thread.id
    )
  );
end
$$;

comment on function loacl.begin_turn(jsonb) is
  'For the functions: stores a visitor''s message and begins the turn that answers it with its first step, or finds the turn where the same message was sent before (`joined`). One transaction; an error leaves nothing behind. `address`: the visitor''s network address, from the one header that is trusted. `fingerprint`: their browser''s, where they sent one. `clientThreadId`, in place of `threadId`: either id of a thread of theirs, or the client id of the one to begin. `parentId`: the message that it follows; the latest, if it is given. A turn that waits in the thread is cancelled. `isFirstTurn`: the thread still wants a title. Errors: those of open_session, thread_not_found, message_not_found, id_conflict, turn_in_progress, invalid_body, text_required, text_too_long, provider_key_missing, assistant_paused, and, with how long it takes as the hint, rate_limited and budget_exceeded; thread_full, price_unknown.';

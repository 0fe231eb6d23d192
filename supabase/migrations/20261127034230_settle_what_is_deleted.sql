alter table loacl_private.replaced_session_tokens add column is_erased boolean not null default false;
comment on table loacl_private.replaced_session_tokens is
  'Tokens that identifying or signing out took away in the last ten minutes. A request of another tab that still carries one is refused. Without this table it would begin a guest''s session under a token that no tab has any more, and its conversation would be lost. Those that were erased stay: a question that is on its way during the erasure is not stored after it.';
comment on column loacl_private.replaced_session_tokens.is_erased is 'Whether the person was erased who had it. Then it is never forgotten: nobody can find what would be stored under it.';
drop index loacl_private.replaced_session_tokens_created_at_idx;
create index replaced_session_tokens_created_at_idx on loacl_private.replaced_session_tokens (created_at)
  where not is_erased;
comment on index loacl_private.replaced_session_tokens_created_at_idx is 'Serves: those that nobody can come with any more.';

create or replace function loacl_private.remember_replaced_token(hash bytea, for_good boolean)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into loacl_private.replaced_session_tokens as r (token_hash, is_erased) values (hash, for_good)
  on conflict (token_hash) do update set created_at = now(), is_erased = r.is_erased or for_good;
  -- Each call deletes more than it adds, so that nothing depends on a scheduler.
  delete from loacl_private.replaced_session_tokens r
  where r.token_hash in (
    select old.token_hash
    from loacl_private.replaced_session_tokens old
    where old.created_at < now() - interval '10 minutes' and not old.is_erased
    order by old.created_at
    limit 5
    for update skip locked
  );
end
$$;
comment on function loacl_private.remember_replaced_token(bytea, boolean) is
  'Refuses a token from now on: for ten minutes, or `for_good` where the person was erased who had it.';
revoke all on function loacl_private.remember_replaced_token(bytea, boolean) from public;

create or replace function loacl_private.replace_session_token(old_hash bytea)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from loacl_private.session_tokens k where k.token_hash = old_hash;
  perform loacl_private.remember_replaced_token(old_hash, false);
end
$$;
comment on function loacl_private.replace_session_token(bytea) is
  'Makes a token worthless, and remembers for ten minutes that it was one.';
revoke all on function loacl_private.replace_session_token(bytea) from public;

create or replace function loacl_private.refuse_replaced_token(hash bytea)
returns void
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  is_erased boolean := (
    select r.is_erased from loacl_private.replaced_session_tokens r where r.token_hash = refuse_replaced_token.hash
  );
begin
  if is_erased then
    perform loacl_private.raise_error(401, 'session_expired', 'This session was erased. Nothing was done.');
  elsif is_erased is not null then
    perform loacl_private.raise_error(401, 'session_replaced', 'Another token has taken the place of this one. Nothing was done.');
  end if;
end
$$;
comment on function loacl_private.refuse_replaced_token(bytea) is
  'For a token that stands for no session: whether it did until some minutes ago, or until it was erased. Errors: session_replaced, session_expired.';
revoke all on function loacl_private.refuse_replaced_token(bytea) from public;

create or replace function loacl_private.raise_not_found(code text, detail text)
returns jsonb
language plpgsql
volatile
security definer -- reads replaced_session_tokens
set search_path = pg_catalog, pg_temp
as $$
begin
  perform loacl_private.refuse_replaced_token(loacl_private.hash_session_token(loacl_private.read_header('x-loacl-session')));
  return loacl_private.raise_error(404, code, detail);
end
$$;
comment on function loacl_private.raise_not_found(text, text) is
  'Fails as raise_error does, with status 404: what was asked for is not there, or not the caller''s. Where the request''s token was replaced some minutes ago, it says that instead: with the fresh token it may be there. Or that it was erased. Errors: session_replaced, session_expired.';
-- Runs inside functions that visitors call as themselves.
revoke all on function loacl_private.raise_not_found(text, text) from public;
grant execute on function loacl_private.raise_not_found(text, text) to anon, authenticated;

create or replace function loacl_private.erase_sessions(session_ids uuid[])
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  erased jsonb := jsonb_build_object(
    'sessions', cardinality(session_ids),
    'threads', (select count(*) from loacl.threads t where t.session_id = any (session_ids)),
    'messages', (select count(*) from loacl.messages m where m.session_id = any (session_ids)),
    'files', (select count(*) from loacl.files f where f.session_id = any (session_ids))
  );
begin
  for attempt in 1..10 loop
    begin
      -- Threads are locked first, as in begin_turn and finish_turn: in another order they could wait for each other.
      perform from loacl.threads t where t.session_id = any (session_ids) order by t.id for update;
      delete from loacl_private.kept_stops s
      using loacl_private.session_tokens k
      where k.session_id = any (session_ids) and s.token_hash = k.token_hash;
      -- A question that is on its way would begin another session, which nobody could find and nobody would erase.
      perform loacl_private.remember_replaced_token(k.token_hash, true)
      from loacl_private.session_tokens k
      where k.session_id = any (session_ids);
      -- Everything else follows: usage_logs loses the ids, uploads are queued for deletion, a running turn loses its lease.
      delete from loacl.sessions s where s.id = any (session_ids);
      return erased;
    exception
      -- Somebody who writes about a message has locked it and waits for its thread. They go on now; this tries again.
      when deadlock_detected then
        if attempt = 10 then
          raise;
        end if;
        -- Without a pause this would lock the thread first again.
        perform pg_sleep(0.05);
    end;
  end loop;
end
$$;
comment on function loacl_private.erase_sessions(uuid[]) is 'Deletes sessions with everything in them, and says how much that was.';
revoke all on function loacl_private.erase_sessions(uuid[]) from public;

create or replace function loacl_private.erase_visitor_data()
returns jsonb
language plpgsql
volatile
security definer -- visitors delete nothing else themselves
set search_path = pg_catalog, pg_temp
as $$
declare
  hash bytea := loacl_private.require_session_token_hash();
  session_ids uuid[];
begin
  -- As enter_visitor: a first message that is just coming has made its session then, or is refused.
  perform pg_advisory_xact_lock(hashtext('loacl.begin_turn'), hashtext(encode(hash, 'hex')));
  -- Asked again because an answer was lost.
  if exists (select from loacl_private.replaced_session_tokens r where r.token_hash = hash and r.is_erased) then
    return loacl_private.erase_sessions('{}');
  end if;
  session_ids := loacl_private.require_own_session_ids();
  if session_ids = '{}' then
    -- Anybody can make a token up: what was nobody's is not kept for good.
    perform loacl_private.remember_replaced_token(hash, false);
  end if;
  return loacl_private.erase_sessions(session_ids);
end
$$;
comment on function loacl_private.erase_visitor_data() is 'Does the work of loacl.erase_visitor_data.';
revoke all on function loacl_private.erase_visitor_data() from public;
grant execute on function loacl_private.erase_visitor_data() to anon, authenticated;

create or replace function loacl.erase_visitor_data()
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
set statement_timeout = '20s' -- the Data API gives what a function says in place of the role's three seconds or eight
return loacl_private.erase_visitor_data();
comment on function loacl.erase_visitor_data() is
  'Erases everything that is kept of the calling visitor, on all their devices, at once and for good: `{sessions, threads, messages, files}` says how much. What they uploaded is queued for deletion in Storage and at the provider. The token is refused from then on: a client makes another. Safe to repeat. Errors: session_missing, session_invalid, session_replaced, session_expired, session_locked.';
revoke all on function loacl.erase_visitor_data() from public;
grant execute on function loacl.erase_visitor_data() to anon, authenticated;

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
  used := loacl_private.log_usage(
    turn, step, purpose, model,
    coalesce(nullif(usage, 'null'), loacl_private.estimate_usage(turn, step, purpose, received_bytes))
  );
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
  'Logs what a call used and settles it, once: by the provider''s usage, or where that never came by an estimate of what was sent and received, marked as one.';
revoke all on function loacl_private.settle_call(loacl_private.turns, integer, text, text, jsonb, bigint) from public;

create or replace function loacl_private.settle_deleted()
returns trigger
language plpgsql
volatile
security definer -- a cascade runs as whoever began it
set search_path = pg_catalog, pg_temp
as $$
declare
  gone jsonb := to_jsonb(old);
  -- Where its owner goes as well, so do the budget and the usage.
  turn_ids uuid[] := array(
    select distinct t.id
    from loacl_private.reservations r
    join loacl_private.turns t on t.id = r.turn_id
    join loacl.threads thread on thread.id = t.thread_id
    join loacl.assistants a on a.id = r.assistant_id
    join auth.users owner on owner.id = a.owner_id
    where r.assistant_id = coalesce(gone ->> 'assistant_id', gone ->> 'id')::uuid
      and old.id in (thread.id, thread.session_id, thread.assistant_id)
  );
begin
  -- Only what was answered to the end has follow-ups.
  perform loacl_private.release_follow_ups(t.id)
  from loacl_private.turns t
  where t.id = any (turn_ids) and t.state <> 'completed';
  perform loacl_private.settle_call(
    t, r.step, r.purpose, null, null,
    case
      when r.purpose = 'follow_ups' then 0
      when t.ended_at is not null then octet_length(m.content)
      else (
        select coalesce(sum(octet_length(part ->> 'delta')), 0)
        from loacl_private.turn_chunks c
        cross join jsonb_array_elements(c.parts) as p (part)
        where c.turn_id = t.id and part ->> 'type' = 'text-delta'
      )
    end
  )
  from loacl_private.reservations r
  join loacl_private.turns t on t.id = r.turn_id
  join loacl.messages m on m.id = t.message_id
  where r.turn_id = any (turn_ids);
  return old;
end
$$;
comment on function loacl_private.settle_deleted() is
  'Trigger: settles what the turns of a deleted row still reserve, by estimates. Their worker finds no turn any more that it could settle.';
revoke all on function loacl_private.settle_deleted() from public;

create trigger threads_settle_deleted before delete on loacl.threads
  for each row execute function loacl_private.settle_deleted();
-- By the time that a cascade comes to the threads, the session or the assistant of which the usage is has gone.
create trigger sessions_settle_deleted before delete on loacl.sessions
  for each row execute function loacl_private.settle_deleted();
create trigger assistants_settle_deleted before delete on loacl.assistants
  for each row execute function loacl_private.settle_deleted();

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
  provider record;
begin
  select t.* into thread from loacl.threads t where t.id = turn.thread_id;
  select a.* into assistant from loacl.assistants a where a.id = thread.assistant_id;
  provider := loacl_private.find_provider(assistant.owner_id);
  assistant := loacl_private.prepare_assistant(assistant, thread.id);
  -- The steps before were this model's.
  assistant.model := turn.model;
  return loacl_private.to_open_turn(
    turn, assistant, provider.config, provider.secret,
    loacl_private.read_history(turn.user_message_id, assistant.context_token_budget), thread.title is null
  );
end
$$;
comment on function loacl_private.hand_out_turn(loacl_private.turns) is
  'A turn that has begun already, as the worker that has its lease gets it. Errors: provider_key_missing.';
revoke all on function loacl_private.hand_out_turn(loacl_private.turns) from public;

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
  insert into loacl_private.turns (
    thread_id, user_message_id, message_id, lease, lease_expires_at, deadline_at, stop_requested_at, provider, model, created_at
  )
  values (
    thread.id, question.id, answer.id,
    coalesce((request ->> 'lease')::uuid, gen_random_uuid()),
    clock_timestamp() + loacl_private.lease_duration(),
    loacl_private.to_deadline((request ->> 'deadlineMs')::integer),
    loacl_private.take_kept_stop(request),
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
  if joined.state = 'running' and joined.lease = (request ->> 'lease')::uuid then
    -- Asked again because an answer was lost.
    return loacl_private.hand_out_turn(joined);
  end if;
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

create or replace function loacl.begin_turn(request jsonb)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.begin_turn(loacl_private.with_live_user(begin_turn.request));
comment on function loacl.begin_turn(jsonb) is
  'For the functions: stores a visitor''s message and begins the turn that answers it with its first step, or finds the turn where the same message was sent before (`joined`). One transaction; an error leaves nothing behind. `address`: the visitor''s network address, from the one header that is trusted. `lease`: which the worker that asks makes; with the same one it is safe to repeat. `fingerprint`: the visitor''s browser''s, where they sent one. `clientThreadId`, in place of `threadId`: either id of a thread of theirs, or the client id of the one to begin. `parentId`: the message that it follows; the latest, if it is given. A turn that waits in the thread is cancelled. `isFirstTurn`: the thread still wants a title. Errors: those of open_session, thread_not_found, message_not_found, id_conflict, turn_in_progress, invalid_body, text_required, text_too_long, provider_key_missing, assistant_paused, and, with how long it takes as the hint, rate_limited and budget_exceeded; thread_full, price_unknown.';
revoke all on function loacl.begin_turn(jsonb) from public;
grant execute on function loacl.begin_turn(jsonb) to service_role;

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
      or resume_turn.step <> (select max(s.step) from loacl_private.turn_steps s where s.turn_id = turn.id)
    )
  then
    return jsonb_build_object('turn', jsonb_build_object('id', turn.id), 'joined', true);
  end if;

  assistant := loacl_private.enter_assistant((select t.assistant_id from loacl.threads t where t.id = turn.thread_id), null);
  if assistant.paused_at is not null then
    perform loacl_private.raise_error(403, 'assistant_paused', 'This assistant is paused. Please come back later.');
  end if;
  perform loacl_private.find_provider(assistant.owner_id);
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
    if not loacl_private.reserve_step(turn, 1, '[]') then
      perform loacl_private.end_turn(turn.id, '{"state": "cut", "cutReason": "budget"}');
      return jsonb_build_object('turn', jsonb_build_object('id', turn.id), 'joined', true);
    end if;
  end if;
  return loacl_private.hand_out_turn(turn);
end
$$;
comment on function loacl_private.resume_turn(uuid, integer, uuid, integer, jsonb) is 'Does the work of loacl.resume_turn.';
revoke all on function loacl_private.resume_turn(uuid, integer, uuid, integer, jsonb) from public;
grant execute on function loacl_private.resume_turn(uuid, integer, uuid, integer, jsonb) to service_role;

create or replace function loacl_private.end_overdue_turn(turn_id uuid)
returns boolean
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns;
  answer_text text;
begin
  if not exists (
    select
    from loacl_private.turns t
    where t.id = end_overdue_turn.turn_id and loacl_private.is_overdue(t)
  ) then
    return false;
  end if;
  -- The thread before the turn, as whoever ends it: the log of the thread waits for it.
  perform loacl_private.lock_turn(end_overdue_turn.turn_id);
  select t.* into turn
  from loacl_private.turns t
  where t.id = end_overdue_turn.turn_id and loacl_private.is_overdue(t)
  for update;
  if not found then
    return false;
  end if;
  if turn.state = 'waiting' then
    return loacl_private.end_turn(turn.id, '{"state": "cut", "cutReason": "time_limit"}');
  end if;

  -- Somebody has read what was streamed, so it is kept: its text here, up to the longest message that is allowed, and the rest
  -- by a function, which knows how parts fold. If this failed, every later look at the turn and every clean_up would fail too.
  select left(coalesce(string_agg(part ->> 'delta', '' order by c.seq, place), ''), 1000000) into answer_text
  from loacl_private.turn_chunks c
  cross join jsonb_array_elements(c.parts) with ordinality as p (part, place)
  where c.turn_id = turn.id and part ->> 'type' = 'text-delta';
  update loacl_private.turns t
  set is_folded = not exists (select from loacl_private.turn_chunks c where c.turn_id = t.id)
  where t.id = turn.id;
  return loacl_private.end_turn(turn.id, jsonb_build_object(
    -- Who has stopped it got what they wanted.
    'state', case when turn.stop_requested_at is null then 'failed' else 'stopped' end,
    'errorCode', 'turn_abandoned',
    'content', answer_text,
    'parts', case when answer_text = '' then '[]' else jsonb_build_array(jsonb_build_object('type', 'text', 'text', answer_text)) end
  ));
end
$$;
comment on function loacl_private.end_overdue_turn(uuid) is
  'Ends a turn whose worker has gone, which its lease tells, or that has waited too long, and says whether it did.';
revoke all on function loacl_private.end_overdue_turn(uuid) from public;

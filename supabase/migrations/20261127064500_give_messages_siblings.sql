-- Messages have siblings: another try at an answer, an edited question. The visitor chooses which branch is shown, and an
-- answer that was cut short goes on.

alter table loacl.messages add constraint messages_parent_id_other check (parent_id <> id);
comment on table loacl.messages is
  'What was said. Visitors see theirs, operators those of their assistants; only the functions write. A thread is a tree: the branch that ends in threads.shown_message_id, or else in the newest message, is the one shown, and what was edited or tried again stays beside it.';

alter table loacl.threads add column shown_message_id uuid;
comment on column loacl.threads.shown_message_id is
  'The last message of the branch that the visitor chose; null, and where that message is gone, for the branch that ends in the newest one. No foreign key: with a second one between the two tables the Data API would no longer know which of them `threads?select=*,messages(*)` goes by.';

create function loacl_private.refuse_another_parent()
returns trigger
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception using errcode = 'PT409', message = 'id_conflict', detail = 'A message stays where it is in its conversation.', hint = '';
end
$$;
comment on function loacl_private.refuse_another_parent() is
  'Trigger: a message follows one that was there before it, and stays there, so that no branch leads back to itself.';
revoke all on function loacl_private.refuse_another_parent() from public;

create trigger messages_refuse_another_parent before update of parent_id on loacl.messages
  for each row when (new.parent_id is not null and new.parent_id is distinct from old.parent_id)
  execute function loacl_private.refuse_another_parent();

create function loacl_private.show_new_message()
returns trigger
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  update loacl.threads t set shown_message_id = null where t.id = new.thread_id and t.shown_message_id is not null;
  return null;
end
$$;
comment on function loacl_private.show_new_message() is
  'Trigger: what somebody of the site writes is shown, whichever branch the visitor has chosen before.';
revoke all on function loacl_private.show_new_message() from public;

create trigger messages_show_new after insert on loacl.messages
  for each row when (new.author = 'person')
  execute function loacl_private.show_new_message();

-- Finds the alternatives of a whole page in one query, as find_suggestions does.
create function loacl_private.find_siblings(message_ids uuid[])
returns table (message_id uuid, ids jsonb)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  with pairs as (
    select m.id, s.id as sibling_id, s.seq
    from loacl.messages m
    join loacl.messages s on s.parent_id = m.parent_id and s.author = m.author
    where m.id = any (find_siblings.message_ids)
      -- An answer of which nothing came is none that could be chosen.
      and (s.id = m.id or s.parts <> '[]' or s.status in ('streaming', 'waiting'))
    union all
    select m.id, s.id, s.seq
    from loacl.messages m
    join loacl.messages s on s.thread_id = m.thread_id and s.parent_id is null and s.author = m.author
    where m.id = any (find_siblings.message_ids) and m.parent_id is null
  )
  select p.id, jsonb_agg(p.sibling_id order by p.seq)
  from pairs p
  group by p.id
  having count(*) > 1;
end
$$;
comment on function loacl_private.find_siblings(uuid[]) is
  'The ids of these messages'' alternatives, themselves included, oldest first; nothing for a message that has none.';
revoke all on function loacl_private.find_siblings(uuid[]) from public;
grant execute on function loacl_private.find_siblings(uuid[]) to anon, authenticated;

alter table loacl_private.turns drop constraint turns_message_id_key;
alter table loacl_private.turns add column is_continuation boolean not null default false;
alter table loacl_private.turns add column request_id text;
alter table loacl_private.turns add constraint turns_request_id_thread_id_key unique (request_id, thread_id);
alter table loacl_private.turns add constraint turns_request_id_format check (request_id ~ '^[!-~]{1,128}$');
create index turns_message_id_idx on loacl_private.turns (message_id);
comment on index loacl_private.turns_message_id_idx is 'Serves: the turns that wrote a message; the deletion of a message.';
comment on column loacl_private.turns.is_continuation is 'Whether it goes on with an answer that an earlier turn had left off. It tells that first, so that its parts are the whole answer.';
comment on column loacl_private.turns.request_id is
  'The id that the client gave the request, where that was not a message''s: the same one sent twice is one turn.';

alter table loacl_private.thread_events drop constraint thread_events_kind;
alter table loacl_private.thread_events add constraint thread_events_kind check (
    kind in (
      'message_added', 'message_changed', 'message_chosen', 'feedback_changed', 'turn_began', 'turn_waiting', 'turn_resumed', 'turn_ended',
      'thread_renamed', 'thread_archived', 'thread_deleted', 'thread_restored'
    )
  );

create or replace function loacl_private.log_thread_event()
returns trigger
language plpgsql
volatile
security definer -- nobody else writes the log
set search_path = pg_catalog, pg_temp
as $$
declare
  event loacl_private.thread_events;
begin
  if tg_table_name = 'threads' then
    event.thread_id := new.id;
    event.message_id := case when tg_argv[0] = 'message_chosen' then new.shown_message_id end;
  elsif tg_table_name = 'messages' then
    event.thread_id := new.thread_id;
    event.message_id := new.id;
  elsif tg_table_name = 'turns' then
    event.thread_id := new.thread_id;
    event.message_id := new.message_id;
    event.turn_id := new.id;
  else
    event.thread_id := coalesce(new.thread_id, old.thread_id);
    event.message_id := coalesce(new.message_id, old.message_id);
  end if;

  -- Of two transactions the second gets its number when the first has ended, in a statement that sees what that wrote.
  perform from loacl.threads t where t.id = event.thread_id for no key update;
  -- The thread is being deleted, and its log with it.
  if not found then
    return null;
  end if;
  insert into loacl_private.thread_events (thread_id, number, kind, message_id, turn_id)
  select event.thread_id, coalesce(max(e.number), 0) + 1, tg_argv[0], event.message_id, event.turn_id
  from loacl_private.thread_events e
  where e.thread_id = event.thread_id;
  return null;
end
$$;
comment on function loacl_private.log_thread_event() is
  'Trigger: adds an event of the kind that the trigger names to the log of the row''s thread.';

create trigger threads_log_message_chosen after update of shown_message_id on loacl.threads
  for each row when (new.shown_message_id is not null and new.shown_message_id is distinct from old.shown_message_id)
  execute function loacl_private.log_thread_event('message_chosen');

create or replace function loacl.list_messages(thread_id uuid, cursor text default null, page_size integer default 50)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
select loacl_private.end_abandoned_turn(list_messages.thread_id);
select coalesce(
  (
    with recursive asked as (
      select
        t as thread,
        live.turn_id,
        live.message_id as live_message_id,
        least(greatest(coalesce(list_messages.page_size, 50), 1), 100) as page_size,
        case
          when list_messages.cursor is null then (
            select coalesce(
              (select m.id from loacl.messages m where m.id = t.shown_message_id and m.thread_id = t.id),
              (select m.id from loacl.messages m where m.thread_id = t.id order by m.seq desc limit 1)
            )
          )
          when list_messages.cursor ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then list_messages.cursor::uuid
          else (loacl_private.raise_error(400, 'invalid_body', '"cursor" is not one that list_messages gave.') ->> 0)::uuid
        end as first_id
      from loacl.threads t
      left join loacl_private.find_live_turn(list_messages.thread_id) live on true
      where t.id = list_messages.thread_id
    ),
    -- From the last message of the branch that is shown to its parent, and so on to the first.
    branch as (
      select m as message, 1 as place
      from asked
      join loacl.messages m on m.id = asked.first_id and m.thread_id = list_messages.thread_id
      union all
      select parent, branch.place + 1
      from branch
      join loacl.messages parent on parent.id = (branch.message).parent_id
      where branch.place <= (select asked.page_size from asked)
    )
    select jsonb_build_object(
      'thread', loacl_private.to_thread_summary(asked.thread),
      'activeTurnId', asked.turn_id,
      'lastEvent', loacl_private.find_last_event(list_messages.thread_id),
      'items', coalesce(
        jsonb_agg(
          loacl_private.to_message(
            b.message, (b.message).id is not distinct from asked.live_message_id, f.items, r.parts
          )
          || case when s.parts is null then '{}' else jsonb_build_object('streamed', s.parts) end
          || case when a.ids is null then '{}' else jsonb_build_object('siblings', a.ids) end
          order by b.place
        ) filter (where b.place <= asked.page_size),
        '[]'
      ),
      'nextCursor', max((b.message).id::text) filter (where b.place > asked.page_size)
    )
    from asked
    left join branch b on true
    left join loacl_private.find_suggestions(array(select (branch.message).id from branch)) f on f.message_id = (b.message).id
    left join loacl_private.find_reasoned_parts(array(select (branch.message).id from branch)) r on r.message_id = (b.message).id
    left join loacl_private.find_streamed_parts(array(select (branch.message).id from branch)) s on s.message_id = (b.message).id
    left join loacl_private.find_siblings(array(select (branch.message).id from branch)) a on a.message_id = (b.message).id
    group by asked.thread, asked.turn_id, asked.page_size
  ),
  loacl_private.raise_not_found('thread_not_found', 'There is no such conversation.')
);
end;
comment on function loacl.list_messages(uuid, text, integer) is
  'A thread''s messages, newest first, along the branch that is shown: `MessagePage`. At most 100 a page. A message that has alternatives comes with the ids of them all, as `siblings`. A turn whose worker has gone is ended first; what it had streamed comes along as `streamed`, until a function has folded it into the message. Errors: thread_not_found.';

create function loacl_private.choose_branch(thread_id uuid, message_id uuid)
returns void
language plpgsql
volatile
security definer -- visitors write neither the column nor the log; asks itself whose thread it is
set search_path = pg_catalog, pg_temp
as $$
declare
  last_id uuid;
begin
  perform from loacl.threads t
  where t.id = choose_branch.thread_id
    and t.session_id = any ((select loacl_private.own_session_ids())::uuid[])
    and t.status <> 'deleted'
  for no key update;
  if not found then
    perform loacl_private.raise_not_found('thread_not_found', 'There is no such conversation.');
  end if;

  with recursive below as (
    select m.id, m.seq
    from loacl.messages m
    where m.id = choose_branch.message_id and m.thread_id = choose_branch.thread_id and m.role <> 'system'
    union all
    select m.id, m.seq
    from below
    join loacl.messages m on m.parent_id = below.id
    where m.role <> 'system'
  )
  select below.id into last_id from below order by below.seq desc limit 1;
  if last_id is null then
    perform loacl_private.raise_error(404, 'message_not_found', 'There is no such message in this conversation.');
  end if;
  if exists (
    select
    from loacl_private.turns turn
    where turn.thread_id = choose_branch.thread_id and turn.state = 'running' and turn.lease_expires_at > now()
  ) then
    perform loacl_private.raise_error(409, 'turn_in_progress', 'An answer is still being written in this conversation.');
  end if;
  update loacl.threads t set shown_message_id = last_id
  where t.id = choose_branch.thread_id and t.shown_message_id is distinct from last_id;
end
$$;
comment on function loacl_private.choose_branch(uuid, uuid) is 'Does the work of loacl.choose_branch.';
revoke all on function loacl_private.choose_branch(uuid, uuid) from public;
grant execute on function loacl_private.choose_branch(uuid, uuid) to anon, authenticated;

create function loacl.choose_branch(thread_id uuid, message_id uuid)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  select loacl_private.choose_branch(choose_branch.thread_id, choose_branch.message_id);
  select loacl.list_messages(choose_branch.thread_id);
end;
comment on function loacl.choose_branch(uuid, uuid) is
  'Shows the branch of a thread of the calling visitor''s that goes through this message, down to the newest message below it, on all their devices until another is chosen or a message comes: the newest `MessagePage`. Errors: thread_not_found, message_not_found, turn_in_progress.';
revoke all on function loacl.choose_branch(uuid, uuid) from public;
grant execute on function loacl.choose_branch(uuid, uuid) to anon, authenticated;

create function loacl_private.read_branch_request(
  request jsonb, thread loacl.threads, own_session_ids uuid[], out question loacl.messages, out joined loacl_private.turns
)
returns record
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  named loacl.messages;
begin
  select m.* into named
  from loacl.messages m
  where m.thread_id = thread.id
    and m.author = case request ->> 'type' when 'edit' then 'visitor' else 'assistant' end
    -- By either of its ids, as for a retry.
    and (m.client_id = request ->> 'messageId' or m.id::text = request ->> 'messageId');
  if request ->> 'type' = 'edit' and found then
    question := loacl_private.find_asked_message(request, own_session_ids);
    if question.id is null then
      question.client_id := request ->> 'id';
      question.content := request ->> 'text';
      question.parent_id := named.parent_id;
    elsif question.id = named.id or question.parent_id is distinct from named.parent_id then
      perform loacl_private.raise_error(409, 'id_conflict', 'This id belongs to another message of yours.');
    else
      joined := loacl_private.find_joined_turn(request, question.id);
    end if;
    return;
  end if;

  select m.* into question from loacl.messages m where m.id = named.parent_id and m.role = 'user';
  if not found then
    perform loacl_private.raise_error(404, 'message_not_found', 'There is no such message in this conversation.');
  end if;
  select t.* into joined
  from loacl_private.turns t
  where t.thread_id = thread.id and t.request_id = request ->> 'id';
  if joined.user_message_id <> question.id
    or joined.is_continuation <> (request ->> 'type' = 'continue')
    or (joined.is_continuation and joined.message_id <> named.id)
  then
    perform loacl_private.raise_error(409, 'id_conflict', 'This id belongs to another request of yours.');
  end if;
  if loacl_private.end_overdue_turn(joined.id) then
    select t.* into joined from loacl_private.turns t where t.id = joined.id;
  end if;
end
$$;
comment on function loacl_private.read_branch_request(jsonb, loacl.threads, uuid[]) is
  'What is asked by a request that makes a sibling of a message, or goes on with one (edit, regenerate, continue): the visitor''s message, without an `id` where it is not stored yet, and the turn that the request joins. The caller holds the thread. Errors: message_not_found, id_conflict.';
revoke all on function loacl_private.read_branch_request(jsonb, loacl.threads, uuid[]) from public;

create function loacl_private.reopen_answer(request jsonb, thread_id uuid)
returns loacl.messages
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  answer loacl.messages;
begin
  select m.* into answer
  from loacl.messages m
  where m.thread_id = reopen_answer.thread_id and m.author = 'assistant' and m.id::text = request ->> 'messageId';
  if answer.status not in ('stopped', 'cut', 'failed') or answer.content = '' then
    perform loacl_private.raise_error(409, 'answer_not_cut', 'Only an answer that was cut short can go on.');
  end if;
  if exists (select from loacl.messages m where m.parent_id = answer.id) then
    perform loacl_private.raise_error(409, 'id_conflict', 'Only an answer that no message follows can go on.');
  end if;
  -- What a worker that died had streamed besides is left out: folded later, it would take the place of what is added now.
  update loacl_private.turns t set is_folded = true where t.message_id = answer.id and not t.is_folded;
  update loacl.messages m set status = 'streaming', error_code = null, cut_reason = null
  where m.id = answer.id
  returning m.* into answer;
  return answer;
end
$$;
comment on function loacl_private.reopen_answer(jsonb, uuid) is
  'The answer that a request to continue names, which is written on from now on. The caller holds the thread, in which no turn is open. Errors: answer_not_cut, id_conflict.';
revoke all on function loacl_private.reopen_answer(jsonb, uuid) from public;

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
declare
  branching record;
begin
  if coalesce(request ->> 'type', 'message') in ('message', 'edit') then
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
  if request ->> 'type' in ('edit', 'regenerate', 'continue') then
    branching := loacl_private.read_branch_request(request, thread, own_session_ids);
    question := branching.question;
    joined := branching.joined;
    return;
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
comment on function loacl_private.read_question(jsonb, loacl.assistants, uuid[]) is
  'What is asked: the thread, null where one is to be made, locked otherwise; the visitor''s message, without an `id` where it is not stored yet; and the turn that the request joins, null where one is to begin. Errors: invalid_body, text_required, text_too_long, thread_not_found, message_not_found, id_conflict.';

create or replace function loacl_private.place_question(
  request jsonb, assistant loacl.assistants, thread loacl.threads, question loacl.messages
)
returns uuid
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  latest loacl.messages;
  wanted_id uuid := (request ->> 'parentId')::uuid;
begin
  if thread.id is not null then
    perform loacl_private.end_previous_turn(thread.id);
    select m.* into latest from loacl.messages m where m.id = thread.shown_message_id and m.thread_id = thread.id;
    if not found then
      select m.* into latest from loacl.messages m where m.thread_id = thread.id order by m.seq desc limit 1;
    end if;
  end if;
  if request ->> 'type' in ('edit', 'regenerate', 'continue') then
    if question.id is null then
      perform loacl_private.check_thread_length(assistant, thread.id);
    end if;
    return question.parent_id;
  end if;
  if question.id is not null then
    if latest.parent_id is distinct from question.id then
      perform loacl_private.raise_error(409, 'id_conflict', 'Only the latest message can be tried again.');
    end if;
    return question.parent_id;
  end if;
  if wanted_id is not null and wanted_id is distinct from latest.id then
    if not exists (
      select from loacl.messages m where m.id = wanted_id and m.thread_id = thread.id and m.role <> 'system'
    ) then
      perform loacl_private.raise_error(404, 'message_not_found', 'There is no such message in this conversation.');
    end if;
    perform loacl_private.raise_error(409, 'id_conflict', 'A message can follow only the latest one.');
  end if;
  perform loacl_private.check_thread_length(assistant, thread.id);
  return latest.id;
end
$$;
comment on function loacl_private.place_question(jsonb, loacl.assistants, loacl.threads, loacl.messages) is
  'Where a question stands in its thread: the id of the message that it follows, null for a thread''s first. It is the last one of the branch that is shown, but for an edited question, which stands beside the one before. A turn that waits there is cancelled. Errors: turn_in_progress, message_not_found, id_conflict, thread_full.';

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
    thread_id, user_message_id, message_id, lease, lease_expires_at, deadline_at, stop_requested_at, provider, model,
    is_continuation, request_id, created_at
  )
  values (
    thread.id, question.id, answer.id,
    coalesce((request ->> 'lease')::uuid, gen_random_uuid()),
    clock_timestamp() + loacl_private.lease_duration(),
    loacl_private.to_deadline((request ->> 'deadlineMs')::integer),
    loacl_private.take_kept_stop(request),
    (provider.config).provider, assistant.model,
    coalesce(request ->> 'type' = 'continue', false),
    case when request ->> 'type' in ('regenerate', 'continue') then request ->> 'id' end,
    clock_timestamp()
  )
  returning * into turn;
  insert into loacl_private.turn_steps (turn_id, step, model) values (turn.id, 1, turn.model);
  -- Each turn deletes what several earlier ones left, so leftovers shrink even in a project without a scheduler.
  perform loacl_private.purge_turn_chunks(5);
  perform loacl_private.purge_rate_counters(5);
  history := loacl_private.read_history(loacl_private.last_told(turn), assistant.context_token_budget);
  perform loacl_private.settle_left_turns(assistant.id, 5);
  perform loacl_private.reserve_budget(assistant, history, thread.title is null, 0, turn.id, 1);
  return loacl_private.to_open_turn(turn, assistant, provider.config, provider.secret, history, thread.title is null);
end
$$;
comment on function loacl_private.open_turn(jsonb, loacl.assistants, loacl.sessions, loacl.threads, loacl.messages, uuid) is
  'Opens the turn that answers a question, or goes on with its answer, with its first step: makes the session, the thread and the message where they are missing, and reserves what the step may cost. Errors: answer_not_cut, id_conflict, provider_key_missing, assistant_paused, rate_limited, budget_exceeded, price_unknown.';

create or replace function loacl_private.reserve_step(turn loacl_private.turns, step integer, input jsonb)
returns boolean
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  thread loacl.threads;
  assistant loacl.assistants;
  added_bytes bigint := octet_length(input::text) + (
    select coalesce(sum(octet_length(s.input::text) + octet_length(s.provider_items::text)), 0)
    from loacl_private.turn_steps s
    where s.turn_id = turn.id
  );
begin
  select t.* into thread from loacl.threads t where t.id = turn.thread_id;
  select a.* into assistant from loacl.assistants a where a.id = thread.assistant_id;
  assistant := loacl_private.prepare_assistant(assistant, thread.id);
  assistant.model := turn.model;
  perform loacl_private.reserve_budget(
    assistant, loacl_private.read_history(loacl_private.last_told(turn), assistant.context_token_budget), thread.title is null,
    added_bytes, turn.id, step
  );
  return true;
exception
  -- budget_exceeded, price_unknown
  when sqlstate 'PT429' or sqlstate 'PT409' then
    return false;
end
$$;
comment on function loacl_private.reserve_step(loacl_private.turns, integer, jsonb) is
  'Reserves what a turn''s next step may cost, and says whether the budget allows it. Holds the assistant''s budget: to be called last.';

create or replace function loacl_private.stop_message(message_id text, claims jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  hash bytea := loacl_private.require_session_token_hash();
  own_session_ids uuid[];
  turn_id uuid;
begin
  perform loacl_private.refuse_replaced_token(hash);
  -- As enter_visitor: a message that is just coming is there then, or finds the stop.
  perform pg_advisory_xact_lock(hashtext('loacl.begin_turn'), hashtext(encode(hash, 'hex')));
  own_session_ids := loacl_private.find_own_session_ids(stop_message.claims);
  select t.id into turn_id
  from loacl.messages m
  join loacl.threads thread on thread.id = m.thread_id and thread.status <> 'deleted'
  join loacl_private.turns t on t.user_message_id = m.id
  where m.client_id = stop_message.message_id and m.session_id = any (own_session_ids)
  order by t.created_at desc
  limit 1;
  turn_id := coalesce(turn_id, (
    select t.id
    from loacl.threads thread
    join loacl_private.turns t on t.thread_id = thread.id and t.request_id = stop_message.message_id
    where thread.session_id = any (own_session_ids) and thread.status <> 'deleted'
    limit 1
  ));
  if turn_id is not null then
    return loacl_private.stop_turn(turn_id, stop_message.claims);
  end if;
  -- Each deletes more than it adds.
  perform loacl_private.purge_kept_stops(5);
  insert into loacl_private.kept_stops (token_hash, message_id) values (hash, stop_message.message_id)
  on conflict on constraint kept_stops_pkey do update set created_at = clock_timestamp();
  return '{"state": "kept"}';
end
$$;
comment on function loacl_private.stop_message(text, jsonb) is 'Does the work of loacl.stop_message.';

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
    -- Of nothing that was streamed the answer stays as it was, where it was to go on.
    'content', nullif(answer_text, ''),
    'parts', case when answer_text <> '' then jsonb_build_array(jsonb_build_object('type', 'text', 'text', answer_text)) end
  ));
end
$$;
comment on function loacl_private.end_overdue_turn(uuid) is
  'Ends a turn whose worker has gone, which its lease tells, or that has waited too long, and says whether it did.';

create or replace function loacl_private.export_message(message loacl.messages, for_operator boolean)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  suggestions jsonb := (
    select jsonb_agg(
      jsonb_build_object(
        'id', f.id,
        'suggestion', f.suggestion,
        'used', f.used_at is not null,
        'usedAt', f.used_at,
        'metadata', f.metadata
      )
      order by f.position
    )
    from loacl.follow_up_suggestions f
    where f.message_id = message.id
  );
  annotations jsonb := (
    select jsonb_agg(
      jsonb_build_object(
        'type', a.type,
        'text', a.text,
        'title', a.title,
        'url', a.url,
        'fileId', a.file_id,
        'quote', a.quote,
        'startIndex', a.start_index,
        'endIndex', a.end_index
      )
      order by a.position
    )
    from loacl.message_annotations a
    where a.message_id = message.id
  );
  exported jsonb := loacl_private.to_message(
    message, true, suggestions, loacl_private.read_reasoned_parts(message)
  ) || jsonb_build_object(
    'parentId', message.parent_id,
    'model', message.model,
    'metadata', message.metadata,
    'annotations', coalesce(annotations, '[]'),
    'feedback', (
      select jsonb_build_object('value', f.value, 'comment', f.comment, 'updatedAt', f.updated_at)
      from loacl.message_feedback f
      where f.message_id = message.id
    )
  );
begin
  if not for_operator then
    return exported;
  end if;
  return exported || jsonb_build_object(
    'toolCalls', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object(
            'callId', e.call_id,
            'toolName', e.tool_name,
            'parameters', e.parameters,
            'result', e.result,
            'status', e.status,
            'errorMessage', e.error_message,
            'costUsd', e.cost_usd,
            'metadata', e.metadata,
            'createdAt', e.created_at
          )
          order by e.created_at, e.id
        ),
        '[]'
      )
      from loacl.tool_executions e
      where e.message_id = message.id
    ),
    'steps', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object(
            'step', s.step,
            'state', s.state,
            'model', s.model,
            'input', s.input,
            'responseId', s.response_id,
            'providerItems', s.provider_items,
            'errorCode', s.error_code,
            'createdAt', s.created_at,
            'endedAt', s.ended_at
          )
          order by r.created_at, s.step
        ),
        '[]'
      )
      from loacl_private.turn_steps s
      join loacl_private.turns r on r.id = s.turn_id
      where r.message_id = message.id
    ),
    'reasoning', (
      select i.reasoning from loacl_private.message_internals i where i.message_id = message.id
    ),
    'internalMetadata', (
      select i.metadata from loacl_private.message_internals i where i.message_id = message.id
    )
  );
end
$$;
comment on function loacl_private.export_message(loacl.messages, boolean) is 'A message with what hangs on it, as it is exported.';

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
    'shownMessageId', thread.shown_message_id,
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
comment on function loacl_private.export_thread(loacl.threads, boolean) is 'A conversation with its messages, as it is exported.';

comment on function loacl.stop_message(text, jsonb) is
  'For the functions: as stop_turn, for the latest turn that answers the visitor''s message of this client-made id, or that the request of this id began. Where there is none of that id yet, the stop is kept for two minutes (`{"state": "kept"}`), and a message that comes late is answered with nothing. Errors: session_missing, session_invalid, session_replaced.';

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

create function loacl_private.find_joined_turn(request jsonb, question_id uuid)
returns loacl_private.turns
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns;
begin
  select t.* into turn
  from loacl_private.turns t
  where t.user_message_id = question_id
  order by t.created_at desc
  limit 1;
  if loacl_private.end_overdue_turn(turn.id) then
    select t.* into turn from loacl_private.turns t where t.id = turn.id;
  end if;
  -- A message that was sent twice has its turn, however that ended. Another try joins one that is under way or has answered.
  if request ->> 'type' = 'retry' and turn.state in ('stopped', 'cut', 'failed') then
    return null;
  end if;
  return turn;
end
$$;
comment on function loacl_private.find_joined_turn(jsonb, uuid) is
  'The turn that a request for an answer to this message joins; null where another is to begin.';
revoke all on function loacl_private.find_joined_turn(jsonb, uuid) from public;

create function loacl_private.read_question(
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
    if loacl_private.is_blank(request ->> 'text') then
      request := request || '{"text": ""}';
    end if;
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
    branching := loacl_private.read_branch_request(request, assistant, thread, own_session_ids);
    question := branching.question;
    joined := branching.joined;
    return;
  end if;
  question := loacl_private.find_asked_message(request, own_session_ids);
  if question.id is not null then
    joined := loacl_private.find_joined_turn(request, question.id);
  else
    question := loacl_private.compose_question(request, assistant, own_session_ids);
    question.context := loacl_private.read_page_context(request, assistant);
  end if;
end
$$;
comment on function loacl_private.read_question(jsonb, loacl.assistants, uuid[]) is
  'What is asked: the thread, null where one is to be made, locked otherwise; the visitor''s message, without an `id` where it is not stored yet; and the turn that the request joins, null where one is to begin. Errors: invalid_body, text_required, text_too_long, context_invalid, thread_not_found, message_not_found, id_conflict, files_unsupported, too_many_files, upload_incomplete, file_not_found.';
revoke all on function loacl_private.read_question(jsonb, loacl.assistants, uuid[]) from public;

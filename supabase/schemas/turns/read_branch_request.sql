create function loacl_private.read_branch_request(
  request jsonb, assistant loacl.assistants, thread loacl.threads, own_session_ids uuid[],
  out question loacl.messages, out joined loacl_private.turns
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
      question := loacl_private.compose_question(request, assistant, own_session_ids, named);
      question.parent_id := named.parent_id;
      question.context := named.context;
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
comment on function loacl_private.read_branch_request(jsonb, loacl.assistants, loacl.threads, uuid[]) is
  'What is asked by a request that makes a sibling of a message, or goes on with one (edit, regenerate, continue): the visitor''s message, without an `id` where it is not stored yet, and the turn that the request joins. The caller holds the thread. Errors: message_not_found, id_conflict, and those of find_file_parts.';
revoke all on function loacl_private.read_branch_request(jsonb, loacl.assistants, loacl.threads, uuid[]) from public;

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

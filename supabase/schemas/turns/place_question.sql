create function loacl_private.end_previous_turn(thread_id uuid)
returns void
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
  where t.thread_id = end_previous_turn.thread_id and t.state in ('running', 'waiting')
  for update;
  if not found or loacl_private.end_overdue_turn(turn.id) then
    return;
  end if;
  if turn.state = 'running' then
    perform loacl_private.raise_error(409, 'turn_in_progress', 'An answer is still being written in this conversation.');
  end if;
  -- Nobody waits for it any more.
  perform loacl_private.end_turn(turn.id, '{"state": "stopped", "callError": "cancelled"}');
end
$$;
comment on function loacl_private.end_previous_turn(uuid) is
  'Ends the turn of a thread that waits, or whose worker has gone, so that another can begin. The caller holds the thread. Errors: turn_in_progress.';
revoke all on function loacl_private.end_previous_turn(uuid) from public;

create function loacl_private.place_question(
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
revoke all on function loacl_private.place_question(jsonb, loacl.assistants, loacl.threads, loacl.messages) from public;

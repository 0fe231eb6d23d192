create function loacl_private.set_place_from_message()
returns trigger
language plpgsql
security invoker -- a visitor finds their own messages alone
set search_path = pg_catalog, pg_temp
as $$
begin
  select m.thread_id, m.session_id, m.assistant_id
  into new.thread_id, new.session_id, new.assistant_id
  from loacl.messages m
  where m.id = new.message_id;
  if not found then
    -- As raise_error does, which visitors can't reach from here.
    raise exception using errcode = 'PT404', message = 'message_not_found', detail = 'There is no such message.', hint = '';
  end if;
  return new;
end
$$;
comment on function loacl_private.set_place_from_message() is
  'Trigger: a row that belongs to a message takes thread, session and assistant from it, so that its policies ask one indexed question and nothing can name another''s.';
revoke all on function loacl_private.set_place_from_message() from public;

create function loacl_private.set_assistant_from_thread()
returns trigger
language plpgsql
security invoker -- an operator finds the threads of their own assistants, and those of their own as a visitor
set search_path = pg_catalog, pg_temp
as $$
begin
  select t.assistant_id into new.assistant_id from loacl.threads t where t.id = new.thread_id;
  if not found then
    -- As raise_error does, which operators can't reach from here.
    raise exception using errcode = 'PT404', message = 'thread_not_found', detail = 'There is no such conversation.', hint = '';
  end if;
  return new;
end
$$;
comment on function loacl_private.set_assistant_from_thread() is
  'Trigger: an owner''s row about a thread takes the assistant from it, so that its policies ask one indexed question.';
revoke all on function loacl_private.set_assistant_from_thread() from public;

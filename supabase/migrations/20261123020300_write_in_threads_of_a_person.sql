-- A person goes on with a conversation that another of their devices began.

create or replace function loacl_private.lock_thread(thread_id uuid, session_id uuid, assistant_id uuid)
returns loacl.threads
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  thread loacl.threads;
begin
  -- One turn at a time may begin or end in a thread.
  select t.* into thread
  from loacl.threads t
  where t.id = lock_thread.thread_id
    and t.session_id = any (array(select loacl_private.find_person_session_ids(array[lock_thread.session_id])))
    and t.assistant_id = lock_thread.assistant_id
    and t.status <> 'deleted'
  for no key update;
  if not found then
    perform loacl_private.raise_error(404, 'thread_not_found', 'There is no such conversation.');
  end if;
  return thread;
end
$$;
comment on function loacl_private.lock_thread(uuid, uuid, uuid) is
  'A thread of this session, or of the same person''s, held to the end of the transaction. Errors: thread_not_found.';

create or replace function loacl_private.find_asked_message(request jsonb, session_id uuid)
returns loacl.messages
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  asked loacl.messages;
  request_id uuid := (request ->> 'id')::uuid;
  request_thread_id uuid := (request ->> 'threadId')::uuid;
  own_ids uuid[] := array(select loacl_private.find_person_session_ids(array[find_asked_message.session_id]));
begin
  if request ->> 'type' = 'retry' then
    -- By either of its ids: after a reload a page knows both.
    select m.* into asked
    from loacl.messages m
    where m.session_id = any (own_ids)
      and m.thread_id = request_thread_id
      and m.role = 'user'
      and (m.client_id = request_id or m.id = request_id);
    if not found then
      perform loacl_private.raise_error(404, 'message_not_found', 'There is no such message.');
    end if;
    return asked;
  end if;

  select m.* into asked
  from loacl.messages m
  where m.client_id = request_id
  order by m.session_id <> all (own_ids)
  limit 1;
  if not found then
    return null;
  end if;
  if asked.session_id <> all (own_ids) then
    perform loacl_private.raise_error(404, 'message_not_found', 'There is no such message.');
  end if;
  if asked.content is distinct from request ->> 'text'
    -- Sent without a thread, it began one.
    or (request_thread_id is null and asked.parent_id is not null)
    or asked.thread_id is distinct from coalesce(request_thread_id, asked.thread_id)
  then
    perform loacl_private.raise_error(409, 'id_conflict', 'This id belongs to another message of yours.');
  end if;
  return asked;
end
$$;

create function loacl_private.set_session_from_thread()
returns trigger
language plpgsql
security invoker
set search_path = ''
as $$
begin
  select coalesce(
    (select t.session_id from loacl.threads t where t.id = new.thread_id and t.assistant_id = new.assistant_id),
    new.session_id
  ) into new.session_id;
  return new;
end
$$;
comment on function loacl_private.set_session_from_thread() is
  'Trigger: a message belongs to the session that began its thread, on whichever of a person''s devices it was written, so that a thread is one person''s as a whole.';
revoke all on function loacl_private.set_session_from_thread() from public;

create trigger messages_set_session before insert on loacl.messages
  for each row execute function loacl_private.set_session_from_thread();

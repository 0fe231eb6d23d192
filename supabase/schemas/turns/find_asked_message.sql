create function loacl_private.find_asked_message(request jsonb, own_session_ids uuid[])
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
    or loacl_private.list_file_ids(asked.parts) <> loacl_private.read_file_ids(request)
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
comment on function loacl_private.find_asked_message(jsonb, uuid[]) is
  'The visitor''s message that a request is about, where it is stored already, else null. Errors: message_not_found, id_conflict.';
revoke all on function loacl_private.find_asked_message(jsonb, uuid[]) from public;

create function loacl_private.remove_file(file_id uuid, claims jsonb)
returns void
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  session_ids uuid[] := loacl_private.find_caller_session_ids(remove_file.claims);
  upload loacl_private.uploads;
begin
  -- Who completes it waits for this, or this for them.
  select u.* into upload
  from loacl_private.uploads u
  where u.id = remove_file.file_id and u.session_id = any (session_ids)
  for update;
  update loacl_private.uploads u set state = 'removed' where u.id = upload.id;
  if upload.state = 'begun' then
    perform loacl_private.queue_deletion('storage_object', upload.storage_path, null, upload.closes_at);
    return;
  end if;
  delete from loacl.files f
  where f.id = remove_file.file_id and f.session_id = any (session_ids) and f.message_id is null;
  if found or upload.state = 'removed' then
    return;
  end if;
  if exists (select from loacl.files f where f.id = remove_file.file_id and f.session_id = any (session_ids)) then
    perform loacl_private.raise_error(409, 'id_conflict', 'This file was sent with a message.');
  end if;
  perform loacl_private.raise_file_not_found();
end
$$;
comment on function loacl_private.remove_file(uuid, jsonb) is 'Does the work of loacl.remove_file.';
revoke all on function loacl_private.remove_file(uuid, jsonb) from public;
grant execute on function loacl_private.remove_file(uuid, jsonb) to service_role;

create function loacl.remove_file(file_id uuid, claims jsonb default null)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  select loacl_private.remove_file(remove_file.file_id, remove_file.claims);
end;
comment on function loacl.remove_file(uuid, jsonb) is
  'For the functions: takes away an upload, or a file that no message has, of the visitor whose token the request carries. Its bytes are queued for deletion, and once more for when its link has ended. Safe to repeat. Errors: session_missing, session_invalid, session_replaced, session_expired, file_not_found; id_conflict for one that was sent.';
revoke all on function loacl.remove_file(uuid, jsonb) from public;
grant execute on function loacl.remove_file(uuid, jsonb) to service_role;

create function loacl_private.delete_file(file_id uuid)
returns void
language plpgsql
volatile
security definer -- asks itself whose assistant's file it is
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from loacl.files f
  where f.id = delete_file.file_id and f.assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]);
  if not found then
    perform loacl_private.raise_file_not_found();
  end if;
end
$$;
comment on function loacl_private.delete_file(uuid) is 'Does the work of loacl.delete_file.';
revoke all on function loacl_private.delete_file(uuid) from public;
grant execute on function loacl_private.delete_file(uuid) to authenticated;

create function loacl.delete_file(file_id uuid)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  select loacl_private.delete_file(delete_file.file_id);
end;
comment on function loacl.delete_file(uuid) is
  'For operators: deletes a file of one of their assistants'' visitors, sent or not. Its bytes are queued for deletion; the message keeps its name. Errors: file_not_found.';
revoke all on function loacl.delete_file(uuid) from public;
grant execute on function loacl.delete_file(uuid) to authenticated;

create function loacl_private.to_person(session loacl.sessions)
returns text
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
return coalesce('user:' || (session).user_id, 'external:' || (session).external_id, 'session:' || (session).id);
comment on function loacl_private.to_person(loacl.sessions) is
  'Who is behind a session, within its assistant: the same text for all sessions of a signed-in visitor.';
revoke all on function loacl_private.to_person(loacl.sessions) from public;

create function loacl_private.delete_unused_object()
returns trigger
language plpgsql
security definer -- a cascade runs as whoever deleted
set search_path = pg_catalog, pg_temp
as $$
begin
  -- Two transactions that delete the last two files would each still see the other's file: the second waits here, then
  -- looks again.
  perform from loacl.file_objects o where o.id = old.object_id for update;
  delete from loacl.file_objects o
  where o.id = old.object_id and not exists (select from loacl.files f where f.object_id = o.id);
  return null;
end
$$;
comment on function loacl_private.delete_unused_object() is 'Trigger: bytes go with the last file that names them.';
revoke all on function loacl_private.delete_unused_object() from public;

create trigger files_delete_unused_object after delete or update of object_id on loacl.files
  for each row execute function loacl_private.delete_unused_object();

create function loacl_private.move_file_objects()
returns trigger
language plpgsql
security definer -- whoever identifies a session moves its files
set search_path = pg_catalog, pg_temp
as $$
declare
  old_person text := loacl_private.to_person(old);
  new_person text := loacl_private.to_person(new);
begin
  -- The same bytes, which Storage has from this guest and never got from the person: the person's files move to them.
  update loacl.files f
  set object_id = moved.id
  from loacl.file_objects kept, loacl.file_objects moved
  where f.object_id = kept.id
    and kept.assistant_id = new.assistant_id and kept.person = new_person and kept.stored_at is null
    and moved.assistant_id = kept.assistant_id and moved.person = old_person and moved.sha256 = kept.sha256
    and moved.stored_at is not null and old.session_type = 'guest';

  update loacl.files f
  set object_id = kept.id
  from loacl.file_objects moved, loacl.file_objects kept
  where f.session_id = new.id
    and moved.id = f.object_id and moved.person = old_person
    and kept.assistant_id = moved.assistant_id and kept.person = new_person and kept.sha256 = moved.sha256;

  -- A guest's objects belong to this session alone. Those of another person may belong to their other sessions and stay.
  update loacl.file_objects o
  set person = new_person
  where o.assistant_id = new.assistant_id and o.person = old_person and old.session_type = 'guest';
  return null;
end
$$;
comment on function loacl_private.move_file_objects() is
  'Trigger: when a guest signs in, their files become the person''s, and bytes that the person has already are kept once.';
revoke all on function loacl_private.move_file_objects() from public;

create trigger sessions_move_file_objects after update of user_id, external_id on loacl.sessions
  for each row when (old.user_id is distinct from new.user_id or old.external_id is distinct from new.external_id)
  execute function loacl_private.move_file_objects();

create function loacl.add_file(
  session_id uuid,
  thread_id uuid,
  original_name text,
  mime_type text,
  size_bytes bigint,
  sha256 text,
  purpose text default 'user_data'
)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  with object as (
    insert into loacl.file_objects as o (assistant_id, person, sha256, size_bytes, mime_type, storage_path)
    select s.assistant_id, loacl_private.to_person(s), decode(add_file.sha256, 'hex'), add_file.size_bytes, add_file.mime_type,
      'files/' || s.assistant_id || '/' || gen_random_uuid()
    from loacl.sessions s
    where s.id = add_file.session_id
    on conflict on constraint file_objects_assistant_id_person_sha256_key do update set updated_at = now()
    returning o.id, o.assistant_id, o.size_bytes, o.mime_type, o.storage_path, o.stored_at
  ),
  file as (
    insert into loacl.files (object_id, assistant_id, session_id, thread_id, purpose, original_name, mime_type, size_bytes)
    select o.id, o.assistant_id, add_file.session_id, add_file.thread_id, add_file.purpose, add_file.original_name,
      o.mime_type, o.size_bytes
    from object o
    returning id
  )
  select coalesce(
    (
      select jsonb_build_object(
        'id', f.id, 'objectId', o.id, 'storagePath', o.storage_path, 'isStored', o.stored_at is not null
      )
      from file f cross join object o
    ),
    loacl_private.raise_error(401, 'session_expired', 'This session has ended.')
  );
end;
comment on function loacl.add_file(uuid, uuid, text, text, bigint, text, text) is
  'Notes an upload of a visitor: `{id, objectId, storagePath, isStored}`. Where `isStored` is false the caller sends the bytes to `storagePath` and then sets `file_objects.stored_at`; where the person sent the same bytes before, they are there. `sha256` in hex. For the functions. Errors: session_expired.';
revoke all on function loacl.add_file(uuid, uuid, text, text, bigint, text, text) from public;
grant execute on function loacl.add_file(uuid, uuid, text, text, bigint, text, text) to service_role;
grant execute on function loacl_private.to_person(loacl.sessions) to service_role;

create function loacl_private.to_uploaded_file(file loacl.files)
returns jsonb
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
return jsonb_strip_nulls(jsonb_build_object(
  'id', (file).id,
  'name', (file).original_name,
  'type', (file).mime_type,
  'size', (file).size_bytes,
  'width', (file).width,
  'height', (file).height
));
comment on function loacl_private.to_uploaded_file(loacl.files) is 'A file as it travels to its visitor: `UploadedFile`.';
revoke all on function loacl_private.to_uploaded_file(loacl.files) from public;

create function loacl_private.find_upload(upload_id uuid, claims jsonb)
returns jsonb
language plpgsql
stable
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  session_ids uuid[] := loacl_private.find_caller_session_ids(find_upload.claims);
  upload loacl_private.uploads;
  file loacl.files;
begin
  select u.* into upload
  from loacl_private.uploads u
  where u.id = find_upload.upload_id and u.session_id = any (session_ids);
  -- Another device of the person's may have sent it, in its own session.
  select f.* into file from loacl.files f where f.id = find_upload.upload_id and f.session_id = any (session_ids);
  if file.id is null and upload.state is distinct from 'begun' then
    perform loacl_private.raise_file_not_found();
  end if;
  return jsonb_build_object(
    'path', upload.storage_path,
    'type', upload.mime_type,
    'size', upload.size_bytes,
    'file', case when file.id is not null then loacl_private.to_uploaded_file(file) end
  );
end
$$;
comment on function loacl_private.find_upload(uuid, jsonb) is 'Does the work of loacl.find_upload.';
revoke all on function loacl_private.find_upload(uuid, jsonb) from public;
grant execute on function loacl_private.find_upload(uuid, jsonb) to service_role;

create function loacl.find_upload(upload_id uuid, claims jsonb default null)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.find_upload(find_upload.upload_id, find_upload.claims);
comment on function loacl.find_upload(uuid, jsonb) is
  'For the functions: an upload of the visitor whose token the request carries, `{path, type, size, file}`: what it was said to be, and, once it is completed, `UploadedFile`, else null. Errors: session_missing, session_invalid, session_replaced, session_expired, file_not_found.';
revoke all on function loacl.find_upload(uuid, jsonb) from public;
grant execute on function loacl.find_upload(uuid, jsonb) to service_role;

create function loacl_private.store_object(upload loacl_private.uploads, person text, sha256 bytea)
returns uuid
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  object loacl.file_objects;
  unused_path text;
begin
  insert into loacl.file_objects as o (
    assistant_id, person, sha256, size_bytes, mime_type, storage_path, stored_at, closes_at
  )
  values (
    upload.assistant_id, store_object.person, store_object.sha256, upload.size_bytes, upload.mime_type,
    upload.storage_path, now(), upload.closes_at
  )
  on conflict on constraint file_objects_assistant_id_person_sha256_key do update set updated_at = now()
  returning o.* into object;
  if object.stored_at is null then
    -- They were to come to another path, and never did.
    unused_path := object.storage_path;
    update loacl.file_objects o
    set storage_path = upload.storage_path, stored_at = now(), closes_at = upload.closes_at
    where o.id = object.id;
  elsif object.storage_path <> upload.storage_path then
    unused_path := upload.storage_path;
  end if;
  perform loacl_private.queue_deletion('storage_object', unused_path, null, upload.closes_at);
  return object.id;
end
$$;
comment on function loacl_private.store_object(loacl_private.uploads, text, bytea) is
  'The object that holds an upload''s bytes: the upload''s own, or that of the same bytes which the person has already; then the upload''s are to be deleted.';
revoke all on function loacl_private.store_object(loacl_private.uploads, text, bytea) from public;

create function loacl_private.complete_upload(upload_id uuid, claims jsonb, measured jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  session_ids uuid[] := loacl_private.find_caller_session_ids(complete_upload.claims);
  session loacl.sessions;
  upload loacl_private.uploads;
  file loacl.files;
begin
  -- The session first, as in its deletion. Nobody signs in meanwhile either, which would make its files another person's.
  select s.* into session
  from loacl_private.uploads u
  join loacl.sessions s on s.id = u.session_id
  where u.id = complete_upload.upload_id and u.session_id = any (session_ids)
  for share of s;
  -- Of two that complete it the second waits here.
  select u.* into upload from loacl_private.uploads u where u.id = complete_upload.upload_id and u.session_id = session.id for update;
  if upload.state = 'begun' then
    if (upload.mime_type, upload.size_bytes) is distinct from (complete_upload.measured ->> 'type', (complete_upload.measured ->> 'size')::bigint) then
      perform loacl_private.raise_error(422, 'file_mismatch', 'The file is not what it was said to be.');
    end if;
    update loacl_private.uploads u set state = 'completed' where u.id = upload.id;
    insert into loacl.files (
      id, object_id, assistant_id, session_id, purpose, original_name, mime_type, size_bytes, width, height
    )
    values (
      upload.id,
      loacl_private.store_object(upload, loacl_private.to_person(session), decode(complete_upload.measured ->> 'sha256', 'hex')),
      upload.assistant_id, upload.session_id, case when upload.mime_type like 'image/%' then 'vision' else 'user_data' end,
      upload.original_name, upload.mime_type, upload.size_bytes, (complete_upload.measured ->> 'width')::integer, (complete_upload.measured ->> 'height')::integer
    )
    returning * into file;
  else
    select f.* into file from loacl.files f where f.id = complete_upload.upload_id and f.session_id = any (session_ids);
  end if;
  if file.id is null then
    perform loacl_private.raise_file_not_found();
  end if;
  return loacl_private.to_uploaded_file(file);
end
$$;
comment on function loacl_private.complete_upload(uuid, jsonb, jsonb) is 'Does the work of loacl.complete_upload.';
revoke all on function loacl_private.complete_upload(uuid, jsonb, jsonb) from public;
grant execute on function loacl_private.complete_upload(uuid, jsonb, jsonb) to service_role;

create function loacl.complete_upload(upload_id uuid, claims jsonb, measured jsonb)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.complete_upload(complete_upload.upload_id, complete_upload.claims, complete_upload.measured);
comment on function loacl.complete_upload(uuid, jsonb, jsonb) is
  'For the functions: makes a file of an upload whose bytes have come and were checked, `measured`: `{sha256, size, type, width, height}`, the hash in hex: `UploadedFile`. Bytes that the person has already are kept once. Safe to repeat, and twice at once. Errors: those of find_upload, file_mismatch.';
revoke all on function loacl.complete_upload(uuid, jsonb, jsonb) from public;
grant execute on function loacl.complete_upload(uuid, jsonb, jsonb) to service_role;

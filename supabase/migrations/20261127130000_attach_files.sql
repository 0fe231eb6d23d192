-- Visitors can attach files: to private Storage, checked, and told to the model.

alter table loacl.assistants
  add column file_types text[] not null default '{}',
  add column max_file_bytes bigint not null default 10485760,
  add column max_files_per_message integer not null default 5,
  add column file_bytes_per_day bigint default 104857600,
  add column files_per_hour integer default 60,
  add constraint assistants_file_types check (
    file_types <@ array[
      'image/png', 'image/jpeg', 'image/webp', 'image/gif', 'application/pdf', 'text/plain', 'text/markdown', 'text/csv'
    ]
    and array_position(file_types, null) is null
  ),
  add constraint assistants_max_file_bytes_range check (max_file_bytes between 1 and 52428800),
  add constraint assistants_max_files_per_message_range check (max_files_per_message between 1 and 20),
  add constraint assistants_file_bytes_per_day_range check (file_bytes_per_day >= 0),
  add constraint assistants_files_per_hour_range check (files_per_hour >= 1);
alter table loacl.assistants
  alter column file_types set statistics 0,
  alter column max_file_bytes set statistics 0,
  alter column max_files_per_message set statistics 0,
  alter column file_bytes_per_day set statistics 0,
  alter column files_per_hour set statistics 0;
grant insert (file_types, max_file_bytes, max_files_per_message, file_bytes_per_day, files_per_hour),
  update (file_types, max_file_bytes, max_files_per_message, file_bytes_per_day, files_per_hour)
  on table loacl.assistants to authenticated;

alter table loacl.file_objects add column closes_at timestamptz;
alter table loacl.files
  add column width integer,
  add column height integer,
  add constraint files_width_height check ((width is null) = (height is null) and width > 0 and height > 0);
alter table loacl.files
  alter column width set statistics 0,
  alter column height set statistics 0;

alter table loacl_private.deletion_queue add column again_at timestamptz;
drop function loacl_private.queue_deletion(text, text, uuid);
drop trigger file_objects_queue_deletion on loacl.file_objects;
drop function loacl_private.read_branch_request(jsonb, loacl.threads, uuid[]);

comment on column loacl.assistants.file_types is
  'Media types of what visitors may attach to a message; empty: nothing.';
comment on column loacl.assistants.max_file_bytes is 'Largest file that a visitor may attach.';
comment on column loacl.assistants.max_files_per_message is 'Most files of one message.';
comment on column loacl.assistants.file_bytes_per_day is
  'How many bytes one person may upload within 24 hours. null, here and in the next: no limit.';
comment on column loacl.assistants.files_per_hour is 'How many files one session may upload in an hour.';
comment on column loacl.file_objects.closes_at is
  'Until when more can come to its path, by the link with which it was uploaded: what is deleted before is deleted again then.';
comment on column loacl.files.width is 'Pixels, as is height; null but for a picture.';

-- Storage's tables are Storage's: a project without it has no attachments.
do $$
begin
  if to_regclass('storage.buckets') is not null then
    insert into storage.buckets (id, name, public, file_size_limit)
    values ('loacl', 'loacl', false, 50 * 1024 * 1024)
    on conflict do nothing;
  end if;
end
$$;

create table loacl_private.uploads (
  id uuid primary key default gen_random_uuid(),
  assistant_id uuid not null,
  session_id uuid not null,
  storage_path text not null,
  original_name text not null,
  mime_type text not null,
  size_bytes bigint not null,
  state text not null default 'begun',
  closes_at timestamptz not null default now() + interval '3 hours',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint uploads_storage_path_key unique (storage_path),
  constraint uploads_session_fkey foreign key (session_id, assistant_id)
    references loacl.sessions (id, assistant_id) on delete cascade,
  constraint uploads_state check (state in ('begun', 'completed', 'removed')),
  constraint uploads_original_name_length check (char_length(btrim(original_name)) between 1 and 255),
  constraint uploads_mime_type_length check (char_length(mime_type) between 1 and 255),
  constraint uploads_size_bytes_positive check (size_bytes > 0)
);

create index uploads_session_id_created_at_idx on loacl_private.uploads (session_id, created_at);
comment on index loacl_private.uploads_session_id_created_at_idx is
  'Serves: how much a person has uploaded in a day; the deletion of a session.';

create index uploads_created_at_idx on loacl_private.uploads (created_at);
comment on index loacl_private.uploads_created_at_idx is 'Serves: those that are over.';

create trigger uploads_set_updated_at before update on loacl_private.uploads
  for each row execute function loacl_private.set_updated_at();

alter table loacl_private.uploads enable row level security;
revoke all on table loacl_private.uploads from public, anon, authenticated, service_role;
comment on table loacl_private.uploads is
  'What visitors upload, from the first word of it. Under the same id it becomes a row of `files` once the bytes were checked. Rows stay for a day, for the bytes that a person may upload in one.';
comment on column loacl_private.uploads.storage_path is 'Where the bytes come, in the bucket `loacl`. Nobody can guess it.';
comment on column loacl_private.uploads.original_name is 'As the file''s.';
comment on column loacl_private.uploads.mime_type is 'As the browser says. The file is refused where it is another.';
comment on column loacl_private.uploads.size_bytes is 'As mime_type.';
comment on column loacl_private.uploads.state is
  'completed: it is a file. removed: its visitor did that, or its bytes were refused.';
comment on column loacl_private.uploads.closes_at is
  'From then on nothing can come to its path: the link has ended, which Storage makes for two hours, and so has whatever came by it.';

create function loacl_private.queue_deleted_upload()
returns trigger
language plpgsql
security definer -- a cascade runs as whoever began it
set search_path = pg_catalog, pg_temp
as $$
begin
  perform loacl_private.queue_deletion('storage_object', old.storage_path, null, old.closes_at);
  return null;
end
$$;
comment on function loacl_private.queue_deleted_upload() is
  'Trigger: what has come of an upload goes from Storage with it, and what comes later does too.';
revoke all on function loacl_private.queue_deleted_upload() from public;

create trigger uploads_queue_deletion after delete on loacl_private.uploads
  for each row when (old.state = 'begun') execute function loacl_private.queue_deleted_upload();

create function loacl_private.purge_uploads(max_uploads integer)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  with old as (
    select u.id
    from loacl_private.uploads u
    where u.created_at <= now() - interval '4 hours'
      and (u.state = 'begun' or u.created_at <= now() - interval '1 day')
    order by u.created_at
    limit purge_uploads.max_uploads
    for update skip locked
  )
  delete from loacl_private.uploads u using old where u.id = old.id;
end;
comment on function loacl_private.purge_uploads(integer) is
  'Deletes uploads that were never completed two hours after their link''s end, and what is kept of the others after a day.';
revoke all on function loacl_private.purge_uploads(integer) from public;

create function loacl_private.find_caller_session_ids(claims jsonb)
returns uuid[]
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  perform loacl_private.refuse_replaced_token(loacl_private.require_session_token_hash());
  return loacl_private.find_own_session_ids(claims);
end
$$;
comment on function loacl_private.find_caller_session_ids(jsonb) is
  'find_own_session_ids for a request that needs a token. Errors: session_missing, session_invalid, session_replaced, session_expired.';
revoke all on function loacl_private.find_caller_session_ids(jsonb) from public;

create function loacl_private.raise_file_not_found()
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  perform loacl_private.raise_error(404, 'file_not_found', 'There is no such file.');
end
$$;
comment on function loacl_private.raise_file_not_found() is 'Never returns. Errors: file_not_found.';
revoke all on function loacl_private.raise_file_not_found() from public;

create function loacl_private.check_upload(request jsonb, assistant loacl.assistants)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if assistant.paused_at is not null then
    perform loacl_private.raise_error(403, 'assistant_paused', 'This assistant is paused. Please come back later.');
  end if;
  if assistant.file_types = '{}' then
    perform loacl_private.raise_error(415, 'files_unsupported', 'This assistant takes no files.');
  end if;
  if (request ->> 'type') = any (assistant.file_types) is not true then
    perform loacl_private.raise_error(
      415, 'file_type_not_allowed', format('This assistant takes %s.', array_to_string(assistant.file_types, ', '))
    );
  end if;
  if (request ->> 'size')::bigint > assistant.max_file_bytes then
    perform loacl_private.raise_error(413, 'file_too_large', format('A file has at most %s bytes.', assistant.max_file_bytes));
  end if;
end
$$;
comment on function loacl_private.check_upload(jsonb, loacl.assistants) is
  'Whether the assistant takes such a file. Errors: assistant_paused, files_unsupported, file_type_not_allowed, file_too_large.';
revoke all on function loacl_private.check_upload(jsonb, loacl.assistants) from public;

create function loacl_private.check_upload_rates(
  assistant loacl.assistants, session_id uuid, is_new_session boolean, address text
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  network text := loacl_private.to_network(address);
begin
  -- As check_rates, in whose order they come.
  if network is null or not (network::inet <<= inet '127.0.0.0/8' or address::inet = inet '::1') then
    perform loacl_private.count_up(
      array['file_address', assistant.id::text, coalesce(network, '')],
      assistant.messages_per_hour_per_address, interval '1 hour',
      'Many files came from your network within the last hour. Please try again later.'
    );
    if is_new_session then
      perform loacl_private.count_up(
        array['new_session', assistant.id::text, coalesce(network, '')],
        assistant.new_sessions_per_hour_per_address, interval '1 hour',
        'Many new visitors came from your network within the last hour. Please try again later.'
      );
    end if;
  end if;
  perform loacl_private.count_up(
    array['file', assistant.id::text, session_id::text],
    assistant.files_per_hour, interval '1 hour',
    'You sent many files within the last hour. Please try again later.'
  );
end
$$;
comment on function loacl_private.check_upload_rates(loacl.assistants, uuid, boolean, text) is
  'Counts a file of a session against the assistant''s limits; from one network as many may come as messages. Errors: rate_limited.';
revoke all on function loacl_private.check_upload_rates(loacl.assistants, uuid, boolean, text) from public;

create function loacl_private.check_upload_quota(assistant loacl.assistants, session loacl.sessions, size_bytes bigint)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  used numeric;
  first_at timestamptz;
begin
  if assistant.file_bytes_per_day is null then
    return;
  end if;
  -- Of several devices of one person each would see what the others have not stored yet.
  perform pg_advisory_xact_lock(hashtext('loacl.uploads'), hashtext(assistant.id || loacl_private.to_person(session)));
  select coalesce(sum(u.size_bytes), 0), min(u.created_at) into used, first_at
  from loacl_private.uploads u
  where u.session_id = any (loacl_private.find_person_session_ids(session)) and u.created_at > now() - interval '1 day';
  if used + size_bytes > assistant.file_bytes_per_day then
    perform loacl_private.raise_error(
      429, 'file_quota_exceeded', 'You have uploaded as much as you may in a day. Please come back later.',
      loacl_private.to_hint(first_at + interval '1 day')
    );
  end if;
end
$$;
comment on function loacl_private.check_upload_quota(loacl.assistants, loacl.sessions, bigint) is
  'Refuses what is more than a person may upload in a day, removed uploads among it. The caller stores the upload in the same transaction. Errors: file_quota_exceeded.';
revoke all on function loacl_private.check_upload_quota(loacl.assistants, loacl.sessions, bigint) from public;

create function loacl_private.begin_upload(request jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  visitor record := loacl_private.enter_visitor(request);
  assistant loacl.assistants := visitor.assistant;
  session loacl.sessions := visitor.session;
  is_new_session boolean := session.id is null;
  upload loacl_private.uploads;
begin
  perform loacl_private.check_upload(request, assistant);
  if is_new_session then
    session := loacl_private.create_session(assistant.id, loacl_private.require_session_token_hash());
  end if;
  perform loacl_private.check_upload_rates(assistant, session.id, is_new_session, request ->> 'address');
  perform loacl_private.check_upload_quota(assistant, session, (request ->> 'size')::bigint);
  insert into loacl_private.uploads (assistant_id, session_id, storage_path, original_name, mime_type, size_bytes)
  values (
    assistant.id, session.id, 'uploads/' || assistant.id || '/' || gen_random_uuid(),
    request ->> 'name', request ->> 'type', (request ->> 'size')::bigint
  )
  returning * into upload;
  perform loacl_private.purge_uploads(5);
  return jsonb_build_object('id', upload.id, 'path', upload.storage_path);
end
$$;
comment on function loacl_private.begin_upload(jsonb) is 'Does the work of loacl.begin_upload.';
revoke all on function loacl_private.begin_upload(jsonb) from public;
grant execute on function loacl_private.begin_upload(jsonb) to service_role;

create function loacl.begin_upload(request jsonb)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.begin_upload(loacl_private.with_live_user(begin_upload.request));
comment on function loacl.begin_upload(jsonb) is
  'For the functions: notes that a visitor is about to upload a file, `{assistantId, name, type, size}` with `origin`, `address` and `claims` as begin_turn takes them, and makes the session where there is none: `{id, path}`. The bytes are to come to `path`, by a link of at most two hours. An error leaves nothing behind. Errors: those of open_session, assistant_paused, files_unsupported, file_type_not_allowed, file_too_large, and, with how long it takes as the hint, rate_limited and file_quota_exceeded.';
revoke all on function loacl.begin_upload(jsonb) from public;
grant execute on function loacl.begin_upload(jsonb) to service_role;

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

create function loacl_private.find_file(file_id uuid, claims jsonb)
returns jsonb
language plpgsql
stable
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  session_ids uuid[] := loacl_private.find_caller_session_ids(find_file.claims);
  located jsonb := (
    select jsonb_build_object('path', o.storage_path, 'name', f.original_name)
    from loacl.files f
    join loacl.file_objects o on o.id = f.object_id
    left join loacl.threads t on t.id = f.thread_id
    where f.id = find_file.file_id and f.session_id = any (session_ids) and t.status is distinct from 'deleted'
  );
begin
  if located is null then
    perform loacl_private.raise_file_not_found();
  end if;
  return located;
end
$$;
comment on function loacl_private.find_file(uuid, jsonb) is 'Does the work of loacl.find_file.';
revoke all on function loacl_private.find_file(uuid, jsonb) from public;
grant execute on function loacl_private.find_file(uuid, jsonb) to service_role;

create function loacl.find_file(file_id uuid, claims jsonb default null)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.find_file(find_file.file_id, find_file.claims);
comment on function loacl.find_file(uuid, jsonb) is
  'For the functions: where a file of the visitor whose token the request carries is, `{path, name}`, in the bucket `loacl`. Errors: session_missing, session_invalid, session_replaced, session_expired, file_not_found.';
revoke all on function loacl.find_file(uuid, jsonb) from public;
grant execute on function loacl.find_file(uuid, jsonb) to service_role;

create function loacl_private.locate_file(file_id uuid)
returns jsonb
language plpgsql
stable
security definer -- asks itself whose assistant's file it is
set search_path = pg_catalog, pg_temp
as $$
declare
  located jsonb := (
    select jsonb_build_object('path', o.storage_path, 'name', f.original_name)
    from loacl.files f
    join loacl.file_objects o on o.id = f.object_id
    where f.id = locate_file.file_id and f.assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[])
  );
begin
  if located is null then
    perform loacl_private.raise_file_not_found();
  end if;
  return located;
end
$$;
comment on function loacl_private.locate_file(uuid) is 'Does the work of loacl.locate_file.';
revoke all on function loacl_private.locate_file(uuid) from public;
grant execute on function loacl_private.locate_file(uuid) to authenticated;

create function loacl.locate_file(file_id uuid)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.locate_file(locate_file.file_id);
comment on function loacl.locate_file(uuid) is
  'For operators: where a file of one of their assistants'' visitors is, `{path, name}`, in the bucket `loacl`. loacl-admin makes a link of it. Errors: file_not_found.';
revoke all on function loacl.locate_file(uuid) from public;
grant execute on function loacl.locate_file(uuid) to authenticated;

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

create function loacl_private.list_file_ids(parts jsonb)
returns uuid[]
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
return (
  select coalesce(array_agg(substring(p.part ->> 'url' from '^loacl-file:(.*)$')::uuid order by p.place), '{}')
  from jsonb_array_elements(parts) with ordinality as p (part, place)
  where p.part ->> 'type' = 'file' and p.part ->> 'url' ~ '^loacl-file:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
);
comment on function loacl_private.list_file_ids(jsonb) is 'The files among the parts of a message, in their order.';
revoke all on function loacl_private.list_file_ids(jsonb) from public;

create function loacl_private.read_file_ids(request jsonb)
returns uuid[]
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
return array(
  select f.id::uuid
  from jsonb_array_elements_text(coalesce(request -> 'files', '[]')) with ordinality as f (id, place)
  order by f.place
);
comment on function loacl_private.read_file_ids(jsonb) is 'The files that a message is sent with, in their order.';
revoke all on function loacl_private.read_file_ids(jsonb) from public;

create function loacl_private.find_file_parts(
  file_ids uuid[], assistant loacl.assistants, own_session_ids uuid[], replaced loacl.messages
)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  kept_ids uuid[] := loacl_private.list_file_ids(coalesce(replaced.parts, '[]'));
  file_parts jsonb;
begin
  if file_ids = '{}' then
    return '[]';
  end if;
  if assistant.file_types = '{}' and not file_ids <@ kept_ids then
    perform loacl_private.raise_error(415, 'files_unsupported', 'This assistant takes no files.');
  end if;
  if cardinality(file_ids) > assistant.max_files_per_message then
    perform loacl_private.raise_error(
      413, 'too_many_files', format('A message has at most %s files.', assistant.max_files_per_message)
    );
  end if;
  -- Another message that takes one of them, or its removal, waits here.
  perform from loacl.files f
  where f.id = any (file_ids) and f.session_id = any (own_session_ids)
  order by f.id
  for no key update;
  file_parts := (
    select jsonb_agg(
      jsonb_build_object(
        'type', 'file', 'mediaType', f.mime_type, 'filename', f.original_name, 'url', 'loacl-file:' || f.id
      )
      order by i.place
    )
    from unnest(file_ids) with ordinality as i (id, place)
    join loacl.files f on f.id = i.id
    where f.assistant_id = assistant.id
      and f.session_id = any (own_session_ids)
      and (f.message_id is null or f.id = any (kept_ids))
  );
  if jsonb_array_length(file_parts) is distinct from cardinality(file_ids) then
    if exists (
      select
      from loacl_private.uploads u
      where u.id = any (file_ids) and u.session_id = any (own_session_ids) and u.state = 'begun'
    ) then
      perform loacl_private.raise_error(409, 'upload_incomplete', 'A file is not there yet. Please wait until its upload is complete.');
    end if;
    perform loacl_private.raise_file_not_found();
  end if;
  return file_parts;
end
$$;
comment on function loacl_private.find_file_parts(uuid[], loacl.assistants, uuid[], loacl.messages) is
  'The parts of a message that is sent with these files: the visitor''s own, completed, that no message has, but for `replaced`, in whose place this one is put. Holds them to the end of the transaction. Errors: files_unsupported, too_many_files, upload_incomplete, file_not_found.';
revoke all on function loacl_private.find_file_parts(uuid[], loacl.assistants, uuid[], loacl.messages) from public;

create function loacl_private.compose_question(
  request jsonb, assistant loacl.assistants, own_session_ids uuid[], replaced loacl.messages default null
)
returns loacl.messages
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  question loacl.messages;
begin
  question.client_id := request ->> 'id';
  question.content := request ->> 'text';
  question.parts := loacl_private.find_file_parts(
    loacl_private.read_file_ids(request), assistant, own_session_ids, replaced
  );
  if question.content <> '' then
    question.parts := question.parts || jsonb_build_array(jsonb_build_object('type', 'text', 'text', question.content));
  end if;
  return question;
end
$$;
comment on function loacl_private.compose_question(jsonb, loacl.assistants, uuid[], loacl.messages) is
  'A visitor''s message that is not stored yet, without an `id`: its files, then its text. Errors: those of find_file_parts.';
revoke all on function loacl_private.compose_question(jsonb, loacl.assistants, uuid[], loacl.messages) from public;

create function loacl_private.attach_files(question loacl.messages)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  -- A thread that another device began has that one's session, and its files too.
  update loacl.files f
  set message_id = (question).id, thread_id = (question).thread_id, session_id = (question).session_id
  where f.id = any (loacl_private.list_file_ids((question).parts)) and f.message_id is null;
end;
comment on function loacl_private.attach_files(loacl.messages) is 'Makes the files of a message that was just stored the message''s.';
revoke all on function loacl_private.attach_files(loacl.messages) from public;

create function loacl_private.weigh_file(mime_type text, size_bytes bigint)
returns bigint
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
return case
  when mime_type like 'image/%' then 3000
  -- About a page of text and its picture in 50 kB.
  when mime_type = 'application/pdf' then greatest(3000, size_bytes * 3 / 100)
  else size_bytes
end;
comment on function loacl_private.weigh_file(text, bigint) is
  'As how many bytes of text a file counts: by estimate_tokens, 1,000 tokens of a picture, one for 100 bytes of a PDF and 1,000 at least, and a text''s own.';
revoke all on function loacl_private.weigh_file(text, bigint) from public;

create function loacl_private.tell_files(
  message_ids uuid[], always_told integer, tokens_left bigint, out files jsonb, out tokens_told bigint
)
returns record
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  bytes_left bigint := 20 * 1024 * 1024;
  tokens bigint;
  is_told boolean;
  f record;
begin
  files := '{}';
  tokens_told := 0;
  for f in
    select
      m.id as message_id, i.place as message_place, file.id, file.original_name, file.mime_type, file.size_bytes, o.storage_path,
      loacl_private.weigh_file(file.mime_type, file.size_bytes) as weight
    from unnest(message_ids) with ordinality as i (id, place)
    join loacl.messages m on m.id = i.id and m.author = 'visitor'
    cross join unnest(loacl_private.list_file_ids(m.parts)) with ordinality as p (file_id, place)
    join loacl.files file on file.id = p.file_id and file.assistant_id = m.assistant_id
    join loacl.file_objects o on o.id = file.object_id
    order by i.place, p.place
  loop
    tokens := f.weight / 3;
    is_told := f.size_bytes <= bytes_left and (f.message_place <= always_told or tokens <= tokens_left - tokens_told);
    if is_told then
      bytes_left := bytes_left - f.size_bytes;
      tokens_told := tokens_told + tokens;
    end if;
    files := files || jsonb_build_object(
      f.message_id::text,
      coalesce(files -> f.message_id::text, '[]') || jsonb_build_array(jsonb_build_object(
        'name', f.original_name,
        'mediaType', f.mime_type,
        'size', f.size_bytes,
        'path', case when is_told then f.storage_path end,
        'weight', case when is_told then f.weight else 0 end
      ))
    );
  end loop;
end
$$;
comment on function loacl_private.tell_files(uuid[], integer, bigint) is
  'The files of messages, newest first, by the message''s id, as a history has them: `{name, mediaType, size, path, weight}`. Where `path` is null the model is told of it by name alone: there is room for 20 MB and for so many tokens. Those of the first `always_told` messages are told whatever the tokens.';
revoke all on function loacl_private.tell_files(uuid[], integer, bigint) from public;

create function loacl_private.name_files(message loacl.messages)
returns text
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
return (
  select concat_ws(
    E'\n', '[Files: ' || string_agg(p.part ->> 'filename', ', ' order by p.place) || ']', nullif((message).content, '')
  )
  from jsonb_array_elements((message).parts) with ordinality as p (part, place)
  where p.part ->> 'type' = 'file'
);
comment on function loacl_private.name_files(loacl.messages) is 'What was written in a message, behind the names of its files.';
revoke all on function loacl_private.name_files(loacl.messages) from public;

create or replace function loacl_private.open_session(assistant_id uuid)
returns jsonb
language plpgsql
stable
security definer -- visitors read neither assistants nor sessions
set search_path = pg_catalog, pg_temp
as $$
declare
  token_hash bytea := loacl_private.require_session_token_hash();
  assistant loacl.assistants := loacl_private.enter_assistant(open_session.assistant_id, loacl_private.read_header('origin'));
  session loacl.sessions := loacl_private.enter_session(
    token_hash, assistant.id, loacl_private.find_live_user((select auth.jwt()))
  );
begin
  return jsonb_build_object(
    'assistant', jsonb_build_object(
      'id', assistant.id,
      'name', assistant.name,
      'description', assistant.description,
      'greeting', assistant.greeting,
      'appearance', assistant.appearance,
      'maxMessageLength', assistant.max_message_length,
      'fingerprint', assistant.fingerprint,
      'files', case when assistant.file_types <> '{}' then
        jsonb_build_object(
          'types', assistant.file_types, 'maxBytes', assistant.max_file_bytes, 'maxFiles', assistant.max_files_per_message
        )
      end
    ),
    'questions', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object('id', q.id, 'question', q.question, 'category', q.category)
          order by q.priority desc, q.created_at, q.id
        ),
        '[]'
      )
      from loacl.guided_questions q
      where q.assistant_id = assistant.id and q.is_active
    ),
    'visitor', jsonb_build_object('sessionId', session.id, 'type', coalesce(session.session_type, 'guest')),
    'threads', loacl.list_threads(assistant.id)
  );
end
$$;

create or replace function loacl_private.bound_calls(
  assistant loacl.assistants, history jsonb, is_first_turn boolean, added_bytes bigint default 0
)
returns table (purpose text, tokens bigint, usd numeric, output_tokens bigint)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  with said as (
    select h.place, h.message ->> 'content' as content,
      octet_length((h.message -> 'files')::text) + (
        select sum((f.file ->> 'weight')::bigint) from jsonb_array_elements(h.message -> 'files') as f (file)
      ) as file_bytes
    from jsonb_array_elements(history) with ordinality as h (message, place)
  ),
  calls (purpose, model, input, output) as (
    select 'answer', assistant.model,
      loacl_private.bound_tokens(assistant.instructions) + loacl_private.bound_tools(assistant.id)
        + sum(loacl_private.bound_tokens(s.content) + coalesce(s.file_bytes, 0))::bigint + added_bytes,
      assistant.max_output_tokens
    from said s
    union all
    -- One call that is shown 4,000 characters of each of the last three messages and of the answer, and 4,000 bytes of
    -- instructions and schema.
    select case when is_first_turn then 'title' else 'follow_ups' end, coalesce(assistant.follow_up_model, assistant.model),
      4000 + least(assistant.max_output_tokens, 12000) + sum(loacl_private.bound_tokens(left(s.content, 4000)))::bigint,
      1000
    from (select * from said order by place desc limit 3) s
    where is_first_turn or assistant.follow_ups
    having count(*) > 0
  )
  select c.purpose, c.input + c.output,
    loacl_private.bound_cost(assistant.owner_id, array[c.model, assistant.fallback_model], c.input, c.output),
    c.output::bigint
  from calls c
  union all
  select 'tool', 0, case when bool_and(t.cost_usd is not null) then max(t.cost_usd) * loacl_private.max_hosted_calls() end, 0
  from loacl.assistant_tools t
  where t.assistant_id = assistant.id and t.kind = 'hosted' and t.is_active and t.cost_usd is distinct from 0
  having count(*) > 0;
end
$$;
comment on function loacl_private.bound_calls(loacl.assistants, jsonb, boolean, bigint) is
  'The model calls that a step may make, with the most that each can take, at the dearer of the assistant''s two providers, and the fees of the hosted tools; `usd` null where a model or such a tool has no price. Files count as weigh_file says: how much a picture takes, no provider says before. `added_bytes`: what earlier steps added to the conversation, as JSON.';

create or replace function loacl_private.is_free_of_charge(outcome jsonb, content_before text)
returns boolean
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
return coalesce(outcome ->> 'isCalled' = 'false', false) or coalesce(
  outcome ->> 'state' = 'failed'
    -- Before the provider began to answer. Some have opened the stream by the time that they count what came.
    and (outcome ->> 'responseId' is null or outcome ->> 'errorCode' = 'model_input_too_long')
    and coalesce(outcome ->> 'content', '') = content_before
    and jsonb_typeof(outcome -> 'usage') is distinct from 'object'
    and outcome ->> 'errorCode' in (
      'provider_key_missing', 'provider_key_unusable', 'provider_key_rejected',
      'model_rate_limited', 'model_request_rejected', 'model_input_too_long', 'model_unavailable', 'files_unsupported',
      'storage_unavailable'
    ),
  false
);

create or replace function loacl_private.check_text(request jsonb, max_length integer)
returns text
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if jsonb_typeof(request -> 'text') is distinct from 'string' then
    perform loacl_private.raise_error(400, 'invalid_body', '"text" must be a string.');
  end if;
  if loacl_private.is_blank(request ->> 'text') and coalesce(request -> 'files', '[]') = '[]' then
    perform loacl_private.raise_error(400, 'text_required', 'The message is empty.');
  end if;
  if char_length(request ->> 'text') > max_length then
    perform loacl_private.raise_error(413, 'text_too_long', format('A message has at most %s characters.', max_length));
  end if;
  return request ->> 'text';
end
$$;
comment on function loacl_private.check_text(jsonb, integer) is 'The text of a new message, which may be blank where files come with it. Errors: invalid_body, text_required, text_too_long.';

create or replace function loacl_private.read_branch(message_id uuid, out ids uuid[], out tokens integer[])
returns record
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  next_id uuid := read_branch.message_id;
  has_refusals boolean := false;
  has_files boolean := exists (
    select from loacl.messages m join loacl.files f on f.thread_id = m.thread_id where m.id = read_branch.message_id
  );
  m record;
begin
  -- A message comes after the one that it follows, so one pass through the thread meets the whole branch.
  for m in
    select
      b.id, b.parent_id, b.role, b.error_code,
      case
        when b.id = read_branch.message_id
          or (b.status in ('completed', 'stopped', 'cut') and b.content <> '' and b.role <> 'system')
          or (has_files and b.author = 'visitor' and b.parts -> 0 ->> 'type' = 'file')
          -- As estimate_tokens, with the names of files.
          then (
            octet_length(b.content) + 2 + case
              when has_files and b.author = 'visitor' and b.parts -> 0 ->> 'type' = 'file'
                then octet_length(b.parts::text) - octet_length(b.content)
              else 0
            end
          ) / 3 + 4
        else 0
      end as tokens
    from loacl.messages asked
    join loacl.messages b on b.thread_id = asked.thread_id
    where asked.id = read_branch.message_id
    order by b.seq desc
  loop
    has_refusals := has_refusals or m.error_code is not distinct from 'input_flagged';
    continue when m.id <> next_id;
    if has_refusals and m.role = 'user' and m.id <> read_branch.message_id and loacl_private.is_refused_question(m.id) then
      m.tokens := 0;
    end if;
    ids := ids || m.id;
    tokens := tokens || m.tokens;
    next_id := m.parent_id;
    exit when next_id is null;
  end loop;
end
$$;

create or replace function loacl_private.read_context(
  thread_id uuid, message_id uuid, assistant loacl.assistants,
  out history jsonb, out tokens_whole bigint, out tokens_shortened bigint, out tokens_told bigint,
  out shortened_ids uuid[], out left_ids uuid[], out ratio numeric
)
returns record
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  limits record := loacl_private.limit_context(assistant, read_context.thread_id);
  branch record := loacl_private.read_branch(read_context.message_id);
  ids uuid[] := branch.ids;
  costs integer[] := branch.tokens;
  -- Of a message that is shortened.
  most_tokens integer := greatest(limits.tokens / 8, 100);
  summary loacl.context_optimizations;
  told_ids uuid[] := '{}';
  always_told integer := loacl_private.count_always_told(read_context.message_id);
  files jsonb := '{}';
  told_files record;
begin
  ratio := limits.ratio;
  shortened_ids := '{}';
  left_ids := '{}';
  history := '[]';
  tokens_told := 0;
  tokens_whole := (select sum(c) from unnest(costs) as c);
  tokens_shortened := tokens_whole;

  if assistant.context_strategy = 'compression' then
    -- The oldest first. The latest question and answer stay as they are.
    for place in reverse cardinality(costs)..4 loop
      exit when tokens_shortened <= limits.tokens;
      if costs[place] > most_tokens then
        tokens_shortened := tokens_shortened - costs[place] + most_tokens;
        costs[place] := most_tokens;
        shortened_ids := shortened_ids || ids[place];
      end if;
    end loop;
  elsif assistant.context_strategy = 'summarization' and tokens_whole > limits.tokens then
    summary := loacl_private.find_summary(read_context.thread_id, ids);
    -- The budget may be smaller by now than it was made for.
    if loacl_private.estimate_summary(summary.summary) <= limits.tokens * 2 / 3 then
      history := loacl_private.tell_summary(summary.summary);
      tokens_told := loacl_private.estimate_summary(summary.summary);
    else
      summary := null;
    end if;
  end if;

  for place in 1..cardinality(costs) loop
    -- As far back as the summary, which covers what is next to it, or the budget goes.
    exit when ids[place] = summary.affected_messages[cardinality(summary.affected_messages)]
      or (place > always_told and tokens_told + costs[place] > limits.tokens);
    if costs[place] > 0 then
      told_ids := told_ids || ids[place];
      tokens_told := tokens_told + costs[place];
    end if;
  end loop;
  if cardinality(told_ids) < cardinality(ids) then
    left_ids := array(
      select b.id
      from unnest(ids, costs) with ordinality as b (id, cost, place)
      where b.cost > 0 and b.id not in (select unnest(told_ids) union all select unnest(summary.affected_messages))
      order by b.place desc
    );
  end if;

  if exists (select from loacl.files f where f.thread_id = read_context.thread_id) then
    told_files := loacl_private.tell_files(told_ids, always_told, limits.tokens - tokens_told);
    files := told_files.files;
    tokens_told := tokens_told + told_files.tokens_told;
  end if;

  history := history || (
    select jsonb_agg(
      jsonb_build_object(
        'role', m.role,
        'content', case when m.id = any (shortened_ids) then loacl_private.shorten_text(m.content, most_tokens) else m.content end
      )
      || case when files ? m.id::text then jsonb_build_object('files', files -> m.id::text) else '{}' end
      order by t.place desc
    )
    from unnest(told_ids) with ordinality as t (id, place)
    join loacl.messages m on m.id = t.id
  );
end
$$;
comment on function loacl_private.read_context(uuid, uuid, loacl.assistants) is
  'What the model is told of the branch that ends in this message, `history`, and what was done to make it fit. The message itself is always in, whole, and with an answer that goes on its question. A message that has files has them as tell_files gives them: what room the texts leave is theirs. Tokens are as estimate_tokens counts them: of the branch, of what is left of it once messages are shortened, and of what is told. Ids are oldest first.';

create or replace function loacl_private.find_asked_message(request jsonb, own_session_ids uuid[])
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

create or replace function loacl_private.read_branch_request(
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
  end if;
end
$$;
comment on function loacl_private.read_question(jsonb, loacl.assistants, uuid[]) is
  'What is asked: the thread, null where one is to be made, locked otherwise; the visitor''s message, without an `id` where it is not stored yet; and the turn that the request joins, null where one is to begin. Errors: invalid_body, text_required, text_too_long, thread_not_found, message_not_found, id_conflict, files_unsupported, too_many_files, upload_incomplete, file_not_found.';

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
  providers jsonb := loacl_private.find_provider(assistant);
  is_new_session boolean := session.id is null;
  fingerprint text;
  answer loacl.messages;
  turn loacl_private.turns;
  told record;
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
      thread.id, session.id, assistant.id, parent_id, question.client_id, 'user', question.content, question.parts
    )
    returning * into question;
    perform loacl_private.attach_files(question);
  end if;
  if request ->> 'type' = 'continue' then
    answer := loacl_private.reopen_answer(request, thread.id);
  else
    insert into loacl.messages (thread_id, session_id, assistant_id, parent_id, role, status, model)
    values (thread.id, session.id, assistant.id, question.id, 'assistant', 'streaming', assistant.model)
    returning * into answer;
  end if;
  insert into loacl_private.turns (
    thread_id, user_message_id, message_id, lease, lease_expires_at, deadline_at, stop_requested_at, provider, provider_config_id, model,
    is_continuation, request_id, created_at
  )
  values (
    thread.id, question.id, answer.id,
    coalesce((request ->> 'lease')::uuid, gen_random_uuid()),
    clock_timestamp() + loacl_private.lease_duration(),
    loacl_private.to_deadline((request ->> 'deadlineMs')::integer),
    loacl_private.take_kept_stop(request),
    providers -> 'provider' ->> 'provider', (providers -> 'provider' ->> 'configId')::uuid, assistant.model,
    coalesce(request ->> 'type' = 'continue', false),
    case when request ->> 'type' in ('regenerate', 'continue') then request ->> 'id' end,
    clock_timestamp()
  )
  returning * into turn;
  insert into loacl_private.turn_steps (turn_id, step, model) values (turn.id, 1, turn.model);
  -- Each turn deletes what several earlier ones left, so leftovers shrink even in a project without a scheduler.
  perform loacl_private.purge_turn_chunks(5);
  perform loacl_private.purge_rate_counters(5);
  told := loacl_private.tell_history(thread.id, loacl_private.last_told(turn), assistant);
  perform loacl_private.end_left_turns(assistant.id, 5);
  perform loacl_private.settle_left_turns(assistant.id, 5);
  perform loacl_private.reserve_budget(assistant, told.history, thread.title is null, 0, turn.id, 1);
  return loacl_private.to_open_turn(turn, assistant, providers, told.history, thread.title is null) || told.wish;
end
$$;
comment on function loacl.begin_turn(jsonb) is
  'For the functions: stores a visitor''s message and begins the turn that answers it with its first step, or finds the turn where the same message was sent before (`joined`). One transaction; an error leaves nothing behind. `address`: the visitor''s network address, from the one header that is trusted. `lease`: which the worker that asks makes; with the same one it is safe to repeat. `fingerprint`: the visitor''s browser''s, where they sent one. `clientThreadId`, in place of `threadId`: either id of a thread of theirs, or the client id of the one to begin. `parentId`: the message that it follows; the latest, if it is given. `files`: the ids of completed uploads, whose parts stand before the text. A turn that waits in the thread is cancelled. `isFirstTurn`: the thread still wants a title. Errors: those of open_session, thread_not_found, message_not_found, id_conflict, turn_in_progress, invalid_body, text_required, text_too_long, files_unsupported, too_many_files, upload_incomplete, file_not_found, provider_key_missing, assistant_paused, and, with how long it takes as the hint, rate_limited and budget_exceeded; thread_full, price_unknown.';

create or replace function loacl_private.plan_summary(
  thread_id uuid, message_id uuid, assistant loacl.assistants, is_due boolean,
  out messages jsonb, out covered_ids uuid[], out tokens_before numeric, out tokens_kept numeric, out max_characters integer
)
returns record
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  limits record := loacl_private.limit_context(assistant, plan_summary.thread_id);
  branch record := loacl_private.read_branch(plan_summary.message_id);
  latest loacl.context_optimizations := loacl_private.find_summary(plan_summary.thread_id, branch.ids);
  whole bigint := (select sum(t) from unnest(branch.tokens) as t);
  open_tokens bigint := coalesce(loacl_private.estimate_summary(latest.summary), 0);
  -- Of what the call is told: as much as of a conversation.
  room bigint := limits.tokens - open_tokens;
  most_tokens integer := greatest(limits.tokens / 4, 100);
  newest_tokens bigint := 0;
  new_ids uuid[] := '{}';
begin
  open_tokens := open_tokens + coalesce((
    select sum(b.tokens)
    from unnest(branch.ids, branch.tokens) as b (id, tokens)
    where b.id <> all (coalesce(latest.affected_messages, '{}'))
  ), 0);
  if least(whole, open_tokens) <= limits.tokens * (case when is_due then 1 else 0.75 end) then
    return;
  end if;

  for place in 1..cardinality(branch.ids) loop
    if branch.tokens[place] = 0 or branch.ids[place] = any (latest.affected_messages) then
      continue;
    end if;
    newest_tokens := newest_tokens + branch.tokens[place];
    -- A third is told as it was said.
    if place > 1 and newest_tokens > limits.tokens / 3 then
      room := room - least(branch.tokens[place], most_tokens);
      exit when room < 0;
      new_ids := branch.ids[place] || new_ids;
    end if;
  end loop;
  if new_ids = '{}' then
    return;
  end if;

  messages := (
    select jsonb_agg(
      jsonb_build_object('by', m.author, 'text', loacl_private.shorten_text(loacl_private.name_files(m), most_tokens)) order by n.place
    )
    from unnest(new_ids) with ordinality as n (id, place)
    join loacl.messages m on m.id = n.id
  );
  if latest.id is not null then
    messages := jsonb_build_array(jsonb_build_object('by', 'summary', 'text', latest.summary)) || messages;
  end if;
  covered_ids := coalesce(latest.affected_messages, '{}') || new_ids;
  tokens_before := least(round(whole * limits.ratio), 2147483647);
  tokens_kept := limits.ratio * (
    select coalesce(sum(b.tokens), 0)
    from unnest(branch.ids, branch.tokens) as b (id, tokens)
    where b.id <> all (covered_ids)
  );
  max_characters := least(greatest(limits.tokens / 2, 300), 6000);
end
$$;
comment on column loacl_private.deletion_queue.again_at is
  'When it is to be deleted once more: until then somebody may put it there again. null: once is enough.';

create or replace function loacl_private.queue_deletion(
  kind text, reference text, provider_config_id uuid default null, again_at timestamptz default null
)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  insert into loacl_private.deletion_queue as q (kind, reference, provider_config_id, again_at)
  select
    queue_deletion.kind, queue_deletion.reference, queue_deletion.provider_config_id,
    case when queue_deletion.again_at > now() then queue_deletion.again_at end
  where queue_deletion.reference is not null
  on conflict on constraint deletion_queue_kind_provider_config_id_reference_key do update
  set due_at = least(q.due_at, excluded.due_at), again_at = greatest(q.again_at, excluded.again_at);
end;
comment on function loacl_private.queue_deletion(text, text, uuid, timestamptz) is
  'Notes what is to be deleted elsewhere, and once more at `again_at`; nothing where `reference` is null.';
revoke all on function loacl_private.queue_deletion(text, text, uuid, timestamptz) from public;

create or replace function loacl_private.queue_deleted_object()
returns trigger
language plpgsql
security definer -- a cascade runs as whoever began it
set search_path = pg_catalog, pg_temp
as $$
begin
  perform loacl_private.queue_deletion('storage_object', old.storage_path, null, old.closes_at);
  perform loacl_private.queue_deletion('provider_file', old.provider_file_id, old.provider_config_id);
  return null;
end
$$;
comment on function loacl_private.queue_deleted_object() is
  'Trigger: a visitor''s bytes go from Storage, once more when their link has ended, and from the provider.';
revoke all on function loacl_private.queue_deleted_object() from public;

create trigger file_objects_queue_deletion after delete on loacl.file_objects
  for each row execute function loacl_private.queue_deleted_object();

create or replace function loacl_private.take_deletions(batch_size integer)
returns jsonb
language sql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
begin atomic
  with due as (
    select q.id
    from loacl_private.deletion_queue q
    where q.due_at <= now()
    order by q.due_at
    limit least(greatest(take_deletions.batch_size, 1), 100)
    for update skip locked
  ),
  taken as (
    update loacl_private.deletion_queue q
    set attempts = q.attempts + 1, due_at = now() + interval '5 minutes'
    from due
    where q.id = due.id
    returning q.id, q.kind, q.reference, q.provider_config_id, q.created_at
  )
  select coalesce(
    jsonb_agg(
      jsonb_build_object(
        'id', t.id,
        'kind', t.kind,
        'reference', t.reference,
        'provider', case when s.id is not null then
          jsonb_build_object(
            'secretId', s.id,
            'keyId', s.key_id,
            'ciphertext', s.ciphertext,
            'purpose', s.purpose,
            'ownerId', s.owner_id,
            'provider', p.provider,
            'baseUrl', p.base_url
          )
        end
      )
      order by t.created_at, t.id
    ),
    '[]'
  )
  from taken t
  left join loacl.provider_configs p on p.id = t.provider_config_id
  left join loacl_private.secrets s on s.id = p.secret_id and s.owner_id = p.owner_id and s.purpose = 'provider_key';
end;

create or replace function loacl_private.confirm_deletion(deletion_id uuid)
returns void
language sql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
begin atomic
  with put_off as (
    update loacl_private.deletion_queue q
    set due_at = q.again_at, again_at = null, attempts = 0, last_error = null
    where q.id = confirm_deletion.deletion_id and q.again_at > now()
    returning q.id
  )
  delete from loacl_private.deletion_queue q
  where q.id = confirm_deletion.deletion_id and not exists (select from put_off);
end;
comment on function loacl.confirm_deletion(uuid) is 'For the functions: it is gone there, or was not there. What can come there again stays in the queue until it can not.';

create or replace function loacl_private.export_file(file loacl.files, for_operator boolean)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  object loacl.file_objects;
  exported jsonb;
begin
  select o.* into object from loacl.file_objects o where o.id = file.object_id;
  exported := jsonb_build_object(
    'id', file.id,
    'threadId', file.thread_id,
    'messageId', file.message_id,
    'originalName', file.original_name,
    'mimeType', file.mime_type,
    'sizeBytes', file.size_bytes,
    'width', file.width,
    'height', file.height,
    'sha256', encode(object.sha256, 'hex'),
    'purpose', file.purpose,
    'metadata', file.metadata,
    'createdAt', file.created_at
  );
  if not for_operator then
    return exported;
  end if;
  return exported || jsonb_build_object(
    'storagePath', object.storage_path,
    'storedAt', object.stored_at,
    'providerFileId', object.provider_file_id
  );
end
$$;

create or replace function loacl_private.export_sessions(session_ids uuid[], for_operator boolean)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  sessions jsonb := (
    select jsonb_agg(
      jsonb_build_object(
        'id', s.id,
        'assistantId', s.assistant_id,
        'type', s.session_type,
        'userId', s.user_id,
        'externalId', s.external_id,
        'fingerprintHash', encode(s.fingerprint_hash, 'hex'),
        'metadata', s.metadata,
        'createdAt', s.created_at,
        'lastActiveAt', s.last_active_at,
        'expiresAt', s.expires_at
      )
      order by s.created_at, s.id
    )
    from loacl.sessions s
    where s.id = any (session_ids)
  );
  threads jsonb := (
    select jsonb_agg(loacl_private.export_thread(t, for_operator) order by t.created_at, t.id)
    from loacl.threads t
    where t.session_id = any (session_ids)
  );
  files jsonb := (
    select jsonb_agg(loacl_private.export_file(f, for_operator) order by f.created_at, f.id)
    from loacl.files f
    where f.session_id = any (session_ids)
  );
  uploads jsonb := (
    select jsonb_agg(
      jsonb_build_object(
        'id', u.id,
        'originalName', u.original_name,
        'mimeType', u.mime_type,
        'sizeBytes', u.size_bytes,
        'state', u.state,
        'createdAt', u.created_at
      )
      || case when for_operator then jsonb_build_object('storagePath', u.storage_path) else '{}' end
      order by u.created_at, u.id
    )
    from loacl_private.uploads u
    where u.session_id = any (session_ids)
  );
  exported jsonb := jsonb_build_object(
    'exportedAt', now(),
    'sessions', coalesce(sessions, '[]'),
    'threads', coalesce(threads, '[]'),
    'files', coalesce(files, '[]'),
    'uploads', coalesce(uploads, '[]')
  );
begin
  if not for_operator then
    return exported;
  end if;
  return exported || jsonb_build_object(
    'usage', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object(
            'sessionId', u.session_id,
            'threadId', u.thread_id,
            'purpose', u.purpose,
            'provider', u.provider,
            'model', u.model,
            'inputTokens', u.input_tokens,
            'cachedInputTokens', u.cached_input_tokens,
            'outputTokens', u.output_tokens,
            'reasoningTokens', u.reasoning_tokens,
            'costUsd', u.cost_usd,
            'createdAt', u.created_at
          )
          order by u.created_at, u.id
        ),
        '[]'
      )
      from loacl.usage_logs u
      where u.session_id = any (session_ids)
    )
  );
end
$$;
comment on function loacl_private.export_sessions(uuid[], boolean) is
  'All that is kept of these sessions, for their visitor or for the operator: `{exportedAt, sessions, threads, files, uploads}`, and for the operator `usage` and more in each.';
comment on function loacl.export_visitor_data() is
  'What is kept of the calling visitor and is theirs to have, on all their devices: `{exportedAt, sessions, threads, files, uploads}`, messages within their threads, deleted threads until they are purged. Errors: session_missing, session_invalid, session_replaced, session_expired, session_locked.';

create or replace function loacl_private.purge_expired_data(max_duration interval)
returns boolean
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  ends_at timestamptz := clock_timestamp() + max_duration;
begin
  -- `for update` looks again at a thread that was written in or brought back in the meantime.
  loop
    with old as (
      select t.id
      from loacl.threads t
      where t.deleted_at <= now() - interval '7 days'
      order by t.deleted_at
      limit 20
      for update skip locked
    )
    delete from loacl.threads t using old where t.id = old.id;
    exit when not found or clock_timestamp() >= ends_at;
  end loop;

  loop
    with old as (
      select expired.id
      from loacl.assistants a
      cross join lateral (
        select t.id
        from loacl.threads t
        where t.assistant_id = a.id and t.last_message_at <= now() - make_interval(days => a.retention_days)
        order by t.last_message_at
        limit 20
        for update skip locked
      ) expired
      where a.retention_days is not null
      limit 20
    )
    delete from loacl.threads t using old where t.id = old.id;
    exit when not found or clock_timestamp() >= ends_at;
  end loop;

  -- Uploaded, and no message came with it.
  with old as (
    select f.id
    from loacl.files f
    where f.message_id is null and f.created_at <= now() - interval '1 day'
    limit 1000
    for update skip locked
  )
  delete from loacl.files f using old where f.id = old.id;
  perform loacl_private.purge_uploads(1000);

  loop
    with old as (
      select s.id
      from loacl.sessions s
      where s.expires_at <= now() and not exists (select from loacl.threads t where t.session_id = s.id)
      limit 500
      for update skip locked
    )
    delete from loacl.sessions s using old where s.id = old.id;
    exit when not found or clock_timestamp() >= ends_at;
  end loop;
  return clock_timestamp() >= ends_at;
end
$$;
comment on function loacl_private.purge_expired_data(interval) is
  'Deletes for good: threads deleted seven days ago, threads past their assistant''s retention, uploads never completed four hours after they began, files never sent after a day, and ended sessions that hold no thread. They go a few at a time for as long as `max_duration`; says whether that was too short, and what is left then goes at the next call.';

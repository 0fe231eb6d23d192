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
comment on index loacl_private.uploads_created_at_idx is 'Serves: those of which nothing counts any more.';
create index uploads_begun_idx on loacl_private.uploads (created_at) where state = 'begun';
comment on index loacl_private.uploads_begun_idx is 'Serves: those that were never completed.';

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
  'completed: it is a file. removed: its visitor did that, its bytes were refused, or it was not completed in four hours.';
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
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  upload loacl_private.uploads;
begin
  -- Their rows stay: whoever uploads without an end to it has uploaded those bytes all the same.
  for upload in
    with given_up as (
      select u.id
      from loacl_private.uploads u
      where u.state = 'begun' and u.created_at <= now() - interval '4 hours'
      order by u.created_at
      limit purge_uploads.max_uploads
      for update skip locked
    )
    update loacl_private.uploads u
    set state = 'removed'
    from given_up
    where u.id = given_up.id
    returning u.*
  loop
    perform loacl_private.queue_deletion('storage_object', upload.storage_path, null, upload.closes_at);
  end loop;
  with old as (
    select u.id
    from loacl_private.uploads u
    where u.created_at <= now() - interval '1 day'
    order by u.created_at
    limit purge_uploads.max_uploads
    for update skip locked
  )
  delete from loacl_private.uploads u using old where u.id = old.id;
end
$$;
comment on function loacl_private.purge_uploads(integer) is
  'Takes away uploads that were never completed two hours after their link''s end, and what is kept of all of them after a day.';
revoke all on function loacl_private.purge_uploads(integer) from public;

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

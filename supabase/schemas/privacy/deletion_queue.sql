create table loacl_private.deletion_queue (
  id uuid primary key default gen_random_uuid(),
  kind text not null,
  reference text not null,
  provider_config_id uuid,
  attempts integer not null default 0,
  last_error text,
  due_at timestamptz not null default now(),
  again_at timestamptz,
  created_at timestamptz not null default now(),
  constraint deletion_queue_kind check (kind in ('storage_object', 'provider_file', 'provider_vector_store')),
  constraint deletion_queue_kind_provider_config_id_reference_key
    unique nulls not distinct (kind, provider_config_id, reference)
);

create index deletion_queue_due_at_idx on loacl_private.deletion_queue (due_at);
comment on index loacl_private.deletion_queue_due_at_idx is 'Serves: what is to be deleted next.';

alter table loacl_private.deletion_queue enable row level security;
revoke all on table loacl_private.deletion_queue from public, anon, authenticated, service_role;
comment on table loacl_private.deletion_queue is
  'What has lost its row here and is still kept elsewhere. SQL can''t delete it there: a function does, and takes the row away once that is confirmed.';
comment on column loacl_private.deletion_queue.reference is 'A path in the bucket `loacl`, or the provider''s id.';
comment on column loacl_private.deletion_queue.provider_config_id is
  'Where it is; null for Storage, and where the owner had removed the config. No foreign key: the queue outlives what it cleans up after.';
comment on column loacl_private.deletion_queue.due_at is
  'When it is tried next. Whoever takes it moves this on, so that a worker that dies gives it back.';
comment on column loacl_private.deletion_queue.again_at is
  'When it is to be deleted once more: until then somebody may put it there again. null: once is enough.';

create function loacl_private.queue_deletion(
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

create function loacl_private.queue_deleted_file()
returns trigger
language plpgsql
security definer -- operators delete documents, and a cascade runs as whoever began it
set search_path = pg_catalog, pg_temp
as $$
begin
  perform loacl_private.queue_deletion('storage_object', old.storage_path);
  perform loacl_private.queue_deletion('provider_file', old.provider_file_id, old.provider_config_id);
  return null;
end
$$;
comment on function loacl_private.queue_deleted_file() is
  'Trigger: the bytes of a deleted row go from Storage and from the provider as well.';
revoke all on function loacl_private.queue_deleted_file() from public;

create function loacl_private.queue_deleted_vector_store()
returns trigger
language plpgsql
security definer -- operators delete stores, and a cascade runs as whoever began it
set search_path = pg_catalog, pg_temp
as $$
begin
  perform loacl_private.queue_deletion('provider_vector_store', old.provider_vector_store_id, old.provider_config_id);
  return null;
end
$$;
comment on function loacl_private.queue_deleted_vector_store() is 'Trigger: a deleted store goes from the provider as well.';
revoke all on function loacl_private.queue_deleted_vector_store() from public;

create function loacl_private.queue_deleted_object()
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
create trigger documents_queue_deletion after delete on loacl.documents
  for each row execute function loacl_private.queue_deleted_file();
create trigger vector_stores_queue_deletion after delete on loacl.vector_stores
  for each row execute function loacl_private.queue_deleted_vector_store();

create table loacl.documents (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  original_name text not null,
  category text,
  mime_type text,
  size_bytes bigint,
  sha256 bytea,
  storage_path text,
  provider_config_id uuid,
  provider_file_id text,
  status text not null default 'pending',
  error_message text,
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  public_url text,
  constraint documents_id_owner_id_key unique (id, owner_id),
  constraint documents_owner_id_provider_file_id_key unique (owner_id, provider_file_id),
  constraint documents_storage_path_key unique (storage_path),
  constraint documents_provider_config_fkey foreign key (provider_config_id, owner_id)
    references loacl.provider_configs (id, owner_id) on delete set null (provider_config_id),
  constraint documents_original_name_length check (char_length(btrim(original_name)) between 1 and 255),
  constraint documents_category_length check (char_length(btrim(category)) between 1 and 100),
  constraint documents_mime_type_length check (char_length(mime_type) between 1 and 255),
  constraint documents_size_bytes_positive check (size_bytes >= 0),
  constraint documents_sha256_length check (octet_length(sha256) = 32),
  constraint documents_storage_path_length check (char_length(storage_path) between 1 and 1024),
  constraint documents_provider_file_id_length check (char_length(provider_file_id) between 1 and 255),
  constraint documents_status check (status in ('pending', 'processing', 'completed', 'failed')),
  constraint documents_error_message_status check (error_message is null or status = 'failed'),
  constraint documents_metadata_object check (jsonb_typeof(metadata) = 'object'),
  -- It becomes a link in the visitor's page.
  constraint documents_public_url_shape check (public_url ~ '^https?://[^\s]+$' and char_length(public_url) <= 4000)
);

create index documents_owner_id_created_at_idx on loacl.documents (owner_id, created_at desc, id desc);
comment on index loacl.documents_owner_id_created_at_idx is 'Serves: an operator''s documents, newest first; the deletion of an owner.';
create index documents_unfinished_idx on loacl.documents (owner_id, status) where status <> 'completed';
comment on index loacl.documents_unfinished_idx is 'Serves: what is not ready yet, or failed.';
create index documents_provider_config_id_idx on loacl.documents (provider_config_id);
comment on index loacl.documents_provider_config_id_idx is 'Serves: the deletion of a provider config.';

create trigger documents_set_updated_at before update on loacl.documents
  for each row execute function loacl_private.set_updated_at();

alter table loacl.documents enable row level security;
revoke all on table loacl.documents from public, anon, authenticated, service_role;
grant select, delete on table loacl.documents to authenticated;
grant insert (owner_id, original_name, category, mime_type, metadata, public_url) on table loacl.documents to authenticated;
grant update (original_name, category, metadata, public_url) on table loacl.documents to authenticated;
grant select, insert, update, delete on table loacl.documents to service_role;
comment on table loacl.documents is
  'A file of an owner''s knowledge, for their assistants to search. Operators see their own, add and remove them and sort them; the functions keep the rest. Visitors never read it: they see what an answer cites.';
comment on column loacl.documents.owner_id is 'An operator.';
comment on column loacl.documents.original_name is 'The file''s name as its owner has it.';
comment on column loacl.documents.category is 'How its owner sorts it.';
comment on column loacl.documents.sha256 is 'Of the bytes, computed by the server; null until they have come.';
comment on column loacl.documents.storage_path is 'Where Storage keeps the bytes, in the bucket `loacl`; null where the provider alone has them.';
comment on column loacl.documents.provider_config_id is 'Where it was uploaded to; null until then, and once that config is gone.';
comment on column loacl.documents.provider_file_id is 'The provider''s id of the file; null until it was uploaded there.';
comment on column loacl.documents.status is
  'pending: the provider does not have it yet. processing: the provider is reading it. completed: it can be searched. failed: see error_message.';
comment on column loacl.documents.error_message is 'Why it failed, for the owner.';
comment on column loacl.documents.metadata is 'The host''s own data.';
comment on column loacl.documents.public_url is
  'Where anybody can read it: an answer that cites it links there. null: visitors see its name and the passage, and no link.';

create policy documents_select_own on loacl.documents for select to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy documents_insert_own on loacl.documents for insert to authenticated
  with check (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy documents_update_own on loacl.documents for update to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]))
  with check (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy documents_delete_own on loacl.documents for delete to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));

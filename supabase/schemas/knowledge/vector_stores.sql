create table loacl.vector_stores (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  name text not null,
  provider_config_id uuid,
  provider_vector_store_id text,
  status text not null default 'active',
  expires_after_days integer,
  expires_at timestamptz,
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint vector_stores_id_owner_id_key unique (id, owner_id),
  constraint vector_stores_owner_id_provider_vector_store_id_key unique (owner_id, provider_vector_store_id),
  constraint vector_stores_provider_config_fkey foreign key (provider_config_id, owner_id)
    references loacl.provider_configs (id, owner_id) on delete set null (provider_config_id),
  constraint vector_stores_name_length check (char_length(btrim(name)) between 1 and 255),
  constraint vector_stores_provider_vector_store_id_length check (char_length(provider_vector_store_id) between 1 and 255),
  constraint vector_stores_status check (status in ('active', 'expired', 'deleted')),
  constraint vector_stores_expires_after_days_range check (expires_after_days between 1 and 365),
  constraint vector_stores_metadata_object check (jsonb_typeof(metadata) = 'object')
);

create index vector_stores_owner_id_created_at_idx on loacl.vector_stores (owner_id, created_at desc, id desc);
comment on index loacl.vector_stores_owner_id_created_at_idx is 'Serves: an operator''s stores, newest first; the deletion of an owner.';
create index vector_stores_provider_config_id_idx on loacl.vector_stores (provider_config_id);
comment on index loacl.vector_stores_provider_config_id_idx is 'Serves: the deletion of a provider config.';

create trigger vector_stores_set_updated_at before update on loacl.vector_stores
  for each row execute function loacl_private.set_updated_at();

alter table loacl.vector_stores enable row level security;
revoke all on table loacl.vector_stores from public, anon, authenticated, service_role;
grant select, delete on table loacl.vector_stores to authenticated;
grant insert (owner_id, name, expires_after_days, metadata) on table loacl.vector_stores to authenticated;
grant update (name, expires_after_days, metadata) on table loacl.vector_stores to authenticated;
grant select, insert, update, delete on table loacl.vector_stores to service_role;
comment on table loacl.vector_stores is
  'An index of documents that the model provider keeps and its file search reads. Operators see their own, add, name and remove them; the functions keep the rest.';
comment on column loacl.vector_stores.owner_id is 'An operator.';
comment on column loacl.vector_stores.provider_config_id is 'Where it was made; null until then, and once that config is gone.';
comment on column loacl.vector_stores.provider_vector_store_id is 'The provider''s id of the store; null until it was made there.';
comment on column loacl.vector_stores.status is
  'expired: the provider has dropped it; its documents can be indexed anew. deleted: nothing searches it any more, and the provider is being told.';
comment on column loacl.vector_stores.expires_after_days is 'Days without a search after which the provider drops it; null: never.';
comment on column loacl.vector_stores.expires_at is 'When the provider drops it, as it said last.';
comment on column loacl.vector_stores.metadata is 'The host''s own data.';

create policy vector_stores_select_own on loacl.vector_stores for select to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy vector_stores_insert_own on loacl.vector_stores for insert to authenticated
  with check (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy vector_stores_update_own on loacl.vector_stores for update to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]))
  with check (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy vector_stores_delete_own on loacl.vector_stores for delete to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));

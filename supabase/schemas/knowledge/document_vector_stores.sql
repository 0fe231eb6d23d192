create table loacl.document_vector_stores (
  document_id uuid not null,
  vector_store_id uuid not null,
  owner_id uuid not null default auth.uid(),
  status text not null default 'pending',
  error_message text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint document_vector_stores_pkey primary key (document_id, vector_store_id),
  constraint document_vector_stores_document_fkey foreign key (document_id, owner_id)
    references loacl.documents (id, owner_id) on delete cascade,
  constraint document_vector_stores_vector_store_fkey foreign key (vector_store_id, owner_id)
    references loacl.vector_stores (id, owner_id) on delete cascade,
  constraint document_vector_stores_status check (status in ('pending', 'processing', 'completed', 'failed')),
  constraint document_vector_stores_error_message_status check (error_message is null or status = 'failed')
);

create index document_vector_stores_vector_store_id_idx on loacl.document_vector_stores (vector_store_id);
comment on index loacl.document_vector_stores_vector_store_id_idx is 'Serves: the documents of a store; the deletion of a store.';
create index document_vector_stores_owner_id_idx on loacl.document_vector_stores (owner_id);
comment on index loacl.document_vector_stores_owner_id_idx is 'Serves: the policies'' question, where a query names neither side.';

create trigger document_vector_stores_set_updated_at before update on loacl.document_vector_stores
  for each row execute function loacl_private.set_updated_at();

alter table loacl.document_vector_stores enable row level security;
revoke all on table loacl.document_vector_stores from public, anon, authenticated, service_role;
grant select, delete on table loacl.document_vector_stores to authenticated;
grant insert (document_id, vector_store_id, owner_id) on table loacl.document_vector_stores to authenticated;
grant select, insert, update, delete on table loacl.document_vector_stores to service_role;
comment on table loacl.document_vector_stores is
  'Which documents are in which store. Operators put their own in and take them out; the functions keep the status.';
comment on column loacl.document_vector_stores.owner_id is 'Of the document and of the store: nobody''s document gets into another owner''s store.';
comment on column loacl.document_vector_stores.status is 'How far the provider is with indexing this document in this store.';
comment on column loacl.document_vector_stores.error_message is 'Why it failed, for the owner.';

create policy document_vector_stores_select_own on loacl.document_vector_stores for select to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy document_vector_stores_insert_own on loacl.document_vector_stores for insert to authenticated
  with check (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy document_vector_stores_delete_own on loacl.document_vector_stores for delete to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));

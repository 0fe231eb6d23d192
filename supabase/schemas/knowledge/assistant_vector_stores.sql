create table loacl.assistant_vector_stores (
  assistant_id uuid not null,
  vector_store_id uuid not null,
  owner_id uuid not null default auth.uid(),
  created_at timestamptz not null default now(),
  constraint assistant_vector_stores_pkey primary key (assistant_id, vector_store_id),
  constraint assistant_vector_stores_assistant_fkey foreign key (assistant_id, owner_id)
    references loacl.assistants (id, owner_id) on delete cascade,
  constraint assistant_vector_stores_vector_store_fkey foreign key (vector_store_id, owner_id)
    references loacl.vector_stores (id, owner_id) on delete cascade
);

create index assistant_vector_stores_vector_store_id_idx on loacl.assistant_vector_stores (vector_store_id);
comment on index loacl.assistant_vector_stores_vector_store_id_idx is 'Serves: the assistants of a store; the deletion of a store.';
create index assistant_vector_stores_owner_id_idx on loacl.assistant_vector_stores (owner_id);
comment on index loacl.assistant_vector_stores_owner_id_idx is 'Serves: the policies'' question, where a query names neither side.';

alter table loacl.assistant_vector_stores enable row level security;
revoke all on table loacl.assistant_vector_stores from public, anon, authenticated, service_role;
grant select, delete on table loacl.assistant_vector_stores to authenticated;
grant insert (assistant_id, vector_store_id, owner_id) on table loacl.assistant_vector_stores to authenticated;
grant select, insert, update, delete on table loacl.assistant_vector_stores to service_role;
comment on table loacl.assistant_vector_stores is 'Stores that an assistant searches. Operators put their own in and take them out.';
comment on column loacl.assistant_vector_stores.owner_id is 'Of the assistant and of the store: nobody''s store gets to another owner''s assistant.';

create policy assistant_vector_stores_select_own on loacl.assistant_vector_stores for select to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy assistant_vector_stores_insert_own on loacl.assistant_vector_stores for insert to authenticated
  with check (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy assistant_vector_stores_delete_own on loacl.assistant_vector_stores for delete to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));

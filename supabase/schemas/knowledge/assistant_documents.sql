create table loacl.assistant_documents (
  assistant_id uuid not null,
  document_id uuid not null,
  owner_id uuid not null default auth.uid(),
  created_at timestamptz not null default now(),
  constraint assistant_documents_pkey primary key (assistant_id, document_id),
  constraint assistant_documents_assistant_fkey foreign key (assistant_id, owner_id)
    references loacl.assistants (id, owner_id) on delete cascade,
  constraint assistant_documents_document_fkey foreign key (document_id, owner_id)
    references loacl.documents (id, owner_id) on delete cascade
);

create index assistant_documents_document_id_idx on loacl.assistant_documents (document_id);
comment on index loacl.assistant_documents_document_id_idx is 'Serves: the assistants of a document; the deletion of a document.';
create index assistant_documents_owner_id_idx on loacl.assistant_documents (owner_id);
comment on index loacl.assistant_documents_owner_id_idx is 'Serves: the policies'' question, where a query names neither side.';

alter table loacl.assistant_documents enable row level security;
revoke all on table loacl.assistant_documents from public, anon, authenticated, service_role;
grant select, delete on table loacl.assistant_documents to authenticated;
grant insert (assistant_id, document_id, owner_id) on table loacl.assistant_documents to authenticated;
grant select, insert, update, delete on table loacl.assistant_documents to service_role;
comment on table loacl.assistant_documents is 'Documents that an assistant is given whole. Operators put their own in and take them out.';
comment on column loacl.assistant_documents.owner_id is 'Of the assistant and of the document: nobody''s document gets to another owner''s assistant.';

create policy assistant_documents_select_own on loacl.assistant_documents for select to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy assistant_documents_insert_own on loacl.assistant_documents for insert to authenticated
  with check (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy assistant_documents_delete_own on loacl.assistant_documents for delete to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));

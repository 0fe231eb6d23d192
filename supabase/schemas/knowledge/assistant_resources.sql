create table loacl.assistant_resources (
  assistant_id uuid not null,
  resource_id uuid not null,
  owner_id uuid not null default auth.uid(),
  is_public boolean not null default false,
  is_given boolean not null default true,
  position integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint assistant_resources_pkey primary key (assistant_id, resource_id),
  constraint assistant_resources_assistant_fkey foreign key (assistant_id, owner_id)
    references loacl.assistants (id, owner_id) on delete cascade,
  constraint assistant_resources_resource_fkey foreign key (resource_id, owner_id)
    references loacl.resources (id, owner_id) on delete cascade
);

create index assistant_resources_resource_id_idx on loacl.assistant_resources (resource_id);
comment on index loacl.assistant_resources_resource_id_idx is 'Serves: the assistants of a resource; the deletion of a resource.';
create index assistant_resources_owner_id_idx on loacl.assistant_resources (owner_id);
comment on index loacl.assistant_resources_owner_id_idx is 'Serves: the policies'' question, where a query names neither side.';

create trigger assistant_resources_set_updated_at before update on loacl.assistant_resources
  for each row execute function loacl_private.set_updated_at();

alter table loacl.assistant_resources enable row level security;
revoke all on table loacl.assistant_resources from public, anon, authenticated, service_role;
grant select, delete on table loacl.assistant_resources to authenticated;
grant insert (assistant_id, resource_id, owner_id, is_public, is_given, position) on table loacl.assistant_resources to authenticated;
grant update (is_public, is_given, position) on table loacl.assistant_resources to authenticated;
grant select, insert, update, delete on table loacl.assistant_resources to service_role;
comment on table loacl.assistant_resources is 'Which resources belong to which assistant, and for whom. Operators put their own in and take them out.';
comment on column loacl.assistant_resources.owner_id is 'Of the assistant and of the resource: nobody''s resource gets to another owner''s assistant.';
comment on column loacl.assistant_resources.is_public is 'Whether visitors of this assistant may see it.';
comment on column loacl.assistant_resources.is_given is 'Whether the assistant is given its content along with the instructions.';
comment on column loacl.assistant_resources.position is 'The lowest comes first.';

create policy assistant_resources_select_own on loacl.assistant_resources for select to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy assistant_resources_insert_own on loacl.assistant_resources for insert to authenticated
  with check (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy assistant_resources_update_own on loacl.assistant_resources for update to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]))
  with check (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy assistant_resources_delete_own on loacl.assistant_resources for delete to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));

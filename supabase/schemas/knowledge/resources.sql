create table loacl.resources (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  key text not null,
  title text,
  content text not null,
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint resources_id_owner_id_key unique (id, owner_id),
  constraint resources_owner_id_key_key unique (owner_id, key),
  constraint resources_key_length check (char_length(btrim(key)) between 1 and 255),
  constraint resources_title_length check (char_length(btrim(title)) between 1 and 255),
  constraint resources_content_length check (char_length(content) <= 200000),
  constraint resources_metadata_object check (jsonb_typeof(metadata) = 'object')
);

create trigger resources_set_updated_at before update on loacl.resources
  for each row execute function loacl_private.set_updated_at();

alter table loacl.resources enable row level security;
revoke all on table loacl.resources from public, anon, authenticated, service_role;
grant select, delete on table loacl.resources to authenticated;
grant insert (owner_id, key, title, content, metadata) on table loacl.resources to authenticated;
grant update (key, title, content, metadata) on table loacl.resources to authenticated;
grant select, insert, update, delete on table loacl.resources to service_role;
comment on table loacl.resources is
  'Content of an owner''s that is the same for everybody. Operators see and change their own; what visitors may see comes from list_resources.';
comment on column loacl.resources.owner_id is 'An operator.';
comment on column loacl.resources.key is 'The owner''s name for it, such as `opening-hours`.';
comment on column loacl.resources.title is 'Shown above it.';
comment on column loacl.resources.content is 'Markdown.';
comment on column loacl.resources.metadata is 'The host''s own data.';

create policy resources_select_own on loacl.resources for select to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy resources_insert_own on loacl.resources for insert to authenticated
  with check (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy resources_update_own on loacl.resources for update to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]))
  with check (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy resources_delete_own on loacl.resources for delete to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));

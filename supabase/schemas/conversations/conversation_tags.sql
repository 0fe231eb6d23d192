create table loacl.conversation_tags (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  name text not null,
  color text,
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint conversation_tags_id_owner_id_key unique (id, owner_id),
  constraint conversation_tags_name_length check (char_length(name) between 1 and 50 and name = btrim(name)),
  constraint conversation_tags_color_shape check (color ~ '^#[0-9a-f]{6}$'),
  constraint conversation_tags_metadata_object check (jsonb_typeof(metadata) = 'object')
);

create unique index conversation_tags_owner_id_name_idx on loacl.conversation_tags (owner_id, lower(name));
comment on index loacl.conversation_tags_owner_id_name_idx is
  'Holds: an owner has a name once, in whatever case. Serves: their tags by name; the deletion of an owner.';

create trigger conversation_tags_set_updated_at before update on loacl.conversation_tags
  for each row execute function loacl_private.set_updated_at();

alter table loacl.conversation_tags enable row level security;
revoke all on table loacl.conversation_tags from public, anon, authenticated, service_role;
grant select, delete on table loacl.conversation_tags to authenticated;
grant insert (owner_id, name, color, metadata) on table loacl.conversation_tags to authenticated;
grant update (name, color, metadata) on table loacl.conversation_tags to authenticated;
grant select, insert, update, delete on table loacl.conversation_tags to service_role;
comment on table loacl.conversation_tags is 'Labels that an owner puts on conversations. Operators see and change their own; visitors never read it.';
comment on column loacl.conversation_tags.color is 'As #rrggbb in lower case.';
comment on column loacl.conversation_tags.metadata is 'The host''s own data.';

create policy conversation_tags_select_own on loacl.conversation_tags for select to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy conversation_tags_insert_own on loacl.conversation_tags for insert to authenticated
  with check (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy conversation_tags_update_own on loacl.conversation_tags for update to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]))
  with check (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy conversation_tags_delete_own on loacl.conversation_tags for delete to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));

create table loacl.thread_tags (
  thread_id uuid not null references loacl.threads (id) on delete cascade,
  tag_id uuid not null,
  assistant_id uuid not null,
  owner_id uuid not null default auth.uid(),
  created_at timestamptz not null default now(),
  constraint thread_tags_pkey primary key (thread_id, tag_id),
  constraint thread_tags_tag_fkey foreign key (tag_id, owner_id)
    references loacl.conversation_tags (id, owner_id) on delete cascade,
  constraint thread_tags_assistant_fkey foreign key (assistant_id, owner_id)
    references loacl.assistants (id, owner_id) on delete cascade
);

create index thread_tags_tag_id_idx on loacl.thread_tags (tag_id);
comment on index loacl.thread_tags_tag_id_idx is 'Serves: the threads with a tag; the deletion of a tag.';
create index thread_tags_assistant_id_idx on loacl.thread_tags (assistant_id);
comment on index loacl.thread_tags_assistant_id_idx is 'Serves: the deletion of an assistant.';
create index thread_tags_owner_id_idx on loacl.thread_tags (owner_id);
comment on index loacl.thread_tags_owner_id_idx is 'Serves: the policies'' question, where a query names neither side.';

create trigger thread_tags_set_assistant before insert on loacl.thread_tags
  for each row execute function loacl_private.set_assistant_from_thread();

alter table loacl.thread_tags enable row level security;
revoke all on table loacl.thread_tags from public, anon, authenticated, service_role;
grant select, delete on table loacl.thread_tags to authenticated;
grant insert (thread_id, tag_id, owner_id) on table loacl.thread_tags to authenticated;
grant select, insert, update, delete on table loacl.thread_tags to service_role;
comment on table loacl.thread_tags is 'Which conversations have which labels. Operators put their own on threads of their assistants and take them off.';
comment on column loacl.thread_tags.assistant_id is 'The thread''s: taken from it by trigger.';
comment on column loacl.thread_tags.owner_id is 'Of the tag and of the assistant: nobody''s tag gets onto another owner''s thread.';

create policy thread_tags_select_own on loacl.thread_tags for select to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy thread_tags_insert_own on loacl.thread_tags for insert to authenticated
  with check (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy thread_tags_delete_own on loacl.thread_tags for delete to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));

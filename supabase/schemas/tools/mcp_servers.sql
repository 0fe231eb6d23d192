create table loacl.mcp_servers (
  id uuid primary key default gen_random_uuid(),
  assistant_id uuid not null references loacl.assistants (id) on delete cascade,
  name text not null,
  endpoint text not null,
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- For a foreign key on both: a tool's server is its own assistant's.
  constraint mcp_servers_id_assistant_id_key unique (id, assistant_id),
  constraint mcp_servers_assistant_id_name_key unique (assistant_id, name),
  constraint mcp_servers_name_format check (name ~ '^[A-Za-z][A-Za-z0-9_-]{0,39}$'),
  constraint mcp_servers_endpoint_shape check (endpoint ~ '^https?://[^\s]+$' and char_length(endpoint) <= 2000)
);

create trigger mcp_servers_set_updated_at before update on loacl.mcp_servers
  for each row execute function loacl_private.set_updated_at();

alter table loacl.mcp_servers enable row level security;
revoke all on table loacl.mcp_servers from public, anon, authenticated, service_role;
grant select, delete on table loacl.mcp_servers to authenticated;
grant insert (assistant_id, name, endpoint, is_active) on table loacl.mcp_servers to authenticated;
grant update (name, endpoint, is_active) on table loacl.mcp_servers to authenticated;
grant select, insert, update, delete on table loacl.mcp_servers to service_role;
comment on table loacl.mcp_servers is
  'Remote MCP servers whose tools an assistant may call: the functions do, and never the model''s provider. Operators see and change those of their assistants; visitors never read it.';
comment on column loacl.mcp_servers.name is 'Stands before the names of its tools.';
comment on column loacl.mcp_servers.endpoint is 'Where its Streamable HTTP is. Part of the seal of its token: a changed one makes the token unusable.';
comment on column loacl.mcp_servers.is_active is 'While it is off, none of its tools is called.';

create policy mcp_servers_select_own on loacl.mcp_servers for select to authenticated
  using (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));
create policy mcp_servers_insert_own on loacl.mcp_servers for insert to authenticated
  with check (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));
create policy mcp_servers_update_own on loacl.mcp_servers for update to authenticated
  using (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]))
  with check (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));
create policy mcp_servers_delete_own on loacl.mcp_servers for delete to authenticated
  using (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));

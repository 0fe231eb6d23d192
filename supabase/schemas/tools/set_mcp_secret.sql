create function loacl_private.find_own_mcp_server(owner_id uuid, mcp_server_id uuid)
returns loacl.mcp_servers
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  server loacl.mcp_servers;
begin
  select m.* into server
  from loacl.mcp_servers m
  join loacl.assistants a on a.id = m.assistant_id
  where m.id = find_own_mcp_server.mcp_server_id and a.owner_id = find_own_mcp_server.owner_id;
  return server;
end
$$;
comment on function loacl_private.find_own_mcp_server(uuid, uuid) is 'An MCP server of one of the owner''s assistants; null where there is none.';
revoke all on function loacl_private.find_own_mcp_server(uuid, uuid) from public;

create function loacl_private.set_mcp_secret(
  owner_id uuid, mcp_server_id uuid, endpoint text, secret_id uuid, key_id text, ciphertext text, last_four text
)
returns void
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  server loacl.mcp_servers;
begin
  perform loacl_private.lock_operator(set_mcp_secret.owner_id);
  -- It is sealed for an endpoint, which is not to change meanwhile.
  perform from loacl.mcp_servers m where m.id = set_mcp_secret.mcp_server_id for no key update;
  server := loacl_private.find_own_mcp_server(set_mcp_secret.owner_id, set_mcp_secret.mcp_server_id);
  if server.endpoint is distinct from set_mcp_secret.endpoint then
    perform loacl_private.raise_error(404, 'not_found', 'There is no such MCP server at this endpoint.');
  end if;
  delete from loacl_private.secrets s where s.mcp_server_id = server.id;
  insert into loacl_private.secrets (id, owner_id, mcp_server_id, purpose, key_id, ciphertext, last_four)
  values (
    set_mcp_secret.secret_id, set_mcp_secret.owner_id, server.id, 'mcp_secret',
    set_mcp_secret.key_id, set_mcp_secret.ciphertext, set_mcp_secret.last_four
  );
end
$$;
comment on function loacl_private.set_mcp_secret(uuid, uuid, text, uuid, text, text, text) is 'Does the work of loacl.set_mcp_secret.';
revoke all on function loacl_private.set_mcp_secret(uuid, uuid, text, uuid, text, text, text) from public;
grant execute on function loacl_private.set_mcp_secret(uuid, uuid, text, uuid, text, text, text) to service_role;

create function loacl.set_mcp_secret(
  owner_id uuid, mcp_server_id uuid, endpoint text, secret_id uuid, key_id text, ciphertext text, last_four text
)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.set_mcp_secret(
  set_mcp_secret.owner_id, set_mcp_secret.mcp_server_id, set_mcp_secret.endpoint, set_mcp_secret.secret_id,
  set_mcp_secret.key_id, set_mcp_secret.ciphertext, set_mcp_secret.last_four
);
comment on function loacl.set_mcp_secret(uuid, uuid, text, uuid, text, text, text) is
  'For the functions: keeps the bearer token of an MCP server, sealed for a new `secret_id` and for the server''s `endpoint`, in place of the one it has. Errors: not_operator, not_found.';
revoke all on function loacl.set_mcp_secret(uuid, uuid, text, uuid, text, text, text) from public;
grant execute on function loacl.set_mcp_secret(uuid, uuid, text, uuid, text, text, text) to service_role;

create function loacl_private.remove_mcp_secret(owner_id uuid, mcp_server_id uuid)
returns boolean
language sql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
begin atomic
  with removed as (
    delete from loacl_private.secrets s
    where s.mcp_server_id = remove_mcp_secret.mcp_server_id and s.owner_id = remove_mcp_secret.owner_id
    returning s.id
  )
  select exists (select from removed);
end;
comment on function loacl_private.remove_mcp_secret(uuid, uuid) is 'Does the work of loacl.remove_mcp_secret.';
revoke all on function loacl_private.remove_mcp_secret(uuid, uuid) from public;
grant execute on function loacl_private.remove_mcp_secret(uuid, uuid) to service_role;

create function loacl.remove_mcp_secret(owner_id uuid, mcp_server_id uuid)
returns boolean
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.remove_mcp_secret(remove_mcp_secret.owner_id, remove_mcp_secret.mcp_server_id);
comment on function loacl.remove_mcp_secret(uuid, uuid) is
  'For the functions: forgets the token of an MCP server, and says whether there was one.';
revoke all on function loacl.remove_mcp_secret(uuid, uuid) from public;
grant execute on function loacl.remove_mcp_secret(uuid, uuid) to service_role;

create function loacl_private.read_mcp_server(owner_id uuid, mcp_server_id uuid)
returns jsonb
language sql
stable
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
begin atomic
  select loacl_private.to_mcp_server(m.id) || jsonb_build_object(
    'assistantId', m.assistant_id, 'lastFour', s.last_four, 'createdAt', s.created_at
  )
  from loacl_private.find_own_mcp_server(read_mcp_server.owner_id, read_mcp_server.mcp_server_id) m
  left join loacl_private.secrets s on s.mcp_server_id = m.id
  where m.id is not null;
end;
comment on function loacl_private.read_mcp_server(uuid, uuid) is 'Does the work of loacl.read_mcp_server.';
revoke all on function loacl_private.read_mcp_server(uuid, uuid) from public;
grant execute on function loacl_private.read_mcp_server(uuid, uuid) to service_role;

create function loacl.read_mcp_server(owner_id uuid, mcp_server_id uuid)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.read_mcp_server(read_mcp_server.owner_id, read_mcp_server.mcp_server_id);
comment on function loacl.read_mcp_server(uuid, uuid) is
  'For the functions: an MCP server as they call it, `{id, assistantId, name, endpoint, secret, lastFour, createdAt}`; the last three are of its sealed token, and null where it has none. null where the owner has no such server.';
revoke all on function loacl.read_mcp_server(uuid, uuid) from public;
grant execute on function loacl.read_mcp_server(uuid, uuid) to service_role;

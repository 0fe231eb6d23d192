create function loacl_private.find_tool_secret(assistant_id uuid)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select loacl_private.to_sealed_secret(s)
    from loacl_private.secrets s
    where s.assistant_id = find_tool_secret.assistant_id and s.purpose = 'tool_secret'
  );
end
$$;
comment on function loacl_private.find_tool_secret(uuid) is
  'The sealed secret that calls of an assistant''s server tools are signed with; null where it has none.';
revoke all on function loacl_private.find_tool_secret(uuid) from public;

create function loacl_private.set_tool_secret(
  owner_id uuid, assistant_id uuid, secret_id uuid, key_id text, ciphertext text, last_four text
)
returns void
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
begin
  perform loacl_private.lock_operator(set_tool_secret.owner_id);
  perform from loacl.assistants a
  where a.id = set_tool_secret.assistant_id and a.owner_id = set_tool_secret.owner_id
  for key share;
  if not found then
    perform loacl_private.raise_error(404, 'assistant_not_found', 'There is no such assistant.');
  end if;
  delete from loacl_private.secrets s where s.assistant_id = set_tool_secret.assistant_id and s.purpose = 'tool_secret';
  insert into loacl_private.secrets (id, owner_id, assistant_id, purpose, key_id, ciphertext, last_four)
  values (
    set_tool_secret.secret_id, set_tool_secret.owner_id, set_tool_secret.assistant_id, 'tool_secret',
    set_tool_secret.key_id, set_tool_secret.ciphertext, set_tool_secret.last_four
  );
end
$$;
comment on function loacl_private.set_tool_secret(uuid, uuid, uuid, text, text, text) is 'Does the work of loacl.set_tool_secret.';
revoke all on function loacl_private.set_tool_secret(uuid, uuid, uuid, text, text, text) from public;
grant execute on function loacl_private.set_tool_secret(uuid, uuid, uuid, text, text, text) to service_role;

create function loacl.set_tool_secret(
  owner_id uuid, assistant_id uuid, secret_id uuid, key_id text, ciphertext text, last_four text
)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.set_tool_secret(
  set_tool_secret.owner_id, set_tool_secret.assistant_id, set_tool_secret.secret_id, set_tool_secret.key_id, set_tool_secret.ciphertext, set_tool_secret.last_four
);
comment on function loacl.set_tool_secret(uuid, uuid, uuid, text, text, text) is
  'For the functions: keeps the secret that calls of an assistant''s server tools are signed with, sealed for a new `secret_id`, in place of the one it has. Errors: not_operator, assistant_not_found.';
revoke all on function loacl.set_tool_secret(uuid, uuid, uuid, text, text, text) from public;
grant execute on function loacl.set_tool_secret(uuid, uuid, uuid, text, text, text) to service_role;

create function loacl_private.remove_tool_secret(owner_id uuid, assistant_id uuid)
returns boolean
language sql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
begin atomic
  with removed as (
    delete from loacl_private.secrets s
    where s.assistant_id = remove_tool_secret.assistant_id and s.owner_id = remove_tool_secret.owner_id and s.purpose = 'tool_secret'
    returning s.id
  )
  select exists (select from removed);
end;
comment on function loacl_private.remove_tool_secret(uuid, uuid) is 'Does the work of loacl.remove_tool_secret.';
revoke all on function loacl_private.remove_tool_secret(uuid, uuid) from public;
grant execute on function loacl_private.remove_tool_secret(uuid, uuid) to service_role;

create function loacl.remove_tool_secret(owner_id uuid, assistant_id uuid)
returns boolean
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.remove_tool_secret(remove_tool_secret.owner_id, remove_tool_secret.assistant_id);
comment on function loacl.remove_tool_secret(uuid, uuid) is
  'For the functions: forgets an assistant''s tool secret, and says whether there was one. Its server tools are not called until it has another.';
revoke all on function loacl.remove_tool_secret(uuid, uuid) from public;
grant execute on function loacl.remove_tool_secret(uuid, uuid) to service_role;

create function loacl_private.describe_tool_secret(owner_id uuid, assistant_id uuid)
returns jsonb
language sql
stable
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
begin atomic
  select jsonb_build_object('isSet', s.id is not null, 'lastFour', s.last_four, 'createdAt', s.created_at)
  from loacl.assistants a
  left join loacl_private.secrets s on s.assistant_id = a.id and s.purpose = 'tool_secret'
  where a.id = describe_tool_secret.assistant_id and a.owner_id = describe_tool_secret.owner_id;
end;
comment on function loacl_private.describe_tool_secret(uuid, uuid) is 'Does the work of loacl.describe_tool_secret.';
revoke all on function loacl_private.describe_tool_secret(uuid, uuid) from public;
grant execute on function loacl_private.describe_tool_secret(uuid, uuid) to service_role;

create function loacl.describe_tool_secret(owner_id uuid, assistant_id uuid)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.describe_tool_secret(describe_tool_secret.owner_id, describe_tool_secret.assistant_id);
comment on function loacl.describe_tool_secret(uuid, uuid) is
  'For the functions: `{isSet, lastFour, createdAt}`, without the secret. null where the owner has no such assistant.';
revoke all on function loacl.describe_tool_secret(uuid, uuid) from public;
grant execute on function loacl.describe_tool_secret(uuid, uuid) to service_role;

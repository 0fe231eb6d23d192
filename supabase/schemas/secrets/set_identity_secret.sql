create function loacl_private.set_identity_secret(
  owner_id uuid,
  assistant_id uuid,
  secret_id uuid,
  key_id text,
  ciphertext text,
  last_four text
)
returns void
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
begin
  perform loacl_private.lock_operator(set_identity_secret.owner_id);
  perform from loacl.assistants a
  where a.id = set_identity_secret.assistant_id and a.owner_id = set_identity_secret.owner_id
  for key share;
  if not found then
    perform loacl_private.raise_error(404, 'assistant_not_found', 'There is no such assistant.');
  end if;
  delete from loacl_private.secrets s
  where s.assistant_id = set_identity_secret.assistant_id and s.purpose = 'identity_secret';
  insert into loacl_private.secrets (id, owner_id, assistant_id, purpose, key_id, ciphertext, last_four)
  values (
    set_identity_secret.secret_id, set_identity_secret.owner_id, set_identity_secret.assistant_id, 'identity_secret',
    set_identity_secret.key_id, set_identity_secret.ciphertext, set_identity_secret.last_four
  );
end
$$;
comment on function loacl_private.set_identity_secret(uuid, uuid, uuid, text, text, text) is
  'Does the work of loacl.set_identity_secret.';
revoke all on function loacl_private.set_identity_secret(uuid, uuid, uuid, text, text, text) from public;
grant execute on function loacl_private.set_identity_secret(uuid, uuid, uuid, text, text, text) to service_role;

create function loacl.set_identity_secret(
  owner_id uuid,
  assistant_id uuid,
  secret_id uuid,
  key_id text,
  ciphertext text,
  last_four text
)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  select loacl_private.set_identity_secret(
    set_identity_secret.owner_id,
    set_identity_secret.assistant_id,
    set_identity_secret.secret_id,
    set_identity_secret.key_id,
    set_identity_secret.ciphertext,
    set_identity_secret.last_four
  );
end;
comment on function loacl.set_identity_secret(uuid, uuid, uuid, text, text, text) is
  'For the functions: keeps the secret that an assistant''s site signs identity tokens with, sealed for a new `secret_id`, in place of the one it has. Errors: not_operator, assistant_not_found.';
revoke all on function loacl.set_identity_secret(uuid, uuid, uuid, text, text, text) from public;
grant execute on function loacl.set_identity_secret(uuid, uuid, uuid, text, text, text) to service_role;

create function loacl_private.remove_identity_secret(owner_id uuid, assistant_id uuid)
returns boolean
language sql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
begin atomic
  with removed as (
    delete from loacl_private.secrets s
    where s.assistant_id = remove_identity_secret.assistant_id and s.owner_id = remove_identity_secret.owner_id
      and s.purpose = 'identity_secret'
    returning s.id
  )
  select exists (select from removed);
end;
comment on function loacl_private.remove_identity_secret(uuid, uuid) is 'Does the work of loacl.remove_identity_secret.';
revoke all on function loacl_private.remove_identity_secret(uuid, uuid) from public;
grant execute on function loacl_private.remove_identity_secret(uuid, uuid) to service_role;

create function loacl.remove_identity_secret(owner_id uuid, assistant_id uuid)
returns boolean
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  select loacl_private.remove_identity_secret(remove_identity_secret.owner_id, remove_identity_secret.assistant_id);
end;
comment on function loacl.remove_identity_secret(uuid, uuid) is
  'For the functions: forgets an assistant''s identity secret, and says whether there was one. Its site''s visitors can''t identify themselves until it has another.';
revoke all on function loacl.remove_identity_secret(uuid, uuid) from public;
grant execute on function loacl.remove_identity_secret(uuid, uuid) to service_role;

create function loacl_private.describe_identity_secret(owner_id uuid, assistant_id uuid)
returns jsonb
language sql
stable
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
begin atomic
  select jsonb_build_object('isSet', s.id is not null, 'lastFour', s.last_four, 'createdAt', s.created_at)
  from loacl.assistants a
  left join loacl_private.secrets s on s.assistant_id = a.id and s.purpose = 'identity_secret'
  where a.id = describe_identity_secret.assistant_id and a.owner_id = describe_identity_secret.owner_id;
end;
comment on function loacl_private.describe_identity_secret(uuid, uuid) is 'Does the work of loacl.describe_identity_secret.';
revoke all on function loacl_private.describe_identity_secret(uuid, uuid) from public;
grant execute on function loacl_private.describe_identity_secret(uuid, uuid) to service_role;

create function loacl.describe_identity_secret(owner_id uuid, assistant_id uuid)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.describe_identity_secret(
  describe_identity_secret.owner_id, describe_identity_secret.assistant_id
);
comment on function loacl.describe_identity_secret(uuid, uuid) is
  'For the functions: `{isSet, lastFour, createdAt}`, without the secret. null where the owner has no such assistant.';
revoke all on function loacl.describe_identity_secret(uuid, uuid) from public;
grant execute on function loacl.describe_identity_secret(uuid, uuid) to service_role;

create function loacl_private.read_identity_secret(assistant_id uuid)
returns jsonb
language sql
stable
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
begin atomic
  select loacl_private.to_sealed_secret(s)
  from loacl_private.secrets s
  where s.assistant_id = read_identity_secret.assistant_id and s.purpose = 'identity_secret';
end;
comment on function loacl_private.read_identity_secret(uuid) is 'Does the work of loacl.read_identity_secret.';
revoke all on function loacl_private.read_identity_secret(uuid) from public;
grant execute on function loacl_private.read_identity_secret(uuid) to service_role;

create function loacl.read_identity_secret(assistant_id uuid)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.read_identity_secret(read_identity_secret.assistant_id);
comment on function loacl.read_identity_secret(uuid) is
  'For the functions: the sealed secret that an assistant''s identity tokens are signed with; null where it has none.';
revoke all on function loacl.read_identity_secret(uuid) from public;
grant execute on function loacl.read_identity_secret(uuid) to service_role;

create function loacl_private.set_provider_key(
  owner_id uuid,
  provider text,
  base_url text,
  secret_id uuid,
  key_id text,
  ciphertext text,
  last_four text,
  is_default boolean default true
)
returns uuid
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  config_id uuid;
begin
  perform loacl_private.lock_operator(set_provider_key.owner_id);
  insert into loacl_private.secrets (id, owner_id, purpose, key_id, ciphertext)
  values (
    set_provider_key.secret_id, set_provider_key.owner_id, 'provider_key',
    set_provider_key.key_id, set_provider_key.ciphertext
  );
  update loacl.provider_configs p
  set is_default = false
  where p.owner_id = set_provider_key.owner_id and p.is_default and set_provider_key.is_default
    and (p.provider, coalesce(p.base_url, '')) <> (set_provider_key.provider, coalesce(set_provider_key.base_url, ''));
  insert into loacl.provider_configs as p (owner_id, provider, base_url, secret_id, key_last_four, is_default)
  values (
    set_provider_key.owner_id, set_provider_key.provider, set_provider_key.base_url,
    set_provider_key.secret_id, set_provider_key.last_four, set_provider_key.is_default
  )
  on conflict on constraint provider_configs_owner_id_provider_base_url_key
  do update set secret_id = excluded.secret_id, key_last_four = excluded.key_last_four, is_active = true,
    is_default = p.is_default or excluded.is_default
  returning p.id into config_id;
  return config_id;
end
$$;
comment on function loacl_private.set_provider_key(uuid, text, text, uuid, text, text, text, boolean) is
  'Does the work of loacl.set_provider_key.';
revoke all on function loacl_private.set_provider_key(uuid, text, text, uuid, text, text, text, boolean) from public;
grant execute on function loacl_private.set_provider_key(uuid, text, text, uuid, text, text, text, boolean) to service_role;

create function loacl.set_provider_key(
  owner_id uuid,
  provider text,
  base_url text,
  secret_id uuid,
  key_id text,
  ciphertext text,
  last_four text,
  is_default boolean default true
)
returns uuid
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.set_provider_key(
  set_provider_key.owner_id,
  set_provider_key.provider,
  set_provider_key.base_url,
  set_provider_key.secret_id,
  set_provider_key.key_id,
  set_provider_key.ciphertext,
  set_provider_key.last_four,
  set_provider_key.is_default
);
comment on function loacl.set_provider_key(uuid, text, text, uuid, text, text, text, boolean) is
  'For the functions: keeps a key, sealed for a new `secret_id`, as the one that the owner''s next turns use, or, `is_default` false, for assistants that name it; and forgets the one it replaces. Returns the id of the provider config. Errors: not_operator.';
revoke all on function loacl.set_provider_key(uuid, text, text, uuid, text, text, text, boolean) from public;
grant execute on function loacl.set_provider_key(uuid, text, text, uuid, text, text, text, boolean) to service_role;

create function loacl.remove_provider_key(owner_id uuid, config_id uuid)
returns boolean
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  with removed as (
    delete from loacl.provider_configs p
    where p.id = remove_provider_key.config_id and p.owner_id = remove_provider_key.owner_id
    returning p.id
  )
  select exists (select from removed);
end;
comment on function loacl.remove_provider_key(uuid, uuid) is
  'For the functions: removes an owner''s provider config with its key, and says whether there was one.';
revoke all on function loacl.remove_provider_key(uuid, uuid) from public;
grant execute on function loacl.remove_provider_key(uuid, uuid) to service_role;

create function loacl_private.read_provider_key(owner_id uuid, config_id uuid)
returns jsonb
language sql
stable
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
begin atomic
  select jsonb_build_object(
    'secret', loacl_private.to_sealed_secret(s),
    'model', (
      select case
        when a.provider_config_id is distinct from p.id and a.fallback_provider_config_id = p.id then a.fallback_model
        else a.model
      end
      from loacl.assistants a
      where a.owner_id = p.owner_id
      order by a.provider_config_id is not distinct from p.id desc, a.fallback_provider_config_id is not distinct from p.id desc,
        a.is_default desc, a.created_at
      limit 1
    )
  )
  from loacl.provider_configs p
  join loacl_private.secrets s on s.id = p.secret_id and s.owner_id = p.owner_id and s.purpose = 'provider_key'
  where p.owner_id = read_provider_key.owner_id
    and (p.id = read_provider_key.config_id or (read_provider_key.config_id is null and p.is_active))
  order by p.is_default desc, p.created_at, p.id
  limit 1;
end;
comment on function loacl_private.read_provider_key(uuid, uuid) is 'Does the work of loacl.read_provider_key.';
revoke all on function loacl_private.read_provider_key(uuid, uuid) from public;
grant execute on function loacl_private.read_provider_key(uuid, uuid) to service_role;

create function loacl.read_provider_key(owner_id uuid, config_id uuid default null)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.read_provider_key(read_provider_key.owner_id, read_provider_key.config_id);
comment on function loacl.read_provider_key(uuid, uuid) is
  'For the functions: an owner''s sealed key and a model to try it with, that of an assistant which names it or else of the default one, `{secret, model}`; without `config_id` the key that turns use. null where there is none.';
revoke all on function loacl.read_provider_key(uuid, uuid) from public;
grant execute on function loacl.read_provider_key(uuid, uuid) to service_role;

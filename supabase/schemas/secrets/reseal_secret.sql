create function loacl_private.list_secrets_to_reseal(key_id text, owner_id uuid, after_id uuid, batch_size integer)
returns jsonb
language sql
stable
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
begin atomic
  select coalesce(jsonb_agg(loacl_private.to_sealed_secret(s) order by s.id), '[]')
  from (
    select *
    from loacl_private.secrets s
    where s.key_id <> list_secrets_to_reseal.key_id
      and (list_secrets_to_reseal.owner_id is null or s.owner_id = list_secrets_to_reseal.owner_id)
      and (list_secrets_to_reseal.after_id is null or s.id > list_secrets_to_reseal.after_id)
    order by s.id
    limit least(greatest(list_secrets_to_reseal.batch_size, 1), 100)
  ) as s;
end;
comment on function loacl_private.list_secrets_to_reseal(text, uuid, uuid, integer) is
  'Does the work of loacl.list_secrets_to_reseal.';
revoke all on function loacl_private.list_secrets_to_reseal(text, uuid, uuid, integer) from public;
grant execute on function loacl_private.list_secrets_to_reseal(text, uuid, uuid, integer) to service_role;

create function loacl.list_secrets_to_reseal(
  key_id text,
  owner_id uuid default null,
  after_id uuid default null,
  batch_size integer default 50
)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.list_secrets_to_reseal(
  list_secrets_to_reseal.key_id,
  list_secrets_to_reseal.owner_id,
  list_secrets_to_reseal.after_id,
  list_secrets_to_reseal.batch_size
);
comment on function loacl.list_secrets_to_reseal(text, uuid, uuid, integer) is
  'For the functions: sealed secrets of one owner, or of all, that another key than `key_id` sealed, by id from `after_id` on. At most 100.';
revoke all on function loacl.list_secrets_to_reseal(text, uuid, uuid, integer) from public;
grant execute on function loacl.list_secrets_to_reseal(text, uuid, uuid, integer) to service_role;

create function loacl_private.reseal_secret(secret_id uuid, old_ciphertext text, key_id text, ciphertext text)
returns boolean
language sql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
begin atomic
  with resealed as (
    update loacl_private.secrets s
    set key_id = reseal_secret.key_id, ciphertext = reseal_secret.ciphertext
    where s.id = reseal_secret.secret_id and s.ciphertext = reseal_secret.old_ciphertext
    returning s.id
  )
  select exists (select from resealed);
end;
comment on function loacl_private.reseal_secret(uuid, text, text, text) is 'Does the work of loacl.reseal_secret.';
revoke all on function loacl_private.reseal_secret(uuid, text, text, text) from public;
grant execute on function loacl_private.reseal_secret(uuid, text, text, text) to service_role;

create function loacl.reseal_secret(secret_id uuid, old_ciphertext text, key_id text, ciphertext text)
returns boolean
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  select loacl_private.reseal_secret(
    reseal_secret.secret_id, reseal_secret.old_ciphertext, reseal_secret.key_id, reseal_secret.ciphertext
  );
end;
comment on function loacl.reseal_secret(uuid, text, text, text) is
  'For the functions: puts the same secret under another key of the ring. false where it has been replaced or removed since it was read: then there is nothing to do.';
revoke all on function loacl.reseal_secret(uuid, text, text, text) from public;
grant execute on function loacl.reseal_secret(uuid, text, text, text) to service_role;

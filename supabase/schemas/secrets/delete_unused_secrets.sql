create function loacl_private.delete_unused_secret()
returns trigger
language plpgsql
security definer -- a cascade runs as whoever deleted
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from loacl_private.secrets s
  where s.id = old.secret_id and not exists (select from loacl.provider_configs p where p.secret_id = old.secret_id);
  return null;
end
$$;
comment on function loacl_private.delete_unused_secret() is
  'Trigger: a key that was replaced or removed is kept nowhere, not even sealed.';
revoke all on function loacl_private.delete_unused_secret() from public;

create trigger provider_configs_delete_unused_secret after delete or update of secret_id on loacl.provider_configs
  for each row execute function loacl_private.delete_unused_secret();

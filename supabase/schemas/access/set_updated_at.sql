create function loacl_private.set_updated_at()
returns trigger
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  new.updated_at := now();
  return new;
end
$$;
comment on function loacl_private.set_updated_at() is 'Trigger: stamps a row that changes.';
revoke all on function loacl_private.set_updated_at() from public;

create function loacl_private.run_clean_up()
returns boolean
language sql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
return loacl_private.clean_up();
comment on function loacl_private.run_clean_up() is 'Does the work of loacl.run_clean_up.';
revoke all on function loacl_private.run_clean_up() from public;
grant execute on function loacl_private.run_clean_up() to service_role;

create function loacl.run_clean_up()
returns boolean
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.run_clean_up();
comment on function loacl.run_clean_up() is
  'For the functions: what pg_cron does every five minutes where a project has it. Ends turns whose worker has gone, and purges what has run out, for a second or two, and says whether more is left: call it again then.';
revoke all on function loacl.run_clean_up() from public;
grant execute on function loacl.run_clean_up() to service_role;

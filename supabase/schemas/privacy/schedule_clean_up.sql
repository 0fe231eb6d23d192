create function loacl_private.schedule_clean_up()
returns boolean
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if to_regprocedure('cron.schedule(text,text,text)') is null then
    return false;
  end if;
  -- By name: doing it twice leaves one job.
  execute $cron$ select cron.schedule('loacl_clean_up', '*/5 * * * *', 'select loacl_private.clean_up()') $cron$;
  return true;
end
$$;
comment on function loacl_private.schedule_clean_up() is
  'Has pg_cron run clean_up every five minutes, where the project has that extension, and says whether it has. Call it again after switching the extension on.';
revoke all on function loacl_private.schedule_clean_up() from public;

select loacl_private.schedule_clean_up();

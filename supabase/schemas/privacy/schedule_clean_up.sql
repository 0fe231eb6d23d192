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
  execute $cron$
    select cron.schedule('loacl_clean_up', '*/5 * * * *', $job$
      do $do$ begin
        -- Each batch for itself: what one has done stays done.
        for batch in 1..200 loop
          exit when not loacl_private.clean_up();
          commit;
        end loop;
      end $do$
    $job$)
  $cron$;
  return true;
end
$$;
comment on function loacl_private.schedule_clean_up() is
  'Has pg_cron run clean_up every five minutes until nothing is left, where the project has that extension, and says whether it has. Call it again after switching the extension on.';
revoke all on function loacl_private.schedule_clean_up() from public;

select loacl_private.schedule_clean_up();

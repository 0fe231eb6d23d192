create index sessions_expires_at_idx on loacl.sessions (expires_at);
comment on index loacl.sessions_expires_at_idx is 'Serves: sessions that ended and hold nothing.';
create index files_unsent_idx on loacl.files (created_at) where message_id is null;
comment on index loacl.files_unsent_idx is 'Serves: uploads that were never sent.';

create function loacl_private.purge_expired_data()
returns void
language sql
volatile
security invoker
set search_path = ''
begin atomic
  delete from loacl.threads t where t.deleted_at <= now() - interval '7 days';

  delete from loacl.threads t
  using loacl.assistants a
  where a.id = t.assistant_id and t.last_message_at <= now() - make_interval(days => a.retention_days);

  -- Uploaded, and no message came with it.
  delete from loacl.files f where f.message_id is null and f.created_at <= now() - interval '1 day';

  delete from loacl.sessions s
  where s.expires_at <= now()
    and not exists (select from loacl.threads t where t.session_id = s.id);
end;
comment on function loacl_private.purge_expired_data() is
  'Deletes for good: threads deleted seven days ago, threads past their assistant''s retention, uploads never sent after a day, and ended sessions that hold no thread.';
revoke all on function loacl_private.purge_expired_data() from public;

create or replace function loacl_private.clean_up()
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  perform loacl_private.fail_abandoned_turn(t.id)
  from loacl_private.turns t
  where t.state = 'running' and t.lease_expires_at < now();
  perform loacl_private.purge_turn_chunks(100000);
  perform loacl_private.purge_expired_data();
end
$$;

create function loacl_private.schedule_clean_up()
returns boolean
language plpgsql
volatile
security invoker
set search_path = ''
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
  'Has pg_cron run clean_up every five minutes, where the project has that extension: whether it has. To be called again after it was switched on.';
revoke all on function loacl_private.schedule_clean_up() from public;

select loacl_private.schedule_clean_up();

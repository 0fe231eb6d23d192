create function loacl_private.purge_expired_data()
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
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

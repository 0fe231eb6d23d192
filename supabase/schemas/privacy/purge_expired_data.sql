create function loacl_private.purge_expired_data(max_duration interval)
returns boolean
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  ends_at timestamptz := clock_timestamp() + max_duration;
begin
  -- `for update` looks again at a thread that was written in or brought back in the meantime.
  loop
    with old as (
      select t.id
      from loacl.threads t
      where t.deleted_at <= now() - interval '7 days'
      order by t.deleted_at
      limit 20
      for update skip locked
    )
    delete from loacl.threads t using old where t.id = old.id;
    exit when not found or clock_timestamp() >= ends_at;
  end loop;

  loop
    with old as (
      select expired.id
      from loacl.assistants a
      cross join lateral (
        select t.id
        from loacl.threads t
        where t.assistant_id = a.id and t.last_message_at <= now() - make_interval(days => a.retention_days)
        order by t.last_message_at
        limit 20
        for update skip locked
      ) expired
      where a.retention_days is not null
      limit 20
    )
    delete from loacl.threads t using old where t.id = old.id;
    exit when not found or clock_timestamp() >= ends_at;
  end loop;

  -- Uploaded, and no message came with it.
  with old as (
    select f.id
    from loacl.files f
    where f.message_id is null and f.created_at <= now() - interval '1 day'
    limit 1000
    for update skip locked
  )
  delete from loacl.files f using old where f.id = old.id;
  perform loacl_private.purge_uploads(1000);

  loop
    with old as (
      select s.id
      from loacl.sessions s
      where s.expires_at <= now() and not exists (select from loacl.threads t where t.session_id = s.id)
      limit 500
      for update skip locked
    )
    delete from loacl.sessions s using old where s.id = old.id;
    exit when not found or clock_timestamp() >= ends_at;
  end loop;
  return clock_timestamp() >= ends_at;
end
$$;
comment on function loacl_private.purge_expired_data(interval) is
  'Deletes for good: threads deleted seven days ago, threads past their assistant''s retention, uploads never completed four hours after they began, files never sent after a day, and ended sessions that hold no thread. They go a few at a time for as long as `max_duration`; says whether that was too short, and what is left then goes at the next call.';
revoke all on function loacl_private.purge_expired_data(interval) from public;

create function loacl_private.find_thread_id(id text, session_ids uuid[])
returns uuid
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  -- Two queries, each of one index. The server's id comes first: it names one thread.
  found_id uuid := (
    select t.id
    from loacl.threads t
    where t.id = case when find_thread_id.id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then find_thread_id.id::uuid end
      and t.session_id = any (find_thread_id.session_ids)
  );
begin
  return coalesce(found_id, (
    select t.id
    from loacl.threads t
    where t.client_id = find_thread_id.id and t.session_id = any (find_thread_id.session_ids)
    -- Two devices may have given the same id before they were known to be one person's.
    order by t.created_at, t.id
    limit 1
  ));
end
$$;
comment on function loacl_private.find_thread_id(text, uuid[]) is
  'The thread that has this id or client id among those of these sessions, or that of them which the caller can see; null where none has.';
revoke all on function loacl_private.find_thread_id(text, uuid[]) from public;
grant execute on function loacl_private.find_thread_id(text, uuid[]) to anon, authenticated;

create function loacl.find_thread(id text)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  select coalesce(
    (
      select loacl_private.to_thread_summary(t)
      from loacl.threads t
      where t.id = loacl_private.find_thread_id(find_thread.id, (select loacl_private.own_session_ids())::uuid[])
    ),
    loacl_private.raise_not_found('thread_not_found', 'There is no such conversation.')
  );
end;
comment on function loacl.find_thread(text) is
  'The calling visitor''s thread that has this id, or that their client began under it: `ThreadSummary`. Errors: thread_not_found.';
revoke all on function loacl.find_thread(text) from public;
grant execute on function loacl.find_thread(text) to anon, authenticated;

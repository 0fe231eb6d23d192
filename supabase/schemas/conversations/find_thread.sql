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
      and t.status <> 'deleted'
  );
begin
  return coalesce(found_id, (
    select t.id
    from loacl.threads t
    where t.client_id = find_thread_id.id and t.session_id = any (find_thread_id.session_ids) and t.status <> 'deleted'
    -- Two devices may have given the same id before they were known to be one person's.
    order by t.created_at, t.id
    limit 1
  ));
end
$$;
comment on function loacl_private.find_thread_id(text, uuid[]) is
  'The thread that has this id or client id among those of these sessions that are not deleted; null where none has.';
revoke all on function loacl_private.find_thread_id(text, uuid[]) from public;

create function loacl_private.find_thread(id text)
returns jsonb
language plpgsql
stable
security definer -- tells a replaced token by replaced_session_tokens; looks in the caller's own sessions alone
set search_path = pg_catalog, pg_temp
as $$
declare
  thread loacl.threads;
begin
  select t.* into thread
  from loacl.threads t
  where t.id = loacl_private.find_thread_id(find_thread.id, loacl_private.own_session_ids());
  if not found then
    perform loacl_private.refuse_replaced_token(
      loacl_private.hash_session_token(loacl_private.read_header('x-loacl-session'))
    );
    return null;
  end if;
  return loacl_private.to_thread_summary(thread);
end
$$;
comment on function loacl_private.find_thread(text) is 'Does the work of loacl.find_thread.';
revoke all on function loacl_private.find_thread(text) from public;
grant execute on function loacl_private.find_thread(text) to anon, authenticated;

create function loacl.find_thread(id text)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  select loacl_private.find_thread(find_thread.id);
end;
comment on function loacl.find_thread(text) is
  'The calling visitor''s thread that has this id, or that their client began under it: `ThreadSummary`; null where there is none. Errors: session_replaced.';
revoke all on function loacl.find_thread(text) from public;
grant execute on function loacl.find_thread(text) to anon, authenticated;

-- A thread that was deleted leaves the id that its client gave it, and its own, to the thread that is begun under it next.
alter table loacl.threads drop constraint threads_client_id_session_id_key;
create unique index threads_client_id_session_id_key on loacl.threads (client_id, session_id) where status <> 'deleted';
comment on index loacl.threads_client_id_session_id_key is 'Serves: a thread by the id that its client gave it. One that was deleted leaves its id to the next.';

create or replace function loacl_private.find_thread_id(id text, session_ids uuid[])
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

create or replace function loacl_private.find_thread(id text)
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

create or replace function loacl_private.restore_thread(thread_id uuid)
returns jsonb
language plpgsql
volatile
security definer -- a visitor can't see a deleted thread
set search_path = pg_catalog, pg_temp
as $$
declare
  thread loacl.threads;
begin
  update loacl.threads t
  set status = 'active',
    -- Another thread may have been begun under it meanwhile.
    client_id = case when not exists (
      select from loacl.threads o
      where o.client_id = t.client_id and o.session_id = t.session_id and o.status <> 'deleted'
    ) then t.client_id end
  where t.id = restore_thread.thread_id
    and t.session_id = any ((select loacl_private.own_session_ids())::uuid[])
    and t.deleted_at > now() - interval '7 days'
  returning t.* into thread;
  if not found then
    perform loacl_private.raise_not_found('thread_not_found', 'There is no such conversation.');
  end if;
  return loacl_private.to_thread_summary(thread);
end
$$;

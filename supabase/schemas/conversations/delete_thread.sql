create function loacl_private.delete_thread(thread_id uuid)
returns jsonb
language plpgsql
volatile
security definer -- a visitor can't see the row any more once it is deleted, and an update must see what it wrote
set search_path = pg_catalog, pg_temp
as $$
declare
  deleted timestamptz;
begin
  update loacl.threads t
  set status = 'deleted'
  where t.id = delete_thread.thread_id
    and t.session_id = any ((select loacl_private.own_session_ids())::uuid[])
    and t.status <> 'deleted'
  returning t.deleted_at into deleted;
  if not found then
    perform loacl_private.raise_not_found('thread_not_found', 'There is no such conversation.');
  end if;
  -- Nobody waits for its answer any more.
  update loacl_private.turns t
  set stop_requested_at = now()
  where t.thread_id = delete_thread.thread_id and t.state = 'running' and t.stop_requested_at is null;
  perform loacl_private.end_turn(t.id, '{"state": "stopped"}')
  from loacl_private.turns t
  where t.thread_id = delete_thread.thread_id and t.state = 'waiting';
  return jsonb_build_object('id', thread_id, 'deletedAt', deleted, 'restorableUntil', deleted + interval '7 days');
end
$$;
comment on function loacl_private.delete_thread(uuid) is 'Does the work of loacl.delete_thread.';
revoke all on function loacl_private.delete_thread(uuid) from public;
grant execute on function loacl_private.delete_thread(uuid) to anon, authenticated;

create function loacl.delete_thread(thread_id uuid)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.delete_thread(delete_thread.thread_id);
comment on function loacl.delete_thread(uuid) is
  'Deletes a thread of the calling visitor: `{id, deletedAt, restorableUntil}`. It is gone from every list at once, an answer that is being written is stopped, and for seven days restore_thread brings it back. Errors: thread_not_found.';
revoke all on function loacl.delete_thread(uuid) from public;
grant execute on function loacl.delete_thread(uuid) to anon, authenticated;

create function loacl_private.restore_thread(thread_id uuid)
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
comment on function loacl_private.restore_thread(uuid) is 'Does the work of loacl.restore_thread.';
revoke all on function loacl_private.restore_thread(uuid) from public;
grant execute on function loacl_private.restore_thread(uuid) to anon, authenticated;

create function loacl.restore_thread(thread_id uuid)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.restore_thread(restore_thread.thread_id);
comment on function loacl.restore_thread(uuid) is
  'Brings a deleted thread of the calling visitor back: `ThreadSummary`. Up to seven days after it was deleted, whether or not anything has purged since. Errors: thread_not_found.';
revoke all on function loacl.restore_thread(uuid) from public;
grant execute on function loacl.restore_thread(uuid) to anon, authenticated;

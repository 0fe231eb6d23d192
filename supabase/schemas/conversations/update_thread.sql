create function loacl.update_thread(thread_id uuid, title text default null, status text default null)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  select loacl_private.raise_error(400, 'invalid_body', 'A title has 1 to 200 characters.')
  where char_length(btrim(update_thread.title)) not between 1 and 200;

  select loacl_private.raise_error(400, 'invalid_body', '"status" must be "active" or "archived".')
  where update_thread.status not in ('active', 'archived');

  with updated as (
    update loacl.threads t
    set title = coalesce(btrim(update_thread.title), t.title), status = coalesce(update_thread.status, t.status)
    where t.id = update_thread.thread_id and t.session_id = any ((select loacl_private.own_session_ids())::uuid[])
    returning t as thread
  )
  select coalesce(
    (select loacl_private.to_thread_summary(updated.thread) from updated),
    loacl_private.raise_not_found('thread_not_found', 'There is no such conversation.')
  );
end;
comment on function loacl.update_thread(uuid, text, text) is
  'Renames, archives or brings back a thread of the calling visitor: `ThreadSummary`. What is null stays. Errors: thread_not_found, invalid_body.';
revoke all on function loacl.update_thread(uuid, text, text) from public;
grant execute on function loacl.update_thread(uuid, text, text) to anon, authenticated;

create function loacl_private.end_left_turns(assistant_id uuid, max_turns integer)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  perform loacl_private.end_overdue_turn(left_over.id)
  from (
    select t.id
    from loacl_private.turns t
    join loacl.threads thread on thread.id = t.thread_id
    where thread.assistant_id = end_left_turns.assistant_id
      and (
        (t.state = 'running' and t.lease_expires_at < now()) or (t.state = 'waiting' and t.wait_expires_at < now())
      )
    limit max_turns
    -- Who begins a turn waits for no other thread.
    for no key update of thread skip locked
  ) left_over;
end
$$;
comment on function loacl_private.end_left_turns(uuid, integer) is
  'Ends turns of an assistant whose worker has gone, or that have waited too long, and at which nobody looks any more. The caller holds the assistant.';
revoke all on function loacl_private.end_left_turns(uuid, integer) from public;

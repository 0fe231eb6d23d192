create function loacl_private.lock_turn(turn_id uuid)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  perform from loacl.assistants a
  where a.id = (
    select t.assistant_id
    from loacl_private.turns r
    join loacl.threads t on t.id = r.thread_id
    where r.id = lock_turn.turn_id
  )
  for key share;
  perform from loacl.threads t
  where t.id = (select r.thread_id from loacl_private.turns r where r.id = lock_turn.turn_id)
  for no key update;
end
$$;
comment on function loacl_private.lock_turn(uuid) is
  'Locks a turn''s assistant and then its thread to the end of the transaction, in the order of begin_turn and of deletions, so that none of them wait for each other. A turn that is still there afterwards can''t be deleted meanwhile.';
revoke all on function loacl_private.lock_turn(uuid) from public;

create function loacl_private.lock_leased_turn(turn_id uuid, lease uuid)
returns loacl_private.turns
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns;
begin
  perform loacl_private.lock_turn(lock_leased_turn.turn_id);
  select t.* into turn
  from loacl_private.turns t
  where t.id = lock_leased_turn.turn_id and t.lease = lock_leased_turn.lease
  for update;
  if not found then
    perform loacl_private.raise_error(409, 'turn_lease_lost', 'This turn is no longer yours.');
  end if;
  return turn;
end
$$;
comment on function loacl_private.lock_leased_turn(uuid, uuid) is
  'The turn that was last given this lease, locked to the end of the transaction. It may wait or have ended since. Errors: turn_lease_lost.';
revoke all on function loacl_private.lock_leased_turn(uuid, uuid) from public;

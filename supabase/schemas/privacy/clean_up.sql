create function loacl_private.purge_turn_chunks(max_turns integer)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  with old as (
    select t.id
    from loacl_private.turns t
    where t.ended_at < now() - interval '10 minutes' and t.purged_at is null
    order by t.ended_at
    limit max_turns
    for update skip locked
  ),
  purged as (
    update loacl_private.turns t set purged_at = now() from old where t.id = old.id returning t.id
  )
  delete from loacl_private.turn_chunks c using purged where c.turn_id = purged.id;
end
$$;
comment on function loacl_private.purge_turn_chunks(integer) is
  'Deletes what turns streamed that ended more than ten minutes ago, the oldest first.';
revoke all on function loacl_private.purge_turn_chunks(integer) from public;

create function loacl_private.is_overdue(turn loacl_private.turns)
returns boolean
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return (turn.state = 'running' and turn.lease_expires_at <= clock_timestamp())
    or (turn.state = 'waiting' and turn.wait_expires_at <= clock_timestamp());
end
$$;
comment on function loacl_private.is_overdue(loacl_private.turns) is 'Whether the worker of a turn has gone, or the turn has waited too long.';
revoke all on function loacl_private.is_overdue(loacl_private.turns) from public;

create function loacl_private.end_overdue_turn(turn_id uuid)
returns boolean
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns;
  answer_text text;
begin
  if not exists (
    select
    from loacl_private.turns t
    where t.id = end_overdue_turn.turn_id and loacl_private.is_overdue(t)
  ) then
    return false;
  end if;
  -- The thread before the turn, as whoever ends it: the log of the thread waits for it.
  perform loacl_private.lock_turn(end_overdue_turn.turn_id);
  select t.* into turn
  from loacl_private.turns t
  where t.id = end_overdue_turn.turn_id and loacl_private.is_overdue(t)
  for update;
  if not found then
    return false;
  end if;
  if turn.state = 'waiting' then
    return loacl_private.end_turn(turn.id, '{"state": "cut", "cutReason": "time_limit"}');
  end if;

  -- Somebody has read what was streamed, so it is kept, up to the longest message that is allowed. If this failed, every
  -- later look at the turn and every clean_up would fail too.
  select left(coalesce(string_agg(part ->> 'delta', '' order by c.seq, place), ''), 1000000) into answer_text
  from loacl_private.turn_chunks c
  cross join jsonb_array_elements(c.parts) with ordinality as p (part, place)
  where c.turn_id = turn.id and part ->> 'type' = 'text-delta';
  return loacl_private.end_turn(turn.id, jsonb_build_object(
    'state', 'failed',
    'errorCode', 'turn_abandoned',
    'content', answer_text,
    'parts', case when answer_text = '' then '[]' else jsonb_build_array(jsonb_build_object('type', 'text', 'text', answer_text)) end
  ));
end
$$;
comment on function loacl_private.end_overdue_turn(uuid) is
  'Ends a turn whose worker has gone, which its lease tells, or that has waited too long, and says whether it did.';
revoke all on function loacl_private.end_overdue_turn(uuid) from public;

create function loacl_private.clean_up()
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  perform loacl_private.end_overdue_turn(overdue.id)
  from (
    select t.id
    from loacl_private.turns t
    join loacl.threads thread on thread.id = t.thread_id
    where (t.state = 'running' and t.lease_expires_at < now()) or (t.state = 'waiting' and t.wait_expires_at < now())
    for no key update of thread skip locked
  ) overdue;
  perform loacl_private.purge_turn_chunks(100000);
  -- On a hosted project the Data API ends this after eight seconds, and rolls all of it back.
  perform loacl_private.purge_expired_data(interval '4 seconds');
  perform loacl_private.purge_rate_counters(100000);
  perform loacl_private.settle_left_turns(left_over.assistant_id, 1000)
  from (select distinct r.assistant_id from loacl_private.reservations r order by 1) left_over;
end
$$;
comment on function loacl_private.clean_up() is
  'For a scheduler, where there is one. Nothing depends on its having run: whoever looks does the same for what they look at.';
revoke all on function loacl_private.clean_up() from public;

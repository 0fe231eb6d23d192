create function loacl_private.purge_turn_chunks(max_turns integer)
returns integer
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  purged_ids uuid[];
begin
  with old as (
    select t.id
    from loacl_private.turns t
    where t.ended_at < now() - interval '10 minutes' and t.purged_at is null and t.is_folded
    order by t.ended_at
    limit max_turns
    for update skip locked
  ),
  purged as (
    update loacl_private.turns t set purged_at = now() from old where t.id = old.id returning t.id
  )
  select array_agg(p.id) into purged_ids from purged p;
  delete from loacl_private.turn_chunks c where c.turn_id = any (purged_ids);
  return coalesce(cardinality(purged_ids), 0);
end
$$;
comment on function loacl_private.purge_turn_chunks(integer) is
  'Deletes what turns streamed that ended more than ten minutes ago, the oldest first, and says of how many turns.';
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
    -- Nobody would take it over.
    or (turn.stop_requested_at is not null and loacl_private.has_missed_beats(turn))
    or (turn.state = 'waiting' and turn.wait_expires_at <= clock_timestamp());
end
$$;
comment on function loacl_private.is_overdue(loacl_private.turns) is
  'Whether the worker of a turn has gone, which two missed beats tell of a turn that is to stop and else its lease, or the turn has waited too long.';
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
  if loacl_private.is_unchecked(turn) then
    return loacl_private.end_turn(turn.id, '{"state": "failed", "errorCode": "moderation_unavailable"}');
  end if;

  -- Somebody has read what was streamed, so it is kept: its text here, up to the longest message that is allowed, and the rest
  -- by a function, which knows how parts fold. If this failed, every later look at the turn and every clean_up would fail too.
  select left(coalesce(string_agg(part ->> 'delta', '' order by c.seq, place), ''), 1000000) into answer_text
  from loacl_private.turn_chunks c
  cross join jsonb_array_elements(c.parts) with ordinality as p (part, place)
  where c.turn_id = turn.id and part ->> 'type' = 'text-delta';
  update loacl_private.turns t
  set is_folded = not exists (select from loacl_private.turn_chunks c where c.turn_id = t.id)
  where t.id = turn.id;
  return loacl_private.end_turn(turn.id, jsonb_build_object(
    -- Who has stopped it got what they wanted.
    'state', case when turn.stop_requested_at is null then 'failed' else 'stopped' end,
    'errorCode', 'turn_abandoned',
    -- Of nothing that was streamed the answer stays as it was, where it was to go on.
    'content', nullif(answer_text, ''),
    'parts', case when answer_text <> '' then jsonb_build_array(jsonb_build_object('type', 'text', 'text', answer_text)) end
  ));
end
$$;
comment on function loacl_private.end_overdue_turn(uuid) is
  'Ends a turn whose worker has gone, or that has waited too long, and says whether it did.';
revoke all on function loacl_private.end_overdue_turn(uuid) from public;

create function loacl_private.clean_up()
returns boolean
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  ended integer;
  purged integer;
  is_more boolean;
begin
  select count(loacl_private.end_overdue_turn(overdue.id)) into ended
  from (
    select t.id
    from loacl_private.turns t
    join loacl.threads thread on thread.id = t.thread_id
    where (t.state = 'running' and t.lease_expires_at < now()) or (t.state = 'waiting' and t.wait_expires_at < now())
    limit 100
    for no key update of thread skip locked
  ) overdue;
  purged := loacl_private.purge_turn_chunks(200);
  is_more := loacl_private.purge_expired_data(interval '1 second');
  perform loacl_private.purge_rate_counters(10000);
  perform loacl_private.purge_kept_stops(10000);
  perform loacl_private.settle_left_turns(left_over.assistant_id, 100)
  from (select distinct r.assistant_id from loacl_private.reservations r order by 1) left_over;
  return ended = 100 or purged = 200 or is_more;
end
$$;
comment on function loacl_private.clean_up() is
  'One batch of what a scheduler does, where there is one; says whether more is left. Nothing depends on its having run: whoever looks does the same for what they look at.';
revoke all on function loacl_private.clean_up() from public;

create function loacl_private.append_turn_parts(turn_id uuid, lease uuid, seq integer, parts jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns;
  known integer;
  tail jsonb;
begin
  select t.* into turn
  from loacl_private.turns t
  where t.id = append_turn_parts.turn_id and t.lease = append_turn_parts.lease and t.state = 'running'
  for update;
  if not found then
    perform loacl_private.raise_error(409, 'turn_lease_lost', 'This turn is no longer yours.');
  end if;
  if seq > turn.last_seq + 1 and parts <> '[]' then
    perform loacl_private.raise_error(500, 'internal', format('Part %s came, part %s was due.', seq, turn.last_seq + 1));
  end if;

  -- Sent again because an answer was lost, it begins with parts that are there.
  known := turn.last_seq + 1 - seq;
  select coalesce(jsonb_agg(p.part order by p.place), '[]') into tail
  from jsonb_array_elements(parts) with ordinality as p (part, place)
  where p.place > known;
  if tail <> '[]' then
    insert into loacl_private.turn_chunks (turn_id, seq, parts) values (turn.id, turn.last_seq + 1, tail);
  end if;
  update loacl_private.turns t
  set lease_expires_at = clock_timestamp() + loacl_private.lease_duration(), last_seq = t.last_seq + jsonb_array_length(tail)
  where t.id = turn.id;
  return jsonb_build_object('stopRequested', turn.stop_requested_at is not null);
end
$$;
comment on function loacl_private.append_turn_parts(uuid, uuid, integer, jsonb) is 'Does the work of loacl.append_turn_parts.';
revoke all on function loacl_private.append_turn_parts(uuid, uuid, integer, jsonb) from public;
grant execute on function loacl_private.append_turn_parts(uuid, uuid, integer, jsonb) to service_role;

create function loacl.append_turn_parts(turn_id uuid, lease uuid, seq integer, parts jsonb)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.append_turn_parts(
  append_turn_parts.turn_id, append_turn_parts.lease, append_turn_parts.seq, append_turn_parts.parts
);
comment on function loacl.append_turn_parts(uuid, uuid, integer, jsonb) is
  'For the functions: stores what a turn streamed, `seq` being the number of the first part, and renews the lease. Parts that are there already stay as they are. No parts: a heartbeat. Says whether the visitor wants it stopped. Errors: turn_lease_lost.';
revoke all on function loacl.append_turn_parts(uuid, uuid, integer, jsonb) from public;
grant execute on function loacl.append_turn_parts(uuid, uuid, integer, jsonb) to service_role;

create function loacl_private.append_turn_parts(turn_id uuid, lease uuid, seq integer, parts jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = ''
as $$
declare
  turn loacl_private.turns;
  appended integer := jsonb_array_length(parts);
begin
  update loacl_private.turns t
  set lease_expires_at = clock_timestamp() + loacl_private.lease_duration(),
    last_seq = case when append_turn_parts.seq = t.last_seq + 1 then t.last_seq + appended else t.last_seq end
  where t.id = append_turn_parts.turn_id and t.lease = append_turn_parts.lease and t.state = 'running'
  returning t.* into turn;
  if not found then
    perform loacl_private.raise_error(409, 'turn_lease_lost', 'This turn is no longer yours.');
  end if;
  -- The same append sent again, its answer having been lost, is already there.
  if appended > 0 and seq + appended - 1 > turn.last_seq then
    perform loacl_private.raise_error(500, 'internal', format('Part %s came, part %s was due.', seq, turn.last_seq + 1));
  end if;
  if appended > 0 then
    insert into loacl_private.turn_chunks (turn_id, seq, parts)
    values (append_turn_parts.turn_id, append_turn_parts.seq, append_turn_parts.parts)
    on conflict on constraint turn_chunks_pkey do nothing;
  end if;
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
set search_path = ''
return loacl_private.append_turn_parts(
  append_turn_parts.turn_id, append_turn_parts.lease, append_turn_parts.seq, append_turn_parts.parts
);
comment on function loacl.append_turn_parts(uuid, uuid, integer, jsonb) is
  'For the functions: stores what a turn streamed, `seq` being the number of the first part, and renews the lease. No parts: a heartbeat. Says whether the visitor wants it stopped. Errors: turn_lease_lost.';
revoke all on function loacl.append_turn_parts(uuid, uuid, integer, jsonb) from public;
grant execute on function loacl.append_turn_parts(uuid, uuid, integer, jsonb) to service_role;

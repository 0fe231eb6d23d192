create function loacl_private.finish_turn(turn_id uuid, lease uuid, outcome jsonb)
returns void
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns := loacl_private.lock_leased_turn(finish_turn.turn_id, finish_turn.lease);
begin
  if turn.state <> 'running' or outcome ->> 'state' in ('running', 'waiting') then
    perform loacl_private.raise_error(409, 'turn_lease_lost', 'This turn is no longer yours.');
  end if;
  perform loacl_private.end_turn(turn.id, outcome);
  update loacl.threads t set last_message_at = clock_timestamp() where t.id = turn.thread_id;
  -- Only what was answered to the end has follow-ups.
  if outcome ->> 'state' <> 'completed' then
    perform loacl_private.release_follow_ups(turn.id);
  end if;
end
$$;
comment on function loacl_private.finish_turn(uuid, uuid, jsonb) is 'Does the work of loacl.finish_turn.';
revoke all on function loacl_private.finish_turn(uuid, uuid, jsonb) from public;
grant execute on function loacl_private.finish_turn(uuid, uuid, jsonb) to service_role;

create function loacl.finish_turn(turn_id uuid, lease uuid, outcome jsonb)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  select loacl_private.finish_turn(finish_turn.turn_id, finish_turn.lease, finish_turn.outcome);
end;
comment on function loacl.finish_turn(uuid, uuid, jsonb) is
  'For the functions: ends a turn with its last step, once, and stores the answer, the provider''s items, and the usage with its cost, that of moderation included. Errors: turn_lease_lost.';
revoke all on function loacl.finish_turn(uuid, uuid, jsonb) from public;
grant execute on function loacl.finish_turn(uuid, uuid, jsonb) to service_role;

create function loacl_private.stop_turn(turn_id uuid, claims jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns;
begin
  perform loacl_private.lock_turn(stop_turn.turn_id);
  perform loacl_private.enter_turn(stop_turn.turn_id, stop_turn.claims);
  select t.* into turn from loacl_private.turns t where t.id = stop_turn.turn_id for update;
  if turn.state = 'running' then
    update loacl_private.turns t
    set stop_requested_at = coalesce(t.stop_requested_at, clock_timestamp())
    where t.id = turn.id;
  elsif turn.state = 'waiting' then
    -- It has no worker to ask.
    perform loacl_private.end_turn(turn.id, '{"state": "stopped"}');
    turn.state := 'stopped';
  end if;
  return jsonb_build_object('state', turn.state);
end
$$;
comment on function loacl_private.stop_turn(uuid, jsonb) is 'Does the work of loacl.stop_turn.';
revoke all on function loacl_private.stop_turn(uuid, jsonb) from public;
grant execute on function loacl_private.stop_turn(uuid, jsonb) to service_role;

create function loacl.stop_turn(turn_id uuid, claims jsonb default null)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.stop_turn(stop_turn.turn_id, stop_turn.claims);
comment on function loacl.stop_turn(uuid, jsonb) is
  'For the functions: asks the worker of a turn to stop, or ends a turn that waits, and gives the state that the turn is in. `claims`: of the visitor''s verified access token, where one came along. Errors: session_missing, session_invalid, turn_not_found.';
revoke all on function loacl.stop_turn(uuid, jsonb) from public;
grant execute on function loacl.stop_turn(uuid, jsonb) to service_role;

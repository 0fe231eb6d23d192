create function loacl_private.stop_turn(turn_id uuid)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = ''
as $$
declare
  turn loacl_private.turns := loacl_private.enter_turn(stop_turn.turn_id);
begin
  update loacl_private.turns t
  set stop_requested_at = coalesce(t.stop_requested_at, clock_timestamp())
  where t.id = turn.id and t.state = 'running';
  return jsonb_build_object('state', turn.state);
end
$$;
comment on function loacl_private.stop_turn(uuid) is 'Does the work of loacl.stop_turn.';
revoke all on function loacl_private.stop_turn(uuid) from public;
grant execute on function loacl_private.stop_turn(uuid) to service_role;

create function loacl.stop_turn(turn_id uuid)
returns jsonb
language sql
volatile
security invoker
set search_path = ''
return loacl_private.stop_turn(stop_turn.turn_id);
comment on function loacl.stop_turn(uuid) is
  'For the functions: asks the worker of a turn to stop, and gives the state that the turn is in. Errors: session_missing, session_invalid, turn_not_found.';
revoke all on function loacl.stop_turn(uuid) from public;
grant execute on function loacl.stop_turn(uuid) to service_role;

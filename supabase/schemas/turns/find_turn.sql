create function loacl_private.find_turn(thread_id text, claims jsonb)
returns uuid
language plpgsql
stable
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  session_ids uuid[];
begin
  perform loacl_private.refuse_replaced_token(loacl_private.require_session_token_hash());
  session_ids := loacl_private.find_own_session_ids(find_turn.claims);
  return (
    select turn.id
    from loacl_private.turns turn
    join loacl.threads t on t.id = turn.thread_id
    where t.id = loacl_private.find_thread_id(find_turn.thread_id, session_ids)
      and t.status <> 'deleted'
      and (
        (turn.state = 'running' and turn.lease_expires_at > now())
        or (turn.state = 'waiting' and turn.wait_expires_at > now())
      )
  );
end
$$;
comment on function loacl_private.find_turn(text, jsonb) is 'Does the work of loacl.find_turn.';
revoke all on function loacl_private.find_turn(text, jsonb) from public;
grant execute on function loacl_private.find_turn(text, jsonb) to service_role;

create function loacl.find_turn(thread_id text, claims jsonb default null)
returns uuid
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.find_turn(find_turn.thread_id, find_turn.claims);
comment on function loacl.find_turn(text, jsonb) is
  'For the functions: the turn that runs or waits in a thread of the visitor whose token the request carries, by either of the thread''s ids; null where there is none. `claims`: of the visitor''s verified access token, where one came along. Errors: session_missing, session_invalid, session_replaced.';
revoke all on function loacl.find_turn(text, jsonb) from public;
grant execute on function loacl.find_turn(text, jsonb) to service_role;

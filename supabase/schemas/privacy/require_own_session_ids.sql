create function loacl_private.require_own_session_ids()
returns uuid[]
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.find_caller_session_ids(nullif(current_setting('request.jwt.claims', true), '')::jsonb);
comment on function loacl_private.require_own_session_ids() is
  'All sessions of the calling visitor, on whatever device; none for a token that has made none yet. Errors: session_missing, session_invalid, session_replaced, session_expired, session_locked.';
revoke all on function loacl_private.require_own_session_ids() from public;

-- What is asked of a file says of a session that has ended, or is a signed-in user's, what everything else says: a page opens another
-- session, or asks for the user's token, and does not look for the file.
create or replace function loacl_private.find_caller_session_ids(claims jsonb)
returns uuid[]
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  hash bytea := loacl_private.require_session_token_hash();
  session_ids uuid[] := loacl_private.find_own_session_ids(find_caller_session_ids.claims);
  ends_at timestamptz;
begin
  if session_ids = '{}' then
    perform loacl_private.refuse_replaced_token(hash);
    select s.expires_at into ends_at
    from loacl_private.session_tokens k
    join loacl.sessions s on s.id = k.session_id
    where k.token_hash = hash;
    if ends_at > now() then
      perform loacl_private.raise_error(401, 'session_locked', 'This session is a signed-in user''s, and opens with their access token alone.');
    elsif found then
      perform loacl_private.raise_error(401, 'session_expired', 'This session has ended.');
    end if;
  end if;
  return session_ids;
end
$$;
comment on function loacl_private.find_caller_session_ids(jsonb) is
  'find_own_session_ids for a request that needs a token, and says of one that opens nothing why; none for a token that has made no session yet. Errors: session_missing, session_invalid, session_replaced, session_expired, session_locked.';
revoke all on function loacl_private.find_caller_session_ids(jsonb) from public;

create or replace function loacl_private.require_own_session_ids()
returns uuid[]
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.find_caller_session_ids(nullif(current_setting('request.jwt.claims', true), '')::jsonb);
comment on function loacl_private.require_own_session_ids() is
  'All sessions of the calling visitor, on whatever device; none for a token that has made none yet. Errors: session_missing, session_invalid, session_replaced, session_expired, session_locked.';
revoke all on function loacl_private.require_own_session_ids() from public;

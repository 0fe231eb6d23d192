create function loacl_private.find_person_session_ids(session_ids uuid[])
returns setof uuid
language sql
stable
security invoker
set search_path = ''
begin atomic
  select s.id from loacl.sessions s where s.id = any (find_person_session_ids.session_ids)
  union
  select other.id
  from loacl.sessions s
  join loacl.sessions other on other.assistant_id = s.assistant_id
    and (other.user_id = s.user_id or other.external_id = s.external_id)
  where s.id = any (find_person_session_ids.session_ids);
end;
comment on function loacl_private.find_person_session_ids(uuid[]) is
  'These sessions and, where their visitors are signed in, those of the same people on other devices, with the same assistant.';
revoke all on function loacl_private.find_person_session_ids(uuid[]) from public;

create function loacl_private.require_own_session_ids()
returns uuid[]
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  hash bytea := loacl_private.require_session_token_hash();
  session_ids uuid[] := array(select loacl_private.own_session_ids());
begin
  if session_ids = '{}' and exists (select from loacl_private.session_tokens k where k.token_hash = hash) then
    perform loacl_private.raise_error(401, 'session_expired', 'This session has ended.');
  end if;
  return array(select loacl_private.find_person_session_ids(session_ids));
end
$$;
comment on function loacl_private.require_own_session_ids() is
  'All sessions of the calling visitor, on whatever device; none for a token that has made none yet. Errors: session_missing, session_invalid, session_expired.';
revoke all on function loacl_private.require_own_session_ids() from public;

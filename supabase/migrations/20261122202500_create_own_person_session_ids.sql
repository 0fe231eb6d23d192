create function loacl_private.find_person_session_ids(session_ids uuid[])
returns setof uuid
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  with known as (
    select s.id, s.assistant_id, s.user_id, s.external_id
    from loacl.sessions s
    where s.id = any (find_person_session_ids.session_ids)
  )
  select k.id from known k
  union
  select s.id from known k join loacl.sessions s on s.user_id = k.user_id and s.assistant_id = k.assistant_id
  union
  select s.id from known k join loacl.sessions s on s.external_id = k.external_id and s.assistant_id = k.assistant_id;
end
$$;
comment on function loacl_private.find_person_session_ids(uuid[]) is
  'These sessions and, where their visitors are signed in, those of the same people on other devices, with the same assistant.';
revoke all on function loacl_private.find_person_session_ids(uuid[]) from public;

create function loacl_private.require_own_session_ids()
returns uuid[]
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
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

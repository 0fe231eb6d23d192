create or replace function loacl_private.find_person_session_ids(session_ids uuid[])
returns setof uuid
language sql
stable
security invoker
set search_path = ''
begin atomic
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
end;

create function loacl_private.find_own_session_ids(claims jsonb)
returns setof uuid
language sql
stable
security invoker
set search_path = ''
begin atomic
  with known as (
    select s.id, s.assistant_id, s.user_id, s.external_id
    from loacl_private.session_tokens k
    join loacl.sessions s on s.id = k.session_id
    where k.token_hash = loacl_private.hash_session_token(loacl_private.read_header('x-loacl-session'))
      and s.expires_at > now()
      and (s.user_id is null or s.user_id = loacl_private.find_live_user(find_own_session_ids.claims))
  )
  select k.id from known k
  union
  -- Those of other devices have ended or not: it is this device's session that says who asks.
  select s.id from known k join loacl.sessions s on s.user_id = k.user_id and s.assistant_id = k.assistant_id
  union
  select s.id from known k join loacl.sessions s on s.external_id = k.external_id and s.assistant_id = k.assistant_id;
end;
comment on function loacl_private.find_own_session_ids(jsonb) is
  'The sessions of the visitor whose token the request carries, with those of the same person on other devices. `claims`: of the verified access token that came along.';
revoke all on function loacl_private.find_own_session_ids(jsonb) from public;

create or replace function loacl_private.own_session_ids()
returns setof uuid
language sql
stable
security definer -- reads session_tokens
set search_path = ''
begin atomic
  select loacl_private.find_own_session_ids((select auth.jwt()));
end;
comment on function loacl_private.own_session_ids() is
  'The calling visitor''s sessions, by the token in the request, and those of the same person on other devices; none where there is no token, it has expired, or it is bound to a user who isn''t signed in. The visitor''s half of every policy.';

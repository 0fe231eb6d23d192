create function loacl_private.find_live_user(claims jsonb)
returns uuid
language plpgsql -- bound late: Auth may change its table without asking this function
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  auth_session_id uuid;
  subject uuid;
begin
  -- A project may take the tokens of other services, too, which name people and sessions in their own ways.
  if claims ->> 'is_anonymous' = 'true'
    or pg_input_is_valid(claims ->> 'session_id', 'uuid') is not true
    or pg_input_is_valid(claims ->> 'sub', 'uuid') is not true
  then
    return null;
  end if;
  auth_session_id := claims ->> 'session_id';
  subject := claims ->> 'sub';
  return (
    select s.user_id
    from auth.sessions s
    join auth.users u on u.id = s.user_id
    where s.id = auth_session_id
      and s.user_id = subject
      and (s.not_after is null or s.not_after > now())
      and (u.banned_until is null or u.banned_until <= now())
  );
end
$$;
comment on function loacl_private.find_live_user(jsonb) is
  'The Supabase user of an access token whose claims have been verified, while their session with Auth goes on and they are not banned: signing out and a ban end it at once, not only when the token runs out. null for anonymous users and for those of other services, who are guests.';
revoke all on function loacl_private.find_live_user(jsonb) from public;

create function loacl_private.sign_out_session()
returns void
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  hash bytea := loacl_private.require_session_token_hash();
begin
  -- A token that was nobody's leaves no trace: anybody can make them up.
  if exists (select from loacl_private.session_tokens k where k.token_hash = hash) then
    perform loacl_private.replace_session_token(hash);
  end if;
end
$$;
comment on function loacl_private.sign_out_session() is 'Does the work of loacl.sign_out_session.';
revoke all on function loacl_private.sign_out_session() from public;
grant execute on function loacl_private.sign_out_session() to service_role;

create function loacl.sign_out_session()
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.sign_out_session();
comment on function loacl.sign_out_session() is
  'For the functions: forgets the request''s token, which is worth nothing from then on. What was written stays: a person finds it when they identify themselves again, a guest never. Safe to repeat. Errors: session_missing, session_invalid.';
revoke all on function loacl.sign_out_session() from public;
grant execute on function loacl.sign_out_session() to service_role;

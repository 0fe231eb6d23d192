create function loacl_private.get_operator_role(user_id uuid)
returns text
language sql
stable
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
begin atomic
  select o.role
  from loacl_private.operators o
  join auth.users u on u.id = o.user_id
  where o.user_id = get_operator_role.user_id and u.is_anonymous is not true;
end;
comment on function loacl_private.get_operator_role(uuid) is 'Does the work of loacl.get_operator_role.';
revoke all on function loacl_private.get_operator_role(uuid) from public;
grant execute on function loacl_private.get_operator_role(uuid) to service_role;

create function loacl.get_operator_role(user_id uuid)
returns text
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.get_operator_role(get_operator_role.user_id);
comment on function loacl.get_operator_role(uuid) is
  'For the functions: `admin`, `operator`, or null for an account that is neither, as an anonymous one always is. Whether the user is signed in is the caller''s to check.';
revoke all on function loacl.get_operator_role(uuid) from public;
grant execute on function loacl.get_operator_role(uuid) to service_role;

create function loacl_private.lock_operator(user_id uuid)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  perform from loacl_private.operators o where o.user_id = lock_operator.user_id for no key update;
  if not found then
    perform loacl_private.raise_error(403, 'not_operator', 'Only an operator of this project may do this.');
  end if;
end
$$;
comment on function loacl_private.lock_operator(uuid) is
  'Makes an operator''s changes of secrets wait for each other, to the end of the transaction. Errors: not_operator.';
revoke all on function loacl_private.lock_operator(uuid) from public;

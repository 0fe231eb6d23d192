-- The functions call with the project's secret key. They have verified the visitor's access token, and hand its claims over.
create function loacl_private.with_live_user(request jsonb)
returns jsonb
language sql
stable
security definer -- service_role doesn't read Auth's sessions
set search_path = pg_catalog, pg_temp
return request || jsonb_build_object('userId', loacl_private.find_live_user(request -> 'claims'));
comment on function loacl_private.with_live_user(jsonb) is
  'The request with the `userId` that its `claims` prove, null where they prove none.';
revoke all on function loacl_private.with_live_user(jsonb) from public;
grant execute on function loacl_private.with_live_user(jsonb) to service_role;

-- Two schemas: `loacl` is served by the Data API, `loacl_private` never is.

create schema loacl;
comment on schema loacl is 'LOACL: what visitors and operators reach through the Data API. Every grant is explicit, every table has row security.';
revoke all on schema loacl from public;
grant usage on schema loacl to anon, authenticated, service_role;

create schema loacl_private;
comment on schema loacl_private is 'LOACL: never exposed. No role of the Data API has USAGE; exposed functions reach into it because their bodies bind when they are created.';
revoke all on schema loacl_private from public;

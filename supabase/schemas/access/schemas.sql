-- Two schemas: `loacl` is served by the Data API, `loacl_private` never is.

create schema loacl;
comment on schema loacl is 'LOACL: what visitors and operators reach through the Data API. Every grant is explicit, every table has row security.';
revoke all on schema loacl from public;
grant usage on schema loacl to anon, authenticated, service_role;

create schema loacl_private;
comment on schema loacl_private is 'LOACL: never exposed. No role of the Data API has USAGE; exposed functions reach into it because their bodies bind when they are created.';
revoke all on schema loacl_private from public;

-- Every function has `set search_path = pg_catalog, pg_temp`.
-- An empty search path still finds types and tables of `pg_temp`, and before those of `pg_catalog`: who can run SQL as
-- `anon` could make a domain `pg_temp.text` whose check runs with the rights of a definer function's owner. Bodies bound
-- at creation are safe from that, those of plpgsql and of `auth.uid()`, which take on their caller's path, are not.

create table loacl_private.operators (
  user_id uuid primary key references auth.users (id) on delete cascade,
  role text not null default 'operator',
  created_at timestamptz not null default now(),
  constraint operators_role check (role in ('admin', 'operator'))
);
alter table loacl_private.operators enable row level security;
revoke all on table loacl_private.operators from public, anon, authenticated, service_role;
comment on table loacl_private.operators is
  'Who may own assistants. Visitors can have accounts in the same project, so being signed in says nothing: a row here does.';
comment on column loacl_private.operators.role is 'operator: owns assistants. admin: the same, and puts everybody''s secrets under a new key of the ring.';

-- What every policy asks, here and in own_assistant_ids, own_session_ids and own_deleted_thread_ids, is in plpgsql. A
-- body in SQL with a search path of its own is planned again in each statement that calls it, and that took longer than
-- all the rest of a short query. One in plpgsql is planned once per connection.
create function loacl_private.is_operator()
returns boolean
language plpgsql
stable
security definer -- callers can't read operators
set search_path = pg_catalog, pg_temp
as $$
declare
  caller_id uuid := auth.uid(); -- in a query it would be called for each row
begin
  return exists (select from loacl_private.operators o where o.user_id = caller_id)
    and auth.jwt() ->> 'is_anonymous' is distinct from 'true';
end
$$;
comment on function loacl_private.is_operator() is 'Whether the signed-in caller is an operator. An anonymous user never is.';
revoke all on function loacl_private.is_operator() from public;
grant execute on function loacl_private.is_operator() to anon, authenticated;

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
comment on column loacl_private.operators.role is 'admin: may also add and remove operators. operator: owns assistants.';

create function loacl_private.is_operator()
returns boolean
language sql
stable
security definer -- callers can't read operators
set search_path = ''
return (
  exists (select from loacl_private.operators o where o.user_id = (select auth.uid()))
  and coalesce((select auth.jwt() ->> 'is_anonymous'), 'false') <> 'true'
);
comment on function loacl_private.is_operator() is 'Whether the signed-in caller is an operator. An anonymous user never is.';
revoke all on function loacl_private.is_operator() from public;
grant execute on function loacl_private.is_operator() to anon, authenticated;

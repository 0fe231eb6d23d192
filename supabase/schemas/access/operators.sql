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
create function loacl_private.own_team_ids()
returns uuid[]
language plpgsql
stable
security definer -- callers can't read operators
set search_path = pg_catalog, pg_temp
as $$
declare
  claims jsonb := nullif(current_setting('request.jwt.claims', true), '')::jsonb;
  caller_id uuid;
begin
  if claims ->> 'is_anonymous' = 'true' or pg_input_is_valid(claims ->> 'sub', 'uuid') is not true then
    return '{}';
  end if;
  caller_id := claims ->> 'sub';
  return array(select o.user_id from loacl_private.operators o where o.user_id = caller_id);
end
$$;
comment on function loacl_private.own_team_ids() is
  'Whose assistants and knowledge the calling operator has: `owner_id` of those rows. The operator themself; nobody for anybody else, anonymous users included. Every policy for operators asks it, or own_assistant_ids.';
revoke all on function loacl_private.own_team_ids() from public;
grant execute on function loacl_private.own_team_ids() to anon, authenticated;

create table loacl.threads (
  id uuid primary key default gen_random_uuid(),
  session_id uuid not null,
  assistant_id uuid not null,
  client_id text,
  title text,
  status text not null default 'active',
  last_message_at timestamptz not null default now(),
  deleted_at timestamptz,
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint threads_session_fkey foreign key (session_id, assistant_id)
    references loacl.sessions (id, assistant_id) on delete cascade,
  constraint threads_id_session_id_assistant_id_key unique (id, session_id, assistant_id),
  constraint threads_client_id_format check (client_id ~ '^[!-~]{1,128}$'),
  constraint threads_title_length check (char_length(btrim(title)) between 1 and 200),
  constraint threads_status check (status in ('active', 'archived', 'deleted')),
  constraint threads_deleted_at_status check ((deleted_at is not null) = (status = 'deleted')),
  constraint threads_metadata_object check (jsonb_typeof(metadata) = 'object')
);

create unique index threads_client_id_session_id_key on loacl.threads (client_id, session_id) where status <> 'deleted';
comment on index loacl.threads_client_id_session_id_key is 'Serves: a thread by the id that its client gave it. One that was deleted leaves its id to the next.';
create index threads_session_id_last_message_at_idx on loacl.threads (session_id, last_message_at desc, id desc);
comment on index loacl.threads_session_id_last_message_at_idx is 'Serves: a visitor''s list of threads; the deletion of a session.';
create index threads_assistant_id_last_message_at_idx on loacl.threads (assistant_id, last_message_at desc, id desc);
comment on index loacl.threads_assistant_id_last_message_at_idx is 'Serves: an operator''s latest conversations; those past an assistant''s retention.';
create index threads_deleted_at_idx on loacl.threads (deleted_at) where deleted_at is not null;
comment on index loacl.threads_deleted_at_idx is 'Serves: deleted threads that can be purged.';
create index threads_session_id_deleted_idx on loacl.threads (session_id) where status = 'deleted';
comment on index loacl.threads_session_id_deleted_idx is 'Serves: a visitor''s deleted threads, whose contents are hidden from them.';

create trigger threads_set_updated_at before update on loacl.threads
  for each row execute function loacl_private.set_updated_at();

create function loacl_private.set_deleted_at()
returns trigger
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  new.deleted_at := case when new.status = 'deleted' then coalesce(new.deleted_at, now()) end;
  return new;
end
$$;
comment on function loacl_private.set_deleted_at() is 'Trigger: sets deleted_at when a thread is deleted, and clears it when it is restored.';
revoke all on function loacl_private.set_deleted_at() from public;

create trigger threads_set_deleted_at before insert or update of status on loacl.threads
  for each row execute function loacl_private.set_deleted_at();

alter table loacl.threads enable row level security;
revoke all on table loacl.threads from public, anon, authenticated, service_role;
grant select on table loacl.threads to anon, authenticated;
grant update (title, status) on table loacl.threads to anon, authenticated;
grant select, insert, update, delete on table loacl.threads to service_role;
comment on table loacl.threads is
  'A conversation. Visitors see theirs, and may rename and archive them; operators see those of their assistants.';
comment on column loacl.threads.assistant_id is 'The session''s assistant, here so that a policy asks one indexed question.';
comment on column loacl.threads.client_id is
  'Made by the client that began it: 1 to 128 visible ASCII characters. Looked up in the caller''s sessions alone.';
comment on column loacl.threads.title is 'null until the first answer, or the visitor, gives one.';
comment on column loacl.threads.status is 'deleted: gone for the visitor, and can be undone until it is purged.';
comment on column loacl.threads.deleted_at is 'When it was deleted. Seven days later it is purged.';
comment on column loacl.threads.metadata is 'The host''s own data. The visitor can read it.';

-- `anon` has a policy of its own, without the operator's half: only somebody signed in can be an operator. Without an `or`
-- the planner can always use an index, even where a visitor asks for the whole table.
create policy threads_select_visitor on loacl.threads for select to anon
  using (session_id = any ((select loacl_private.own_session_ids())::uuid[]) and status <> 'deleted');
create policy threads_select_own on loacl.threads for select to authenticated
  using (
    (session_id = any ((select loacl_private.own_session_ids())::uuid[]) and status <> 'deleted')
    or assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[])
  );
create policy threads_update_visitor on loacl.threads for update to anon
  using (session_id = any ((select loacl_private.own_session_ids())::uuid[]) and status <> 'deleted')
  with check (session_id = any ((select loacl_private.own_session_ids())::uuid[]) and status <> 'deleted');
create policy threads_update_own on loacl.threads for update to authenticated
  using (
    (session_id = any ((select loacl_private.own_session_ids())::uuid[]) and status <> 'deleted')
    or assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[])
  )
  with check (
    (session_id = any ((select loacl_private.own_session_ids())::uuid[]) and status <> 'deleted')
    or assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[])
  );

create function loacl_private.to_thread_summary(thread loacl.threads)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return jsonb_build_object(
    'id', (thread).id,
    'title', (thread).title,
    'status', (thread).status,
    'createdAt', (thread).created_at,
    'lastMessageAt', (thread).last_message_at
  );
end
$$;
comment on function loacl_private.to_thread_summary(loacl.threads) is 'A thread as it travels: `ThreadSummary`.';
revoke all on function loacl_private.to_thread_summary(loacl.threads) from public;
grant execute on function loacl_private.to_thread_summary(loacl.threads) to anon, authenticated;

-- What was said in a deleted thread is as gone for its visitor as the thread is.
create function loacl_private.own_deleted_thread_ids()
returns uuid[]
language plpgsql
stable
security definer -- visitors can't see them
set search_path = pg_catalog, pg_temp
as $$
begin
  -- One query: with the ids in a variable it would be planned at each call, for that number of ids.
  return array(
    select t.id
    from loacl.threads t
    where t.status = 'deleted'
      and t.session_id = any (
        (select loacl_private.find_own_session_ids(nullif(current_setting('request.jwt.claims', true), '')::jsonb))::uuid[]
      )
  );
end
$$;
comment on function loacl_private.own_deleted_thread_ids() is
  'The calling visitor''s threads that are deleted and not yet purged. A policy calls this once per statement; a look at each row''s thread would run once per row.';
revoke all on function loacl_private.own_deleted_thread_ids() from public;
grant execute on function loacl_private.own_deleted_thread_ids() to anon, authenticated;

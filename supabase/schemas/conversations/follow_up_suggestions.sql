create table loacl.follow_up_suggestions (
  id uuid primary key default gen_random_uuid(),
  message_id uuid not null references loacl.messages (id) on delete cascade,
  thread_id uuid not null,
  session_id uuid not null,
  assistant_id uuid not null,
  position integer not null,
  suggestion text not null,
  used_at timestamptz,
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now(),
  constraint follow_up_suggestions_thread_fkey foreign key (thread_id, session_id, assistant_id)
    references loacl.threads (id, session_id, assistant_id) on delete cascade,
  constraint follow_up_suggestions_message_id_position_key unique (message_id, position),
  constraint follow_up_suggestions_suggestion_length check (char_length(suggestion) between 1 and 500),
  constraint follow_up_suggestions_metadata_object check (jsonb_typeof(metadata) = 'object')
);

create index follow_up_suggestions_thread_id_idx on loacl.follow_up_suggestions (thread_id);
comment on index loacl.follow_up_suggestions_thread_id_idx is 'Serves: the deletion of a thread.';
create index follow_up_suggestions_session_id_idx on loacl.follow_up_suggestions (session_id);
comment on index loacl.follow_up_suggestions_session_id_idx is 'Serves: the policies'' question, where a query names no message.';
create index follow_up_suggestions_assistant_id_idx on loacl.follow_up_suggestions (assistant_id);
comment on index loacl.follow_up_suggestions_assistant_id_idx is 'Serves: an operator''s look at what is suggested and used.';

alter table loacl.follow_up_suggestions enable row level security;
revoke all on table loacl.follow_up_suggestions from public, anon, authenticated, service_role;
grant select on table loacl.follow_up_suggestions to anon, authenticated;
grant update (used_at) on table loacl.follow_up_suggestions to anon, authenticated;
grant select, insert, update, delete on table loacl.follow_up_suggestions to service_role;
comment on table loacl.follow_up_suggestions is
  'Questions suggested after an answer. Visitors see theirs and mark one used; operators see those of their assistants.';
comment on column loacl.follow_up_suggestions.position is 'Order under the answer, 1 for the first.';
comment on column loacl.follow_up_suggestions.used_at is 'When the visitor first chose it. It can''t be unset.';
comment on column loacl.follow_up_suggestions.metadata is 'The host''s own data. The visitor can read it.';

-- `anon` has a policy of its own, without the operator's half: only somebody signed in can be an operator. Without an `or`
-- the planner can always use an index, even where a visitor asks for the whole table.
create policy follow_up_suggestions_select_visitor on loacl.follow_up_suggestions for select to anon
  using (
    session_id = any ((select loacl_private.own_session_ids())::uuid[])
    and thread_id <> all ((select loacl_private.own_deleted_thread_ids())::uuid[])
  );
create policy follow_up_suggestions_select_own on loacl.follow_up_suggestions for select to authenticated
  using (
    (
      session_id = any ((select loacl_private.own_session_ids())::uuid[])
      and thread_id <> all ((select loacl_private.own_deleted_thread_ids())::uuid[])
    )
    or assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[])
  );
-- The visitor's alone: an operator looks at what was used and doesn't say so.
create policy follow_up_suggestions_update_own on loacl.follow_up_suggestions for update to anon, authenticated
  using (
    session_id = any ((select loacl_private.own_session_ids())::uuid[])
    and thread_id <> all ((select loacl_private.own_deleted_thread_ids())::uuid[])
  )
  with check (session_id = any ((select loacl_private.own_session_ids())::uuid[]) and used_at is not null);

create table loacl.message_feedback (
  id uuid primary key default gen_random_uuid(),
  message_id uuid not null references loacl.messages (id) on delete cascade,
  thread_id uuid not null,
  session_id uuid not null,
  assistant_id uuid not null,
  value text not null,
  comment text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- A thread is one person's, so one per message is one per message and person.
  constraint message_feedback_message_id_key unique (message_id),
  constraint message_feedback_thread_fkey foreign key (thread_id, session_id, assistant_id)
    references loacl.threads (id, session_id, assistant_id) on delete cascade,
  constraint message_feedback_value check (value in ('up', 'down')),
  constraint message_feedback_comment_length check (char_length(btrim(comment)) between 1 and 2000)
);

create index message_feedback_thread_id_idx on loacl.message_feedback (thread_id);
comment on index loacl.message_feedback_thread_id_idx is 'Serves: those of a thread; the deletion of a thread.';
create index message_feedback_session_id_idx on loacl.message_feedback (session_id);
comment on index loacl.message_feedback_session_id_idx is 'Serves: the policies'' question, where a query names no message.';
create index message_feedback_assistant_id_created_at_idx on loacl.message_feedback (assistant_id, created_at desc);
comment on index loacl.message_feedback_assistant_id_created_at_idx is 'Serves: an operator''s latest feedback.';

create trigger message_feedback_set_place before insert on loacl.message_feedback
  for each row execute function loacl_private.set_place_from_message();

create trigger message_feedback_set_updated_at before update on loacl.message_feedback
  for each row execute function loacl_private.set_updated_at();

create trigger message_feedback_log_changed after insert or update or delete on loacl.message_feedback
  for each row execute function loacl_private.log_thread_event('feedback_changed');

alter table loacl.message_feedback enable row level security;
revoke all on table loacl.message_feedback from public, anon, authenticated, service_role;
grant select, delete on table loacl.message_feedback to anon, authenticated;
grant insert (message_id, value, comment) on table loacl.message_feedback to anon, authenticated;
grant update (value, comment) on table loacl.message_feedback to anon, authenticated;
grant select, insert, update, delete on table loacl.message_feedback to service_role;
comment on table loacl.message_feedback is
  'What a visitor thinks of an answer. Visitors give, change and take back their own; operators see that of their assistants.';
comment on column loacl.message_feedback.thread_id is 'The message''s, as the next two: taken from it by trigger.';
comment on column loacl.message_feedback.comment is 'Why, in the visitor''s words.';

-- `anon` has a policy of its own, without the operator's half: only somebody signed in can be an operator. Without an `or`
-- the planner can always use an index, even where a visitor asks for the whole table.
create policy message_feedback_select_visitor on loacl.message_feedback for select to anon
  using (
    session_id = any ((select loacl_private.own_session_ids())::uuid[])
    and thread_id <> all ((select loacl_private.own_deleted_thread_ids())::uuid[])
  );
create policy message_feedback_select_own on loacl.message_feedback for select to authenticated
  using (
    (
      session_id = any ((select loacl_private.own_session_ids())::uuid[])
      and thread_id <> all ((select loacl_private.own_deleted_thread_ids())::uuid[])
    )
    or assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[])
  );
-- The three others are the visitor's alone: an operator reads what visitors think and doesn't say it for them.
create policy message_feedback_insert_own on loacl.message_feedback for insert to anon, authenticated
  with check (
    session_id = any ((select loacl_private.own_session_ids())::uuid[])
    and exists (select from loacl.messages m where m.id = message_feedback.message_id and m.role = 'assistant')
  );
create policy message_feedback_update_own on loacl.message_feedback for update to anon, authenticated
  using (
    session_id = any ((select loacl_private.own_session_ids())::uuid[])
    and thread_id <> all ((select loacl_private.own_deleted_thread_ids())::uuid[])
  )
  with check (session_id = any ((select loacl_private.own_session_ids())::uuid[]));
create policy message_feedback_delete_own on loacl.message_feedback for delete to anon, authenticated
  using (
    session_id = any ((select loacl_private.own_session_ids())::uuid[])
    and thread_id <> all ((select loacl_private.own_deleted_thread_ids())::uuid[])
  );

create function loacl.set_feedback(message_id uuid, value text, comment text default null)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  select loacl_private.raise_error(400, 'invalid_body', '"value" must be "up", "down" or null.')
  where set_feedback.value not in ('up', 'down');

  select loacl_private.raise_error(400, 'invalid_body', 'A comment has at most 2000 characters.')
  where char_length(btrim(set_feedback.comment)) > 2000;

  select loacl_private.raise_not_found('message_not_found', 'There is no such answer.')
  where not exists (
    select
    from loacl.messages m
    where m.id = set_feedback.message_id
      and m.role = 'assistant'
      and m.session_id = any ((select loacl_private.own_session_ids())::uuid[])
  );

  delete from loacl.message_feedback f
  where f.message_id = set_feedback.message_id and set_feedback.value is null;

  insert into loacl.message_feedback (message_id, value, comment)
  select set_feedback.message_id, set_feedback.value, nullif(btrim(set_feedback.comment), '')
  where set_feedback.value is not null
  on conflict on constraint message_feedback_message_id_key
    do update set value = excluded.value, comment = excluded.comment;

  select case when set_feedback.value is not null then
    jsonb_build_object('value', set_feedback.value, 'comment', nullif(btrim(set_feedback.comment), ''))
  end;
end;
comment on function loacl.set_feedback(uuid, text, text) is
  'Gives, changes or (with null) takes back what the calling visitor thinks of an answer: `{value, comment}` or null. Errors: message_not_found, invalid_body.';
revoke all on function loacl.set_feedback(uuid, text, text) from public;
grant execute on function loacl.set_feedback(uuid, text, text) to anon, authenticated;

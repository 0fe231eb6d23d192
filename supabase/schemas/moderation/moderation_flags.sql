create table loacl.moderation_flags (
  id uuid primary key default gen_random_uuid(),
  message_id uuid not null references loacl.messages (id) on delete cascade,
  thread_id uuid not null,
  session_id uuid not null,
  assistant_id uuid not null,
  direction text not null,
  categories text[] not null default '{}',
  model text not null,
  created_at timestamptz not null default now(),
  constraint moderation_flags_thread_fkey foreign key (thread_id, session_id, assistant_id)
    references loacl.threads (id, session_id, assistant_id) on delete cascade,
  constraint moderation_flags_direction check (direction in ('input', 'output')),
  constraint moderation_flags_categories_count check (cardinality(categories) <= 50),
  constraint moderation_flags_model_length check (char_length(model) between 1 and 200)
);

create index moderation_flags_message_id_idx on loacl.moderation_flags (message_id);
comment on index loacl.moderation_flags_message_id_idx is 'Serves: those of a message; the deletion of a message.';
create index moderation_flags_thread_id_idx on loacl.moderation_flags (thread_id);
comment on index loacl.moderation_flags_thread_id_idx is 'Serves: those of a thread; the deletion of a thread.';
create index moderation_flags_assistant_id_created_at_idx on loacl.moderation_flags (assistant_id, created_at desc);
comment on index loacl.moderation_flags_assistant_id_created_at_idx is 'Serves: an operator''s latest flags.';

create trigger moderation_flags_set_place before insert on loacl.moderation_flags
  for each row execute function loacl_private.set_place_from_message();

alter table loacl.moderation_flags enable row level security;
revoke all on table loacl.moderation_flags from public, anon, authenticated, service_role;
grant select on table loacl.moderation_flags to authenticated;
grant select, insert, update, delete on table loacl.moderation_flags to service_role;
comment on table loacl.moderation_flags is
  'Messages that moderation has flagged. Operators see those of their assistants; only the functions write, and visitors never read it. Of an answer this is all that is left, with its time and its cost.';
comment on column loacl.moderation_flags.message_id is 'The visitor''s message, or the answer that was withdrawn.';
comment on column loacl.moderation_flags.thread_id is 'The message''s, as the next two: taken from it by trigger.';
comment on column loacl.moderation_flags.direction is 'input: what the visitor wrote. output: what the model did.';
comment on column loacl.moderation_flags.categories is 'As the provider names them; none where it named none.';
comment on column loacl.moderation_flags.model is 'The moderation model that was asked.';

create policy moderation_flags_select_own on loacl.moderation_flags for select to authenticated
  using (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));

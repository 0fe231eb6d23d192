create table loacl.guided_questions (
  id uuid primary key default gen_random_uuid(),
  assistant_id uuid not null references loacl.assistants (id) on delete cascade,
  question text not null,
  category text,
  priority integer not null default 0,
  is_active boolean not null default true,
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint guided_questions_question_length check (char_length(btrim(question)) between 1 and 500),
  constraint guided_questions_category_length check (char_length(btrim(category)) between 1 and 100),
  constraint guided_questions_metadata_object check (jsonb_typeof(metadata) = 'object')
);

create index guided_questions_assistant_id_priority_idx on loacl.guided_questions (assistant_id, priority desc, created_at);
comment on index loacl.guided_questions_assistant_id_priority_idx is 'Serves: open_session''s list; the deletion of an assistant.';
create unique index guided_questions_asked_once_idx on loacl.guided_questions (assistant_id, btrim(question)) where is_active;
comment on index loacl.guided_questions_asked_once_idx is 'Holds: no question twice among those that an assistant shows.';

create trigger guided_questions_set_updated_at before update on loacl.guided_questions
  for each row execute function loacl_private.set_updated_at();

alter table loacl.guided_questions enable row level security;
revoke all on table loacl.guided_questions from public, anon, authenticated, service_role;
grant select, delete on table loacl.guided_questions to authenticated;
grant insert (assistant_id, question, category, priority, is_active, metadata) on table loacl.guided_questions to authenticated;
grant update (question, category, priority, is_active, metadata) on table loacl.guided_questions to authenticated;
grant select, insert, update, delete on table loacl.guided_questions to service_role;
comment on table loacl.guided_questions is
  'Questions that a visitor can begin with. Operators write those of their assistants; visitors get the active ones from open_session.';
comment on column loacl.guided_questions.priority is 'The highest comes first.';
comment on column loacl.guided_questions.metadata is 'The host''s own data.';

create policy guided_questions_select_own on loacl.guided_questions for select to authenticated
  using (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));
create policy guided_questions_insert_own on loacl.guided_questions for insert to authenticated
  with check (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));
create policy guided_questions_update_own on loacl.guided_questions for update to authenticated
  using (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]))
  with check (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));
create policy guided_questions_delete_own on loacl.guided_questions for delete to authenticated
  using (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));

create table loacl.message_annotations (
  id uuid primary key default gen_random_uuid(),
  message_id uuid not null references loacl.messages (id) on delete cascade,
  thread_id uuid not null,
  session_id uuid not null,
  assistant_id uuid not null,
  position integer not null default 1,
  type text not null,
  text text,
  title text,
  url text,
  document_id uuid references loacl.documents (id) on delete set null,
  file_id uuid references loacl.files (id) on delete set null,
  quote text,
  start_index integer,
  end_index integer,
  created_at timestamptz not null default now(),
  constraint message_annotations_message_id_position_key unique (message_id, position),
  constraint message_annotations_thread_fkey foreign key (thread_id, session_id, assistant_id)
    references loacl.threads (id, session_id, assistant_id) on delete cascade,
  constraint message_annotations_position_positive check (position > 0),
  constraint message_annotations_type check (type in ('url_citation', 'file_citation', 'container_file_citation', 'file_path')),
  constraint message_annotations_text_length check (char_length(text) <= 10000),
  constraint message_annotations_title_length check (char_length(title) <= 500),
  constraint message_annotations_quote_length check (char_length(quote) <= 10000),
  -- It becomes a link in the visitor's page.
  constraint message_annotations_url_shape check (url ~ '^https?://[^\s]+$' and char_length(url) <= 4000),
  constraint message_annotations_url_type check ((url is not null) = (type = 'url_citation')),
  constraint message_annotations_indexes check (start_index >= 0 and end_index >= start_index),
  constraint message_annotations_indexes_together check ((start_index is null) = (end_index is null))
);

create index message_annotations_thread_id_idx on loacl.message_annotations (thread_id);
comment on index loacl.message_annotations_thread_id_idx is 'Serves: those of a thread; the deletion of a thread.';
create index message_annotations_session_id_idx on loacl.message_annotations (session_id);
comment on index loacl.message_annotations_session_id_idx is 'Serves: the policies'' question, where a query names no message.';
create index message_annotations_assistant_id_idx on loacl.message_annotations (assistant_id);
comment on index loacl.message_annotations_assistant_id_idx is 'Serves: an operator''s look at what answers rest on.';
create index message_annotations_document_id_idx on loacl.message_annotations (document_id) where document_id is not null;
comment on index loacl.message_annotations_document_id_idx is 'Serves: where a document was cited; the deletion of a document.';
create index message_annotations_file_id_idx on loacl.message_annotations (file_id) where file_id is not null;
comment on index loacl.message_annotations_file_id_idx is 'Serves: where a file was cited; the deletion of a file.';

create trigger message_annotations_set_place before insert on loacl.message_annotations
  for each row execute function loacl_private.set_place_from_message();

alter table loacl.message_annotations enable row level security;
revoke all on table loacl.message_annotations from public, anon, authenticated, service_role;
grant select on table loacl.message_annotations to anon, authenticated;
grant select, insert, update, delete on table loacl.message_annotations to service_role;
comment on table loacl.message_annotations is
  'Citations: what an answer rests on. Visitors see those of their messages, operators those of their assistants; only the functions write.';
comment on column loacl.message_annotations.thread_id is 'The message''s, as the next two: taken from it by trigger.';
comment on column loacl.message_annotations.position is 'Order in the answer, 1 for the first.';
comment on column loacl.message_annotations.text is 'The words of the answer that the citation stands for, where it replaces any.';
comment on column loacl.message_annotations.title is 'What to call the source: the page''s title or the file''s name, as it was then.';
comment on column loacl.message_annotations.document_id is 'The owner''s document that is cited. Its row stays the owner''s alone.';
comment on column loacl.message_annotations.file_id is 'The visitor''s own file that is cited.';
comment on column loacl.message_annotations.quote is 'The passage of the source.';
comment on column loacl.message_annotations.start_index is 'Where in the message''s content it belongs, in Unicode characters from 0; null where the provider did not say.';
comment on column loacl.message_annotations.end_index is 'The character after its last one.';

-- `anon` has a policy of its own, without the operator's half: only somebody signed in can be an operator. Without an `or`
-- the planner can always use an index, even where a visitor asks for the whole table.
create policy message_annotations_select_visitor on loacl.message_annotations for select to anon
  using (
    session_id = any ((select loacl_private.own_session_ids())::uuid[])
    and thread_id <> all ((select loacl_private.own_deleted_thread_ids())::uuid[])
  );
create policy message_annotations_select_own on loacl.message_annotations for select to authenticated
  using (
    (
      session_id = any ((select loacl_private.own_session_ids())::uuid[])
      and thread_id <> all ((select loacl_private.own_deleted_thread_ids())::uuid[])
    )
    or assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[])
  );

create table loacl.messages (
  id uuid primary key default gen_random_uuid(),
  seq bigint generated always as identity,
  thread_id uuid not null,
  session_id uuid not null,
  assistant_id uuid not null,
  parent_id uuid references loacl.messages (id) on delete set null,
  client_id text,
  role text not null,
  author text not null,
  status text not null default 'completed',
  content text not null default '',
  parts jsonb not null default '[]',
  model text,
  error_code text,
  cut_reason text,
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  context jsonb,
  constraint messages_thread_fkey foreign key (thread_id, session_id, assistant_id)
    references loacl.threads (id, session_id, assistant_id) on delete cascade,
  constraint messages_parent_id_other check (parent_id <> id),
  constraint messages_client_id_session_id_key unique (client_id, session_id),
  constraint messages_role check (role in ('user', 'assistant', 'system')),
  constraint messages_status check (status in ('streaming', 'waiting', 'completed', 'stopped', 'cut', 'failed')),
  constraint messages_author check (author in ('visitor', 'assistant', 'person', 'system')),
  constraint messages_author_role check (
    role = case author when 'visitor' then 'user' when 'system' then 'system' else 'assistant' end
  ),
  constraint messages_streaming_author check (author = 'assistant' or status = 'completed'),
  constraint messages_client_id_format check (client_id ~ '^[!-~]{1,128}$'),
  constraint messages_client_id_author check (client_id is null or author = 'visitor'),
  constraint messages_content_length check (char_length(content) <= 1000000),
  constraint messages_parts_array check (jsonb_typeof(parts) = 'array'),
  -- Who sees a message sees all columns of it. Reasoning may have to be hidden: it is kept in message_internals.
  constraint messages_parts_no_reasoning check (not jsonb_path_exists(parts, '$[*] ? (@.type == "reasoning")')),
  constraint messages_error_code_status check ((error_code is not null) = (status = 'failed')),
  constraint messages_cut_reason_status check ((cut_reason is not null) = (status = 'cut')),
  constraint messages_cut_reason check (cut_reason in ('time_limit', 'max_output_tokens', 'content_filter', 'budget', 'step_limit')),
  constraint messages_metadata_object check (jsonb_typeof(metadata) = 'object'),
  constraint messages_context_object check (jsonb_typeof(context) = 'object' and octet_length(context::text) <= 8192),
  constraint messages_context_author check (context is null or author = 'visitor')
);

create index messages_thread_id_seq_idx on loacl.messages (thread_id, seq desc);
comment on index loacl.messages_thread_id_seq_idx is 'Serves: the newest messages of a thread; the deletion of a thread.';
create index messages_parent_id_idx on loacl.messages (parent_id);
comment on index loacl.messages_parent_id_idx is 'Serves: siblings of a message; the deletion of a message.';
-- With an index on session_id alone the planner reads a visitor's whole history to find one thread: it doesn't know that a
-- thread belongs to one session.
create index messages_session_id_thread_id_idx on loacl.messages (session_id, thread_id);
comment on index loacl.messages_session_id_thread_id_idx is
  'Serves: the policies'' question, whether or not a query names a thread.';
create index messages_assistant_id_seq_idx on loacl.messages (assistant_id, seq desc);
comment on index loacl.messages_assistant_id_seq_idx is 'Serves: an operator''s latest messages.';
create index messages_assistant_id_created_at_idx on loacl.messages (assistant_id, created_at) where role = 'user';
comment on index loacl.messages_assistant_id_created_at_idx is 'Serves: how many messages visitors sent in a time.';

create trigger messages_set_updated_at before update on loacl.messages
  for each row execute function loacl_private.set_updated_at();

-- A visitor goes on with a conversation that another of their devices began.
create function loacl_private.set_session_and_author()
returns trigger
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  select coalesce(
    (select t.session_id from loacl.threads t where t.id = new.thread_id and t.assistant_id = new.assistant_id),
    new.session_id
  ) into new.session_id;
  new.author := coalesce(new.author, case new.role when 'user' then 'visitor' else new.role end);
  return new;
end
$$;
comment on function loacl_private.set_session_and_author() is
  'Trigger: a message belongs to the session that began its thread, on whichever of a visitor''s devices it was written, so that a thread is one visitor''s as a whole. Where nobody says who wrote it, its role does.';
revoke all on function loacl_private.set_session_and_author() from public;

create trigger messages_set_session_and_author before insert on loacl.messages
  for each row execute function loacl_private.set_session_and_author();

alter table loacl.messages enable row level security;
revoke all on table loacl.messages from public, anon, authenticated, service_role;
grant select on table loacl.messages to anon, authenticated;
grant select, insert, update, delete on table loacl.messages to service_role;
comment on table loacl.messages is
  'What was said. Visitors see theirs, operators those of their assistants; only the functions write. A thread is a tree: the branch that ends in threads.shown_message_id, or else in the newest message, is the one shown, and what was edited or tried again stays beside it.';
comment on column loacl.messages.seq is 'The order. Times can''t be it: now() is one for a whole transaction.';
comment on column loacl.messages.session_id is 'The thread''s session, here so that a policy asks one indexed question.';
comment on column loacl.messages.assistant_id is 'The thread''s assistant, here so that a policy asks one indexed question.';
comment on column loacl.messages.parent_id is 'The message that it answers or follows; null for a thread''s first. Messages with one parent are alternatives.';
comment on column loacl.messages.client_id is 'Made by the client: 1 to 128 visible ASCII characters. The same one sent twice is one message. Looked up in the caller''s sessions alone.';
comment on column loacl.messages.role is 'How the model is told of it: what a person wrote to the visitor is said by the assistant.';
comment on column loacl.messages.author is
  'Who wrote it. assistant: the model, in a turn. person: somebody of the site, without a turn. system: not shown to the visitor.';
comment on column loacl.messages.status is 'streaming: its turn runs. waiting: its turn waits, and this is the answer so far. Either may be overdue, and nobody has looked since.';
comment on column loacl.messages.content is 'The text parts, joined.';
comment on column loacl.messages.parts is 'What is shown: text, sources, and of calls of tools what their visitor may see. Reasoning, where it may be shown, is put between them as a message travels.';
comment on column loacl.messages.model is 'Which model answered.';
comment on column loacl.messages.cut_reason is 'Which limit an answer ran into.';
comment on column loacl.messages.context is
  'What the page said that the visitor was looking at when they wrote this: `{title, url, …}`. Data that nobody has checked.';
comment on column loacl.messages.metadata is 'The host''s own data. The visitor can read it.';

-- `anon` has a policy of its own, without the operator's half: only somebody signed in can be an operator. Without an `or`
-- the planner can always use an index, even where a visitor asks for the whole table.
create policy messages_select_visitor on loacl.messages for select to anon
  using (
    session_id = any ((select loacl_private.own_session_ids())::uuid[])
    and role <> 'system'
    and thread_id <> all ((select loacl_private.own_deleted_thread_ids())::uuid[])
  );
create policy messages_select_own on loacl.messages for select to authenticated
  using (
    (
      session_id = any ((select loacl_private.own_session_ids())::uuid[])
      and role <> 'system'
      and thread_id <> all ((select loacl_private.own_deleted_thread_ids())::uuid[])
    )
    or assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[])
  );

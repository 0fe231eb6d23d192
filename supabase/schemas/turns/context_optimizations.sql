create table loacl.context_optimizations (
  id uuid primary key default gen_random_uuid(),
  thread_id uuid not null references loacl.threads (id) on delete cascade,
  assistant_id uuid not null references loacl.assistants (id) on delete cascade,
  trigger_reason text not null,
  optimization_type text not null,
  tokens_before integer not null,
  tokens_after integer not null,
  summary text,
  affected_messages uuid[] not null default '{}',
  created_at timestamptz not null default now(),
  constraint context_optimizations_trigger_reason check (trigger_reason in ('token_limit', 'user_request', 'auto')),
  constraint context_optimizations_optimization_type check (
    optimization_type in ('truncation', 'summarization', 'compression')
  ),
  constraint context_optimizations_tokens check (tokens_before >= tokens_after and tokens_after >= 0),
  constraint context_optimizations_summary_length check (char_length(summary) <= 200000),
  constraint context_optimizations_summary_type check (optimization_type <> 'summarization' or summary is not null),
  constraint context_optimizations_affected_messages_whole check (array_position(affected_messages, null) is null)
);

create index context_optimizations_thread_id_created_at_idx on loacl.context_optimizations (thread_id, created_at desc);
comment on index loacl.context_optimizations_thread_id_created_at_idx is 'Serves: a thread''s latest summary; the deletion of a thread.';
create index context_optimizations_assistant_id_created_at_idx on loacl.context_optimizations (assistant_id, created_at desc);
comment on index loacl.context_optimizations_assistant_id_created_at_idx is 'Serves: what was saved over a time; the deletion of an assistant.';

create trigger context_optimizations_set_assistant before insert on loacl.context_optimizations
  for each row execute function loacl_private.set_assistant_from_thread();

alter table loacl.context_optimizations enable row level security;
revoke all on table loacl.context_optimizations from public, anon, authenticated, service_role;
grant select on table loacl.context_optimizations to authenticated;
grant select, insert, update, delete on table loacl.context_optimizations to service_role;
comment on table loacl.context_optimizations is
  'What was left out of, or shortened in, what the model was told of a conversation. Operators see those of their assistants; only the functions write, and visitors never read it.';
comment on column loacl.context_optimizations.assistant_id is 'The thread''s: taken from it by trigger.';
comment on column loacl.context_optimizations.trigger_reason is 'token_limit: it did not fit. user_request. auto: before it stopped fitting.';
comment on column loacl.context_optimizations.optimization_type is
  'truncation: the oldest messages were left out. summarization: summary stands for them. compression: they were told without their middle.';
comment on column loacl.context_optimizations.tokens_before is 'Estimated tokens of the conversation without this.';
comment on column loacl.context_optimizations.tokens_after is 'Estimated tokens of what is told of it.';
comment on column loacl.context_optimizations.summary is 'Written by a model. It goes when a message that it covers goes or changes.';
comment on column loacl.context_optimizations.affected_messages is
  'Ids of messages, oldest first: all that the summary covers, or those that no earlier row of the same type names. Some may be gone by now.';

create policy context_optimizations_select_own on loacl.context_optimizations for select to authenticated
  using (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));

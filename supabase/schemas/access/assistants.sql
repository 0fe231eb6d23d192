create table loacl.assistants (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  name text not null,
  description text,
  greeting text,
  model text not null,
  provider_config_id uuid,
  fallback_provider_config_id uuid,
  fallback_model text,
  follow_up_model text,
  instructions text not null default '',
  tools jsonb not null default '[]',
  max_tool_steps integer not null default 8,
  temperature double precision,
  reasoning_effort text,
  max_output_tokens integer not null default 4096,
  context_token_budget integer not null default 16000,
  max_message_length integer not null default 8000,
  follow_ups boolean not null default true,
  show_reasoning boolean not null default false,
  moderates_input boolean not null default false,
  moderates_output boolean not null default false,
  moderation_fails_open boolean not null default false,
  moderation_model text not null default 'omni-moderation-latest',
  moderation_provider_config_id uuid,
  fingerprint boolean not null default false,
  is_active boolean not null default true,
  is_default boolean not null default false,
  appearance jsonb not null default '{}',
  allowed_origins text[] not null default '{}',
  messages_per_minute integer default 30,
  messages_per_hour_per_address integer default 300,
  messages_per_hour_per_fingerprint integer default 120,
  new_sessions_per_hour_per_address integer default 60,
  messages_per_thread integer default 500,
  tokens_per_day bigint,
  spend_per_day_usd numeric default 10,
  spend_per_month_usd numeric default 100,
  retention_days integer,
  file_types text[] not null default '{}',
  max_file_bytes bigint not null default 10485760,
  max_files_per_message integer not null default 5,
  file_bytes_per_day bigint default 104857600,
  files_per_hour integer default 60,
  paused_at timestamptz,
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  context_strategy text not null default 'truncation',
  page_context boolean not null default true,
  image_hosts text[] not null default '{}',
  -- For foreign keys on id and owner together: what is linked to an assistant then has the same owner.
  constraint assistants_id_owner_id_key unique (id, owner_id),
  constraint assistants_owner_id_name_key unique (owner_id, name),
  constraint assistants_name_length check (char_length(btrim(name)) between 1 and 100),
  constraint assistants_description_length check (char_length(description) <= 2000),
  constraint assistants_greeting_length check (char_length(greeting) <= 4000),
  constraint assistants_model_length check (char_length(model) between 1 and 200),
  constraint assistants_fallback_model_length check (char_length(fallback_model) between 1 and 200),
  constraint assistants_fallback_whole check ((fallback_provider_config_id is null) = (fallback_model is null)),
  constraint assistants_follow_up_model_length check (char_length(follow_up_model) between 1 and 200),
  constraint assistants_moderation_model_length check (char_length(moderation_model) between 1 and 200),
  constraint assistants_instructions_length check (char_length(instructions) <= 200000),
  constraint assistants_tools_array check (jsonb_typeof(tools) = 'array'),
  constraint assistants_max_tool_steps_range check (max_tool_steps between 1 and 32),
  constraint assistants_temperature_range check (temperature between 0 and 2),
  constraint assistants_reasoning_effort check (
    reasoning_effort in ('none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max')
  ),
  constraint assistants_max_output_tokens_range check (max_output_tokens between 16 and 128000),
  constraint assistants_context_token_budget_range check (context_token_budget between 500 and 1000000),
  constraint assistants_context_strategy check (context_strategy in ('truncation', 'summarization', 'compression')),
  constraint assistants_max_message_length_range check (max_message_length between 1 and 100000),
  constraint assistants_appearance_object check (jsonb_typeof(appearance) = 'object'),
  constraint assistants_messages_per_minute_range check (messages_per_minute >= 1),
  constraint assistants_messages_per_hour_per_address_range check (messages_per_hour_per_address >= 1),
  constraint assistants_messages_per_hour_per_fingerprint_range check (messages_per_hour_per_fingerprint >= 1),
  constraint assistants_new_sessions_per_hour_per_address_range check (new_sessions_per_hour_per_address >= 1),
  constraint assistants_messages_per_thread_range check (messages_per_thread >= 1),
  constraint assistants_tokens_per_day_range check (tokens_per_day >= 0),
  constraint assistants_spend_per_day_usd_range check (spend_per_day_usd >= 0 and spend_per_day_usd < 'infinity'),
  constraint assistants_spend_per_month_usd_range check (spend_per_month_usd >= 0 and spend_per_month_usd < 'infinity'),
  constraint assistants_file_types check (
    file_types <@ array[
      'image/png', 'image/jpeg', 'image/webp', 'image/gif', 'application/pdf', 'text/plain', 'text/markdown', 'text/csv'
    ]
    and array_position(file_types, null) is null
  ),
  constraint assistants_max_file_bytes_range check (max_file_bytes between 1 and 52428800),
  constraint assistants_max_files_per_message_range check (max_files_per_message between 1 and 20),
  constraint assistants_file_bytes_per_day_range check (file_bytes_per_day >= 0),
  constraint assistants_files_per_hour_range check (files_per_hour >= 1),
  constraint assistants_retention_days_range check (retention_days between 1 and 36500),
  constraint assistants_metadata_object check (jsonb_typeof(metadata) = 'object')
);

create unique index assistants_one_default_idx on loacl.assistants (owner_id) where is_default;
comment on index loacl.assistants_one_default_idx is 'Holds: one default per owner.';

create trigger assistants_set_updated_at before update on loacl.assistants
  for each row execute function loacl_private.set_updated_at();

comment on table loacl.assistants is
  'A chat assistant and how it answers. Operators see and change their own. Visitors never read it: open_session hands out its public part.';
comment on column loacl.assistants.owner_id is 'An operator.';
comment on column loacl.assistants.greeting is 'Shown before the first message. Markdown.';
comment on column loacl.assistants.instructions is 'The system prompt. Never reaches a visitor.';
comment on column loacl.assistants.tools is 'Descriptions of tools that came from elsewhere, as the Responses API has them, kept as data: none of them is called. What may be called is in assistant_tools.';
comment on column loacl.assistants.max_tool_steps is 'How many steps a turn may have: with that many, it ends as cut, for `step_limit`.';
comment on column loacl.assistants.temperature is
  'null: the model''s own default, as for reasoning_effort. What a model refuses of these is left out.';
comment on column loacl.assistants.reasoning_effort is 'How long a model that reasons is to think.';
comment on column loacl.assistants.provider_config_id is
  'Where its model calls go, of its owner''s provider configs; null: the owner''s default one.';
comment on column loacl.assistants.fallback_provider_config_id is
  'Asked, for fallback_model, where the first provider is down before its first word; null: nobody. The budget reserves what the dearer of the two costs.';
comment on column loacl.assistants.follow_up_model is
  'Asked for titles and follow-up questions in place of model, at the same provider; null: model.';
comment on column loacl.assistants.max_output_tokens is 'Most tokens of one answer, reasoning included.';
comment on column loacl.assistants.context_token_budget is 'Most tokens of the conversation, by estimate, that are sent along with a message.';
comment on column loacl.assistants.context_strategy is
  'What is told of a conversation that has outgrown the budget. truncation: the newest messages. summarization: a summary of the older ones, which a call of the model makes. compression: long messages without their middle.';
comment on column loacl.assistants.max_message_length is 'Longest message of a visitor, in Unicode characters.';
comment on column loacl.assistants.follow_ups is 'Whether follow-up questions are suggested after an answer.';
comment on column loacl.assistants.show_reasoning is
  'Whether visitors see how the model came to an answer. Reasoning is stored in words only while this is on, and given to nobody while it is off.';
comment on column loacl.assistants.moderates_input is
  'Whether what visitors write is moderated before the model is asked. What is flagged gets no answer.';
comment on column loacl.assistants.moderates_output is
  'Whether answers are moderated, while they come and at their end. One that is flagged is withdrawn, and its text is kept nowhere.';
comment on column loacl.assistants.moderation_fails_open is
  'Whether a message or an answer that could not be moderated is let through. Otherwise it is refused.';
comment on column loacl.assistants.moderation_model is 'Asked by POST /moderations.';
comment on column loacl.assistants.moderation_provider_config_id is
  'Where it is asked, and with which key: one of the owner''s. null: where the assistant''s model is.';
comment on column loacl.assistants.fingerprint is 'Whether the widget sends a browser fingerprint, as a signal against abuse.';
comment on column loacl.assistants.is_default is 'The owner''s default assistant: at most one.';
comment on column loacl.assistants.appearance is 'Look and words of the widget. Public.';
comment on column loacl.assistants.allowed_origins is
  'Pages that may use it: `https://example.com`, `https://*.example.com` (every subdomain, not the domain itself), `http://localhost:*` (every port; of localhost, 127.0.0.1 and [::1] alone), or `*` for any. Empty: no page at all. Requests without an Origin header, which browsers always send here, are not held back by it.';
comment on column loacl.assistants.page_context is
  'Whether a page may say what the visitor is looking at. Where it is off, nothing of it is taken, and what was stored is not told.';
comment on column loacl.assistants.image_hosts is
  'Hosts from which pictures in answers are loaded, over HTTPS: `images.example.com`, or `*.example.com` (every subdomain, not the domain itself). Any other picture stays a link. Public.';
comment on column loacl.assistants.messages_per_minute is 'How many messages one session may send in a minute. null, here and in the next seven: no limit.';
comment on column loacl.assistants.messages_per_hour_per_address is
  'How many messages may come from one network address (IPv6: one /64) in an hour.';
comment on column loacl.assistants.messages_per_hour_per_fingerprint is
  'How many messages may come with one browser fingerprint in an hour, where the assistant asks for one.';
comment on column loacl.assistants.new_sessions_per_hour_per_address is
  'How many new visitors may come from one network address (IPv6: one /64) in an hour.';
comment on column loacl.assistants.messages_per_thread is 'How many messages a visitor may send in one conversation.';
comment on column loacl.assistants.tokens_per_day is 'How many tokens all its model calls may take in a day, in UTC.';
comment on column loacl.assistants.spend_per_day_usd is
  'How many US dollars its model calls may cost in a day, in UTC. With a spend limit, a model that has no price is refused.';
comment on column loacl.assistants.spend_per_month_usd is 'The same for a calendar month, in UTC.';
comment on column loacl.assistants.retention_days is
  'Days after its last message that a conversation is kept; null: for as long as nobody deletes it.';
comment on column loacl.assistants.file_types is
  'Media types of what visitors may attach to a message; empty: nothing.';
comment on column loacl.assistants.max_file_bytes is 'Largest file that a visitor may attach.';
comment on column loacl.assistants.max_files_per_message is 'Most files of one message.';
comment on column loacl.assistants.file_bytes_per_day is
  'How many bytes one person may upload within 24 hours. null, here and in the next: no limit.';
comment on column loacl.assistants.files_per_hour is 'How many files one session may upload in an hour.';
comment on column loacl.assistants.paused_at is
  'Since when no new turn may begin, by the owner''s switch; null: it is not paused. Visitors can still open and read.';
comment on column loacl.assistants.metadata is 'The host''s own data.';

create function loacl_private.own_assistant_ids()
returns uuid[]
language plpgsql
stable
security definer -- whoever asks is about to be told by this which assistants they may read
set search_path = pg_catalog, pg_temp
as $$
begin
  return array(select a.id from loacl.assistants a where a.owner_id = any (loacl_private.own_team_ids()));
end
$$;
comment on function loacl_private.own_assistant_ids() is 'The calling operator''s assistants; none for anybody else. The operator''s half of every policy.';
revoke all on function loacl_private.own_assistant_ids() from public;
grant execute on function loacl_private.own_assistant_ids() to anon, authenticated;

alter table loacl.assistants enable row level security;
revoke all on table loacl.assistants from public, anon, authenticated, service_role;
grant select, delete on table loacl.assistants to authenticated;
-- Not the id: pages keep one in their script tag after its assistant is gone, and would open whatever bore it next.
grant insert (
  owner_id, name, description, greeting, model, provider_config_id, fallback_provider_config_id, fallback_model, follow_up_model,
  instructions, tools, max_tool_steps, temperature, reasoning_effort, max_output_tokens, context_token_budget, context_strategy,
  max_message_length, follow_ups, show_reasoning, moderates_input, moderates_output, moderation_fails_open, moderation_model,
  moderation_provider_config_id, fingerprint, is_active, is_default, appearance, allowed_origins, messages_per_minute,
  messages_per_hour_per_address, messages_per_hour_per_fingerprint, new_sessions_per_hour_per_address, messages_per_thread,
  tokens_per_day, spend_per_day_usd, spend_per_month_usd, retention_days, file_types, max_file_bytes, max_files_per_message, file_bytes_per_day,
  files_per_hour, paused_at, metadata, page_context, image_hosts
) on table loacl.assistants to authenticated;
grant update (
  name, description, greeting, model, provider_config_id, fallback_provider_config_id, fallback_model, follow_up_model,
  instructions, tools, max_tool_steps, temperature, reasoning_effort, max_output_tokens, context_token_budget, context_strategy,
  max_message_length, follow_ups, show_reasoning, moderates_input, moderates_output, moderation_fails_open, moderation_model,
  moderation_provider_config_id, fingerprint, is_active, is_default, appearance, allowed_origins, messages_per_minute,
  messages_per_hour_per_address, messages_per_hour_per_fingerprint, new_sessions_per_hour_per_address, messages_per_thread,
  tokens_per_day, spend_per_day_usd, spend_per_month_usd, retention_days, file_types, max_file_bytes, max_files_per_message, file_bytes_per_day,
  files_per_hour, paused_at, metadata, page_context, image_hosts
) on table loacl.assistants to authenticated;
grant select, insert, update, delete on table loacl.assistants to service_role;

create policy assistants_select_own on loacl.assistants for select to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy assistants_insert_own on loacl.assistants for insert to authenticated
  with check (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy assistants_update_own on loacl.assistants for update to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]))
  with check (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));
create policy assistants_delete_own on loacl.assistants for delete to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));

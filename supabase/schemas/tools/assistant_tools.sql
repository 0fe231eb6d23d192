create table loacl.assistant_tools (
  id uuid primary key default gen_random_uuid(),
  assistant_id uuid not null references loacl.assistants (id) on delete cascade,
  name text not null,
  kind text not null,
  description text not null default '',
  parameters jsonb not null default '{"type": "object", "properties": {}}',
  is_active boolean not null default true,
  endpoint text,
  mcp_server_id uuid,
  remote_name text,
  hosted_type text,
  hosted_options jsonb,
  risk text not null default 'high',
  cost_usd numeric default 0,
  is_idempotent boolean not null default false,
  timeout_ms integer not null default 10000,
  max_result_bytes integer not null default 65536,
  approval_seconds integer not null default 86400,
  identified_only boolean not null default false,
  visitor_sees text not null default 'title',
  words jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint assistant_tools_assistant_id_name_key unique (assistant_id, name),
  constraint assistant_tools_assistant_id_hosted_type_key unique (assistant_id, hosted_type),
  constraint assistant_tools_mcp_server_fkey foreign key (mcp_server_id, assistant_id)
    references loacl.mcp_servers (id, assistant_id) on delete cascade,
  constraint assistant_tools_name_format check (name ~ '^[A-Za-z][A-Za-z0-9_-]{0,63}$'),
  constraint assistant_tools_name_not_ours check (name !~* '^loacl'),
  constraint assistant_tools_kind check (kind in ('server', 'page', 'hosted', 'mcp')),
  constraint assistant_tools_description_length check (char_length(description) <= 4000),
  constraint assistant_tools_endpoint_kind check ((endpoint is not null) = (kind = 'server')),
  constraint assistant_tools_endpoint_shape check (endpoint ~ '^https?://[^\s]+$' and char_length(endpoint) <= 2000),
  constraint assistant_tools_mcp_server_id_kind check ((mcp_server_id is not null) = (kind = 'mcp')),
  constraint assistant_tools_remote_name_kind check ((remote_name is not null) = (kind = 'mcp')),
  constraint assistant_tools_remote_name_length check (char_length(remote_name) between 1 and 200),
  constraint assistant_tools_hosted_type check (hosted_type in ('web_search', 'file_search', 'code_interpreter')),
  constraint assistant_tools_hosted_type_kind check ((hosted_type is not null) = (kind = 'hosted')),
  constraint assistant_tools_hosted_options_kind check (hosted_options is null or kind = 'hosted'),
  constraint assistant_tools_hosted_options_object check (
    jsonb_typeof(hosted_options) = 'object' and octet_length(hosted_options::text) <= 16384
  ),
  constraint assistant_tools_risk check (risk in ('read_only', 'low', 'high')),
  constraint assistant_tools_cost_usd_finite check (cost_usd >= 0 and cost_usd < 'infinity'),
  constraint assistant_tools_timeout_ms_range check (timeout_ms between 1000 and 30000),
  constraint assistant_tools_max_result_bytes_range check (max_result_bytes between 1 and 262144),
  constraint assistant_tools_approval_seconds_range check (approval_seconds between 60 and 86400),
  constraint assistant_tools_visitor_sees check (visitor_sees in ('title', 'arguments', 'result')),
  constraint assistant_tools_words_shape check (
    jsonb_typeof(words) = 'object'
    and octet_length(words::text) <= 65536
    and not jsonb_path_exists(words, '$.keyvalue() ? (!(@.key like_regex "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$"
      && @.value.type() == "object"))')
    and not jsonb_path_exists(words, '$.*.keyvalue() ? (!(
      (@.key == "title" && @.value.type() == "string" && @.value like_regex "^.{1,100}$" flag "s")
      || (@.key == "sentence" && @.value.type() == "string" && @.value like_regex "^.{1,250}.{0,250}$" flag "s")
    ))')
  )
);

create index assistant_tools_mcp_server_id_idx on loacl.assistant_tools (mcp_server_id);
comment on index loacl.assistant_tools_mcp_server_id_idx is 'Serves: the tools of an MCP server; its deletion.';

create trigger assistant_tools_set_updated_at before update on loacl.assistant_tools
  for each row execute function loacl_private.set_updated_at();

alter table loacl.assistant_tools enable row level security;
revoke all on table loacl.assistant_tools from public, anon, authenticated, service_role;
grant select, delete on table loacl.assistant_tools to authenticated;
grant insert (
  assistant_id, name, kind, description, parameters, is_active, endpoint, mcp_server_id, remote_name, hosted_type, hosted_options,
  risk, cost_usd, is_idempotent, timeout_ms, max_result_bytes, approval_seconds, identified_only, visitor_sees, words
) on table loacl.assistant_tools to authenticated;
grant update (
  name, description, parameters, is_active, endpoint, remote_name, hosted_options, risk, cost_usd, is_idempotent, timeout_ms,
  max_result_bytes, approval_seconds, identified_only, visitor_sees, words
) on table loacl.assistant_tools to authenticated;
grant select, insert, update, delete on table loacl.assistant_tools to service_role;
comment on table loacl.assistant_tools is
  'The tools that an assistant may call: what is not here never runs. Operators see and change those of their assistants; visitors never read it, and of a call see what `visitor_sees` says.';
comment on column loacl.assistant_tools.name is 'What the model calls it by. A page registers its handler under it.';
comment on column loacl.assistant_tools.kind is
  'Who runs it. server: an endpoint of the owner''s. page: the visitor''s page. hosted: the model''s provider, which can''t ask first. mcp: a server of mcp_servers.';
comment on column loacl.assistant_tools.description is 'For the model.';
comment on column loacl.assistant_tools.parameters is 'JSON Schema of the arguments, an object.';
comment on column loacl.assistant_tools.endpoint is 'Where calls of a server tool are sent, signed with the assistant''s tool secret.';
comment on column loacl.assistant_tools.remote_name is 'What its MCP server calls it.';
comment on column loacl.assistant_tools.hosted_type is 'Which of the provider''s tools it is.';
comment on column loacl.assistant_tools.hosted_options is 'What the provider is told of a hosted tool besides its type.';
comment on column loacl.assistant_tools.risk is
  'In the owner''s words, for auto_approval_settings: what an MCP server says of its tools counts for nothing.';
comment on column loacl.assistant_tools.cost_usd is 'The most that one call costs, in US dollars; null where that is not known.';
comment on column loacl.assistant_tools.is_idempotent is
  'Whether calls with the same idempotency key have one effect: then a call of which nobody knows what came of it may be made again.';
comment on column loacl.assistant_tools.timeout_ms is 'How long one call may take; of a page tool also how long it waits for a page.';
comment on column loacl.assistant_tools.approval_seconds is 'How long the visitor has to approve a call.';
comment on column loacl.assistant_tools.identified_only is 'Whether it is there for identified visitors alone.';
comment on column loacl.assistant_tools.visitor_sees is
  'What a visitor sees of a call, besides its state: its title, its arguments as well, or also its result. What is to be approved is always shown in full.';
comment on column loacl.assistant_tools.words is
  'What visitors read of it, by language tag: `{"en": {"title": "…", "sentence": "…"}}`.';

create policy assistant_tools_select_own on loacl.assistant_tools for select to authenticated
  using (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));
create policy assistant_tools_insert_own on loacl.assistant_tools for insert to authenticated
  with check (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));
create policy assistant_tools_update_own on loacl.assistant_tools for update to authenticated
  using (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]))
  with check (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));
create policy assistant_tools_delete_own on loacl.assistant_tools for delete to authenticated
  using (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));

-- Tools that an assistant may call, and their calls.

create table loacl.mcp_servers (
  id uuid primary key default gen_random_uuid(),
  assistant_id uuid not null references loacl.assistants (id) on delete cascade,
  name text not null,
  endpoint text not null,
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- For a foreign key on both: a tool's server is its own assistant's.
  constraint mcp_servers_id_assistant_id_key unique (id, assistant_id),
  constraint mcp_servers_assistant_id_name_key unique (assistant_id, name),
  constraint mcp_servers_name_format check (name ~ '^[A-Za-z][A-Za-z0-9_-]{0,39}$'),
  constraint mcp_servers_endpoint_shape check (endpoint ~ '^https?://[^\s]+$' and char_length(endpoint) <= 2000)
);

create trigger mcp_servers_set_updated_at before update on loacl.mcp_servers
  for each row execute function loacl_private.set_updated_at();

alter table loacl.mcp_servers enable row level security;
revoke all on table loacl.mcp_servers from public, anon, authenticated, service_role;
grant select, delete on table loacl.mcp_servers to authenticated;
grant insert (assistant_id, name, endpoint, is_active) on table loacl.mcp_servers to authenticated;
grant update (name, endpoint, is_active) on table loacl.mcp_servers to authenticated;
grant select, insert, update, delete on table loacl.mcp_servers to service_role;
comment on table loacl.mcp_servers is
  'Remote MCP servers whose tools an assistant may call: the functions do, and never the model''s provider. Operators see and change those of their assistants; visitors never read it.';
comment on column loacl.mcp_servers.name is 'Stands before the names of its tools.';
comment on column loacl.mcp_servers.endpoint is 'Where its Streamable HTTP is. Part of the seal of its token: a changed one makes the token unusable.';
comment on column loacl.mcp_servers.is_active is 'While it is off, none of its tools is called.';

create policy mcp_servers_select_own on loacl.mcp_servers for select to authenticated
  using (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));
create policy mcp_servers_insert_own on loacl.mcp_servers for insert to authenticated
  with check (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));
create policy mcp_servers_update_own on loacl.mcp_servers for update to authenticated
  using (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]))
  with check (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));
create policy mcp_servers_delete_own on loacl.mcp_servers for delete to authenticated
  using (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));

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

create function loacl_private.find_schema_fault(schema jsonb)
returns text
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  types constant jsonb := '["object", "array", "string", "number", "integer", "boolean", "null"]';
  fault text;
  properties bigint;
begin
  if octet_length(schema::text) > 32768 then
    return 'It has more than 32,768 bytes.';
  end if;
  if jsonb_typeof(schema) <> 'object' or schema -> 'type' is distinct from '"object"' then
    return 'Its "type" must be "object".';
  end if;
  with recursive subschemas as (
    select schema as node, 1 as depth, '$' as place
    union all
    select child.node, s.depth + 1, s.place || child.place
    from subschemas s
    cross join lateral (
      -- Names of the author's choice, each with a schema.
      select n.value as node, '.' || k.key || '.' || n.key as place
      from jsonb_each(case jsonb_typeof(s.node) when 'object' then s.node else '{}' end) k
      cross join lateral jsonb_each(case jsonb_typeof(k.value) when 'object' then k.value else '{}' end) n
      where k.key in ('properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas')
      union all
      select e.value, '.' || k.key
      from jsonb_each(case jsonb_typeof(s.node) when 'object' then s.node else '{}' end) k
      cross join lateral jsonb_array_elements(case jsonb_typeof(k.value) when 'array' then k.value else jsonb_build_array(k.value) end) e
      where k.key in (
        'items', 'prefixItems', 'additionalItems', 'additionalProperties', 'unevaluatedItems', 'unevaluatedProperties', 'contains',
        'propertyNames', 'not', 'if', 'then', 'else', 'allOf', 'anyOf', 'oneOf'
      )
    ) child
    where s.depth <= 20
  ),
  faults as (
    select s.place, s.depth, case
      when s.depth > 20 then 'It is deeper than 20 levels.'
      when jsonb_typeof(s.node) = 'boolean' then null
      when jsonb_typeof(s.node) <> 'object' then 'Each schema in it must be an object or a boolean'
      when s.node ? 'type' and not (
        s.node -> 'type' <@ types and (jsonb_typeof(s.node -> 'type') = 'string' or s.node -> 'type' <> '[]')
      ) then 'A "type" must be one of those of JSON Schema'
      when jsonb_typeof(s.node -> 'properties') <> 'object' then '"properties" must be an object'
      when jsonb_typeof(s.node -> 'required') <> 'array'
        or jsonb_path_exists(s.node, '$.required[*] ? (@.type() != "string")') then '"required" must be a list of names'
      when jsonb_typeof(s.node -> 'enum') <> 'array' then '"enum" must be a list'
      when s.node ? '$ref' and (s.node ->> '$ref') !~ '^#' then 'A "$ref" must stay within the schema'
    end as said,
    case when jsonb_typeof(s.node -> 'properties') = 'object' then (select count(*) from jsonb_object_keys(s.node -> 'properties')) else 0 end
      as properties
    from subschemas s
  )
  select (
      array_agg(f.said || case when f.said like '%.' then '' else format(', at %s.', left(f.place, 200)) end order by f.depth, f.place)
        filter (where f.said is not null)
    )[1],
    sum(f.properties)
  into fault, properties
  from faults f;
  if fault is null and properties > 200 then
    return 'It has more than 200 properties.';
  end if;
  return fault;
end
$$;
comment on function loacl_private.find_schema_fault(jsonb) is
  'Why this is no JSON Schema that a tool''s arguments can have, as a sentence; null where it is one.';
revoke all on function loacl_private.find_schema_fault(jsonb) from public;

create function loacl_private.refuse_malformed_schema()
returns trigger
language plpgsql
volatile
security definer -- authenticated has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  fault text := loacl_private.find_schema_fault(new.parameters);
begin
  if fault is not null then
    perform loacl_private.raise_error(
      400, 'tool_schema_invalid', format('The parameters of the tool "%s" are no JSON Schema that can be used. %s', left(new.name, 64), fault)
    );
  end if;
  return new;
end
$$;
comment on function loacl_private.refuse_malformed_schema() is
  'Holds: a tool''s parameters are a JSON Schema. In place of a check, whose message could not say what is wrong. Errors: tool_schema_invalid.';
revoke all on function loacl_private.refuse_malformed_schema() from public;

create trigger assistant_tools_refuse_malformed_schema before insert or update of parameters on loacl.assistant_tools
  for each row execute function loacl_private.refuse_malformed_schema();

alter table loacl.assistants
  add column max_tool_steps integer not null default 8,
  add constraint assistants_max_tool_steps_range check (max_tool_steps between 1 and 32),
  alter column max_tool_steps set statistics 0;
grant insert (max_tool_steps) on table loacl.assistants to authenticated;
grant update (max_tool_steps) on table loacl.assistants to authenticated;
comment on column loacl.assistants.tools is 'Descriptions of tools that came from elsewhere, as the Responses API has them, kept as data: none of them is called. What may be called is in assistant_tools.';
comment on column loacl.assistants.max_tool_steps is 'How many steps a turn may have: with that many, it ends as cut, for `step_limit`.';

alter table loacl.messages
  drop constraint messages_cut_reason,
  add constraint messages_cut_reason check (
    cut_reason in ('time_limit', 'max_output_tokens', 'content_filter', 'budget', 'step_limit')
  );
comment on column loacl.messages.parts is 'What is shown: text, sources, and of calls of tools what their visitor may see. Reasoning, where it may be shown, is put between them as a message travels.';

alter table loacl.tool_executions
  add column tool_id uuid references loacl.assistant_tools (id) on delete set null,
  add column turn_id uuid references loacl_private.turns (id) on delete set null,
  add column step integer,
  add column kind text,
  add column error_code text,
  add column tool_digest text,
  add column arguments_digest text,
  add column expires_at timestamptz,
  add column claimed_by text,
  add column idempotency_key uuid,
  drop constraint tool_executions_message_id_call_id_key,
  add constraint tool_executions_step_positive check (step > 0),
  add constraint tool_executions_kind check (kind in ('server', 'page', 'hosted', 'mcp')),
  add constraint tool_executions_error_code check (
    error_code in (
      'tool_unknown', 'arguments_invalid', 'too_many_calls', 'tool_unreachable', 'tool_timeout', 'tool_refused', 'tool_failed',
      'tool_result_invalid', 'tool_result_too_large', 'tool_changed', 'page_unavailable', 'denied', 'expired', 'stopped', 'cancelled',
      'unknown'
    )
  ),
  add constraint tool_executions_error_code_status check (error_code is null or status in ('failed', 'cancelled')),
  add constraint tool_executions_digests_format check (tool_digest ~ '^[0-9a-f]{64}$' and arguments_digest ~ '^[0-9a-f]{64}$'),
  add constraint tool_executions_claimed_by_format check (claimed_by ~ '^[!-~]{1,128}$'),
  alter column step set statistics 0,
  alter column tool_digest set statistics 0,
  alter column arguments_digest set statistics 0,
  alter column claimed_by set statistics 0;
create unique index tool_executions_turn_id_step_call_id_key on loacl.tool_executions (turn_id, step, call_id);
comment on index loacl.tool_executions_turn_id_step_call_id_key is
  'Holds: a call of a step is there once. Serves: the calls of a step; those of a turn; its deletion.';
create unique index tool_executions_message_id_call_id_key on loacl.tool_executions (message_id, call_id) where step is null;
comment on index loacl.tool_executions_message_id_call_id_key is 'Holds: a call that was brought along from elsewhere is there once.';
create index tool_executions_message_id_idx on loacl.tool_executions (message_id, created_at);
comment on index loacl.tool_executions_message_id_idx is 'Serves: the calls of an answer, oldest first; the deletion of a message.';
create index tool_executions_tool_id_idx on loacl.tool_executions (tool_id);
comment on index loacl.tool_executions_tool_id_idx is 'Serves: the deletion of a tool.';
comment on column loacl.tool_executions.id is 'The id of the execution, of its approval and of the part that shows it.';
comment on column loacl.tool_executions.tool_id is 'It may be gone, or another than it was: tool_digest says.';
comment on column loacl.tool_executions.turn_id is 'null, as the next two, where it was brought along from elsewhere.';
comment on column loacl.tool_executions.step is 'The step of the turn whose model call asked for it.';
comment on column loacl.tool_executions.kind is 'As in assistant_tools; null also where there is no such tool.';
comment on column loacl.tool_executions.call_id is 'The provider''s id of the call. It may come again in another step.';
comment on column loacl.tool_executions.cost_usd is 'US dollars; while it runs, the most that it may cost. null where it is not known.';
comment on column loacl.tool_executions.error_code is
  'Why it has no result: a `ToolError` of @loacl/wire, or denied. unknown: it began to run, and nobody knows what came of it.';
comment on column loacl.tool_executions.error_message is 'In words; of a call that was denied, the visitor''s own.';
comment on column loacl.tool_executions.tool_digest is
  'SHA-256 of the tool as it was when the call was asked for: a tool that changes meanwhile is not called.';
comment on column loacl.tool_executions.arguments_digest is 'SHA-256 of the arguments, in hex. An approval names it.';
comment on column loacl.tool_executions.expires_at is
  'Until when it can be approved, or once it is approved until when a page can take it or, having taken it, answer.';
comment on column loacl.tool_executions.claimed_by is 'The tab that runs a page''s call: an id of its own making.';
comment on column loacl.tool_executions.idempotency_key is
  'What the tool is told to know the call by: its id or, of an idempotent tool, that of an earlier call that may have had its effect already.';

drop function loacl.is_tool_approved(uuid, text, text, numeric);
create function loacl.is_tool_approved(
  thread_id uuid, tool_name text, risk text, cost_usd numeric default 0, tool_digest text default null
)
returns boolean
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return coalesce(
  (
    select
      case
        when s.specific_tools ? is_tool_approved.tool_name then (s.specific_tools -> is_tool_approved.tool_name)::boolean
        when s.require_approval_for_new_tools and not exists (
          select
          from loacl.tool_executions e
          where e.assistant_id = t.assistant_id and e.tool_name = is_tool_approved.tool_name and e.status = 'completed'
            and (is_tool_approved.tool_digest is null or e.tool_digest = is_tool_approved.tool_digest)
        ) then false
        when is_tool_approved.risk = 'read_only' then s.read_only_operations
        when is_tool_approved.risk = 'low' then s.low_risk_operations
      end
      and is_tool_approved.cost_usd <= s.max_cost_per_tool_usd
      and is_tool_approved.cost_usd + (
        select coalesce(sum(e.cost_usd), 0)
        from loacl.tool_executions e
        where e.assistant_id = t.assistant_id and e.created_at > now() - interval '1 hour'
      ) <= s.max_cost_per_hour_usd
    from loacl.threads t
    join loacl.auto_approval_settings a on a.assistant_id = t.assistant_id
    left join loacl.thread_overrides o on o.thread_id = t.id
    cross join jsonb_populate_record(a, coalesce(o.auto_approval, '{}')) s
    where t.id = is_tool_approved.thread_id
  ),
  false
);
comment on function loacl.is_tool_approved(uuid, text, text, numeric, text) is
  'Whether a tool call may run in this thread without anybody being asked. `risk`: `read_only`, `low`, or anything else for more; `cost_usd`: the most that it may cost, null where that is not known; `tool_digest`: of the tool as it is now, which is new where another ran under its name. False wherever the settings don''t say yes. For the functions.';
revoke all on function loacl.is_tool_approved(uuid, text, text, numeric, text) from public;
grant execute on function loacl.is_tool_approved(uuid, text, text, numeric, text) to service_role;

alter table loacl_private.secrets
  add column mcp_server_id uuid references loacl.mcp_servers (id) on delete cascade,
  drop constraint secrets_assistant_id_purpose;
-- Nothing has written or read any of these yet.
delete from loacl_private.secrets where purpose in ('tool_secret', 'mcp_secret');
alter table loacl_private.secrets
  add constraint secrets_assistant_id_purpose check (
    (purpose in ('identity_secret', 'tool_secret')) = (assistant_id is not null)
  ),
  add constraint secrets_mcp_server_id_purpose check ((purpose = 'mcp_secret') = (mcp_server_id is not null));
drop index loacl_private.secrets_assistant_id_idx;
create unique index secrets_assistant_id_purpose_idx on loacl_private.secrets (assistant_id, purpose);
comment on index loacl_private.secrets_assistant_id_purpose_idx is
  'Serves: the secrets of an assistant; the deletion of an assistant. Holds: one for each purpose.';
create unique index secrets_mcp_server_id_idx on loacl_private.secrets (mcp_server_id);
comment on index loacl_private.secrets_mcp_server_id_idx is
  'Serves: the token of an MCP server; the deletion of a server. Holds: one for each.';
comment on column loacl_private.secrets.assistant_id is
  'Whose visitors an identity secret vouches for, or whose calls a tool secret signs; null for every other purpose. Part of the seal.';
comment on column loacl_private.secrets.mcp_server_id is
  'Which server takes the token of an MCP secret; null for every other purpose. Part of the seal, as its endpoint is.';

create or replace function loacl_private.to_sealed_secret(secret loacl_private.secrets)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return (
  select jsonb_build_object(
    'secretId', (secret).id,
    'configId', config.id,
    'keyId', (secret).key_id,
    'ciphertext', (secret).ciphertext,
    'purpose', (secret).purpose,
    'ownerId', (secret).owner_id,
    'provider', coalesce(config.provider, (secret).assistant_id::text, (secret).mcp_server_id::text, ''),
    'baseUrl', coalesce(config.base_url, (select m.endpoint from loacl.mcp_servers m where m.id = (secret).mcp_server_id))
  )
  from (select) as always
  left join lateral (
    select p.id, p.provider, p.base_url
    from loacl.provider_configs p
    where p.secret_id = (secret).id and p.owner_id = (secret).owner_id
    order by p.created_at, p.id
    limit 1
  ) as config on true
);
comment on function loacl_private.to_sealed_secret(loacl_private.secrets) is
  'A secret as the functions open it: the ciphertext, and all that it is bound to. The `provider` of an identity secret or a tool secret is the id of its assistant, that of an MCP secret the id of its server, whose endpoint is the `baseUrl`; none of them has a `configId`.';

create or replace function loacl_private.list_secrets_to_reseal(key_id text, owner_id uuid, after_id uuid, batch_size integer)
returns jsonb
language sql
stable
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
begin atomic
  select coalesce(jsonb_agg(loacl_private.to_sealed_secret(s) order by s.id), '[]')
  from (
    select *
    from loacl_private.secrets s
    where s.key_id <> list_secrets_to_reseal.key_id
      and (list_secrets_to_reseal.owner_id is null or s.owner_id = list_secrets_to_reseal.owner_id)
      and (list_secrets_to_reseal.after_id is null or s.id > list_secrets_to_reseal.after_id)
    order by s.id
    limit least(greatest(list_secrets_to_reseal.batch_size, 1), 100)
  ) as s;
end;
comment on function loacl_private.list_secrets_to_reseal(text, uuid, uuid, integer) is
  'Does the work of loacl.list_secrets_to_reseal.';

create or replace function loacl_private.set_identity_secret(
  owner_id uuid,
  assistant_id uuid,
  secret_id uuid,
  key_id text,
  ciphertext text,
  last_four text
)
returns void
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
begin
  perform loacl_private.lock_operator(set_identity_secret.owner_id);
  perform from loacl.assistants a
  where a.id = set_identity_secret.assistant_id and a.owner_id = set_identity_secret.owner_id
  for key share;
  if not found then
    perform loacl_private.raise_error(404, 'assistant_not_found', 'There is no such assistant.');
  end if;
  delete from loacl_private.secrets s
  where s.assistant_id = set_identity_secret.assistant_id and s.purpose = 'identity_secret';
  insert into loacl_private.secrets (id, owner_id, assistant_id, purpose, key_id, ciphertext, last_four)
  values (
    set_identity_secret.secret_id, set_identity_secret.owner_id, set_identity_secret.assistant_id, 'identity_secret',
    set_identity_secret.key_id, set_identity_secret.ciphertext, set_identity_secret.last_four
  );
end
$$;
comment on function loacl_private.set_identity_secret(uuid, uuid, uuid, text, text, text) is
  'Does the work of loacl.set_identity_secret.';

create or replace function loacl_private.remove_identity_secret(owner_id uuid, assistant_id uuid)
returns boolean
language sql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
begin atomic
  with removed as (
    delete from loacl_private.secrets s
    where s.assistant_id = remove_identity_secret.assistant_id and s.owner_id = remove_identity_secret.owner_id
      and s.purpose = 'identity_secret'
    returning s.id
  )
  select exists (select from removed);
end;
comment on function loacl_private.remove_identity_secret(uuid, uuid) is 'Does the work of loacl.remove_identity_secret.';

create or replace function loacl_private.describe_identity_secret(owner_id uuid, assistant_id uuid)
returns jsonb
language sql
stable
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
begin atomic
  select jsonb_build_object('isSet', s.id is not null, 'lastFour', s.last_four, 'createdAt', s.created_at)
  from loacl.assistants a
  left join loacl_private.secrets s on s.assistant_id = a.id and s.purpose = 'identity_secret'
  where a.id = describe_identity_secret.assistant_id and a.owner_id = describe_identity_secret.owner_id;
end;
comment on function loacl_private.describe_identity_secret(uuid, uuid) is 'Does the work of loacl.describe_identity_secret.';

alter table loacl.usage_logs
  drop constraint usage_logs_purpose,
  add constraint usage_logs_purpose check (
    purpose in ('answer', 'title', 'follow_ups', 'summary', 'moderation', 'tool')
  );
comment on table loacl.usage_logs is
  'One row per model call, one for the moderation of a turn, and one for each call of a tool that cost something: tokens and cost. Operators see their own; it outlives the assistant, the session and the thread.';
comment on column loacl.usage_logs.purpose is 
  'answer: to a message. title: for a thread''s title, with suggestions. follow_ups: suggestions alone. summary: of what a conversation has outgrown. moderation: the checks of a turn, together. tool: a call of a tool, whose kind is the provider and whose name is the model.';

alter table loacl_private.reservations
  drop constraint reservations_purpose,
  add constraint reservations_purpose check (
    purpose in ('answer', 'title', 'follow_ups', 'summary', 'moderation', 'tool')
  );
comment on column loacl_private.reservations.purpose is 'As in usage_logs: a step makes at most one call of each, and only a turn''s last step the one for a title and follow-ups. tool: the hosted tools that it may call.';

create function loacl_private.max_hosted_calls()
returns integer
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
return 4;
comment on function loacl_private.max_hosted_calls() is 'How many calls of hosted tools a step makes at most: so many are reserved for.';
revoke all on function loacl_private.max_hosted_calls() from public;

create function loacl_private.find_offered_tools(thread_id uuid)
returns setof loacl.assistant_tools
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  select t.*
  from loacl.threads thread
  join loacl.sessions s on s.id = thread.session_id
  join loacl.assistant_tools t on t.assistant_id = thread.assistant_id
  left join loacl.mcp_servers m on m.id = t.mcp_server_id
  where thread.id = find_offered_tools.thread_id
    and t.is_active
    and (not t.identified_only or s.session_type = 'authenticated')
    and (t.kind <> 'mcp' or m.is_active);
end
$$;
comment on function loacl_private.find_offered_tools(uuid) is
  'The tools that the model may call in this thread now: those that are on, and for a guest none that is for identified visitors alone.';
revoke all on function loacl_private.find_offered_tools(uuid) from public;

create function loacl_private.to_tool_digest(tool loacl.assistant_tools)
returns text
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return encode(
    sha256(
      convert_to(
        jsonb_build_array(
          tool.name, tool.kind, tool.description, tool.parameters, tool.endpoint, tool.mcp_server_id,
          (select m.endpoint from loacl.mcp_servers m where m.id = tool.mcp_server_id), tool.remote_name
        )::text,
        'UTF8'
      )
    ),
    'hex'
  );
end
$$;
comment on function loacl_private.to_tool_digest(loacl.assistant_tools) is
  'SHA-256, in hex, of what a tool is to the model and where its calls go: another digest, another tool.';
revoke all on function loacl_private.to_tool_digest(loacl.assistant_tools) from public;

create function loacl_private.to_mcp_server(server_id uuid)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select jsonb_build_object(
      'id', m.id,
      'name', m.name,
      'endpoint', m.endpoint,
      'secret', (
        select loacl_private.to_sealed_secret(s) from loacl_private.secrets s where s.mcp_server_id = m.id and s.purpose = 'mcp_secret'
      )
    )
    from loacl.mcp_servers m
    where m.id = server_id
  );
end
$$;
comment on function loacl_private.to_mcp_server(uuid) is 'An MCP server as the functions call it, with its sealed token; `secret` is null where it has none.';
revoke all on function loacl_private.to_mcp_server(uuid) from public;

create function loacl_private.find_tools(thread_id uuid)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select coalesce(
      jsonb_agg(
        jsonb_build_object(
          'id', t.id,
          'name', t.name,
          'kind', t.kind,
          'description', t.description,
          'parameters', t.parameters,
          'endpoint', t.endpoint,
          'remoteName', t.remote_name,
          'server', loacl_private.to_mcp_server(t.mcp_server_id),
          'hostedType', t.hosted_type,
          'hostedOptions', t.hosted_options,
          'timeoutMs', t.timeout_ms,
          'maxResultBytes', t.max_result_bytes,
          'isIdempotent', t.is_idempotent,
          'costUsd', t.cost_usd,
          'approvalSeconds', t.approval_seconds,
          'visitorSees', t.visitor_sees,
          'words', t.words,
          'digest', loacl_private.to_tool_digest(t)
        )
        order by t.name
      ),
      '[]'
    )
    from loacl_private.find_offered_tools(find_tools.thread_id) t
  );
end
$$;
comment on function loacl_private.find_tools(uuid) is 'The tools that are offered in this thread, as a turn''s worker gets them.';
revoke all on function loacl_private.find_tools(uuid) from public;

create function loacl_private.find_visitor(thread_id uuid)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select case
      when s.user_id is not null then jsonb_build_object('type', 'identified', 'userId', s.user_id)
      when s.external_id is not null then jsonb_build_object('type', 'identified', 'externalId', s.external_id)
      else '{"type": "guest"}'
    end
    from loacl.threads t
    join loacl.sessions s on s.id = t.session_id
    where t.id = find_visitor.thread_id
  );
end
$$;
comment on function loacl_private.find_visitor(uuid) is 'Whose a thread is, as the endpoints of tools are told.';
revoke all on function loacl_private.find_visitor(uuid) from public;

create function loacl_private.to_call(call loacl.tool_executions)
returns jsonb
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return jsonb_build_object(
    'id', call.id,
    'callId', call.call_id,
    'toolId', call.tool_id,
    'name', call.tool_name,
    'kind', call.kind,
    'arguments', call.parameters,
    'argumentsDigest', call.arguments_digest,
    'status', call.status,
    'result', call.result,
    'errorCode', call.error_code,
    'errorMessage', call.error_message,
    'expiresAt', call.expires_at,
    'idempotencyKey', call.idempotency_key,
    'approvedBy', case when call.approved_at is not null then
      case when call.approval_requested_at is null then 'settings' else 'visitor' end
    end
  );
end
$$;
comment on function loacl_private.to_call(loacl.tool_executions) is 'A call as a turn''s worker gets it.';
revoke all on function loacl_private.to_call(loacl.tool_executions) from public;

create function loacl_private.list_calls(turn_id uuid, step integer)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select coalesce(jsonb_agg(loacl_private.to_call(e) order by e.created_at), '[]')
    from loacl.tool_executions e
    -- Of a hosted call the provider has told its model itself.
    where e.turn_id = list_calls.turn_id and e.step = list_calls.step and e.kind is distinct from 'hosted'
  );
end
$$;
comment on function loacl_private.list_calls(uuid, integer) is 'The calls of a step, in the order in which the model asked for them.';
revoke all on function loacl_private.list_calls(uuid, integer) from public;

create function loacl_private.is_waited_for(call loacl.tool_executions)
returns boolean
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
return (call).status = 'pending' or ((call).kind = 'page' and (call).status in ('approved', 'executing'));
comment on function loacl_private.is_waited_for(loacl.tool_executions) is
  'Whether a call waits for something that comes from outside: the visitor''s decision, or a page.';
revoke all on function loacl_private.is_waited_for(loacl.tool_executions) from public;

create function loacl_private.has_waiting_calls(turn_id uuid)
returns boolean
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return exists (
    select from loacl.tool_executions e where e.turn_id = has_waiting_calls.turn_id and loacl_private.is_waited_for(e)
  );
end
$$;
comment on function loacl_private.has_waiting_calls(uuid) is 'Whether a turn has a call that waits for something from outside.';
revoke all on function loacl_private.has_waiting_calls(uuid) from public;

create function loacl_private.is_ready(turn_id uuid)
returns boolean
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return not loacl_private.has_waiting_calls(is_ready.turn_id) and exists (
    select
    from loacl.tool_executions e
    where e.turn_id = is_ready.turn_id
      and e.step = (select max(s.step) from loacl_private.turn_steps s where s.turn_id = is_ready.turn_id)
  );
end
$$;
comment on function loacl_private.is_ready(uuid) is
  'Whether the latest step of a turn has called tools, and nothing that it waits for from outside is left.';
revoke all on function loacl_private.is_ready(uuid) from public;

create function loacl_private.to_waiting_calls(turn_id uuid, step integer)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select coalesce(
      jsonb_agg(
        jsonb_build_object(
          'id', e.id,
          'kind', e.kind,
          'status', case
            when e.status in ('pending', 'approved') then e.status
            when e.status = 'executing' then 'running'
            when e.error_code = 'denied' then 'denied'
            else 'done'
          end,
          'expiresAt', case when loacl_private.is_waited_for(e) then e.expires_at end
        )
        order by e.created_at
      ),
      '[]'
    )
    from loacl.tool_executions e
    where e.turn_id = to_waiting_calls.turn_id and e.step = to_waiting_calls.step and e.kind in ('server', 'page', 'mcp')
  );
end
$$;
comment on function loacl_private.to_waiting_calls(uuid, integer) is
  'What a visitor is told of the calls of a step after which the turn waits: `WaitingCall[]`.';
revoke all on function loacl_private.to_waiting_calls(uuid, integer) from public;

create function loacl_private.renew_wait(turn_id uuid)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  update loacl_private.turns t
  set wait_expires_at = coalesce(
    (select min(e.expires_at) from loacl.tool_executions e where e.turn_id = t.id and e.status = 'pending'),
    clock_timestamp() + loacl_private.longest_wait()
  )
  where t.id = renew_wait.turn_id and t.state = 'waiting';
end
$$;
comment on function loacl_private.renew_wait(uuid) is
  'How long a turn waits once a call of it has changed: as long as the visitor may still approve all that they are asked about or, where that is nothing, for its longest.';
revoke all on function loacl_private.renew_wait(uuid) from public;

create function loacl_private.find_tool_secret(assistant_id uuid)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select loacl_private.to_sealed_secret(s)
    from loacl_private.secrets s
    where s.assistant_id = find_tool_secret.assistant_id and s.purpose = 'tool_secret'
  );
end
$$;
comment on function loacl_private.find_tool_secret(uuid) is
  'The sealed secret that calls of an assistant''s server tools are signed with; null where it has none.';
revoke all on function loacl_private.find_tool_secret(uuid) from public;

create function loacl_private.set_tool_secret(
  owner_id uuid, assistant_id uuid, secret_id uuid, key_id text, ciphertext text, last_four text
)
returns void
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
begin
  perform loacl_private.lock_operator(set_tool_secret.owner_id);
  perform from loacl.assistants a
  where a.id = set_tool_secret.assistant_id and a.owner_id = set_tool_secret.owner_id
  for key share;
  if not found then
    perform loacl_private.raise_error(404, 'assistant_not_found', 'There is no such assistant.');
  end if;
  delete from loacl_private.secrets s where s.assistant_id = set_tool_secret.assistant_id and s.purpose = 'tool_secret';
  insert into loacl_private.secrets (id, owner_id, assistant_id, purpose, key_id, ciphertext, last_four)
  values (
    set_tool_secret.secret_id, set_tool_secret.owner_id, set_tool_secret.assistant_id, 'tool_secret',
    set_tool_secret.key_id, set_tool_secret.ciphertext, set_tool_secret.last_four
  );
end
$$;
comment on function loacl_private.set_tool_secret(uuid, uuid, uuid, text, text, text) is 'Does the work of loacl.set_tool_secret.';
revoke all on function loacl_private.set_tool_secret(uuid, uuid, uuid, text, text, text) from public;
grant execute on function loacl_private.set_tool_secret(uuid, uuid, uuid, text, text, text) to service_role;

create function loacl.set_tool_secret(
  owner_id uuid, assistant_id uuid, secret_id uuid, key_id text, ciphertext text, last_four text
)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.set_tool_secret(
  set_tool_secret.owner_id, set_tool_secret.assistant_id, set_tool_secret.secret_id, set_tool_secret.key_id, set_tool_secret.ciphertext, set_tool_secret.last_four
);
comment on function loacl.set_tool_secret(uuid, uuid, uuid, text, text, text) is
  'For the functions: keeps the secret that calls of an assistant''s server tools are signed with, sealed for a new `secret_id`, in place of the one it has. Errors: not_operator, assistant_not_found.';
revoke all on function loacl.set_tool_secret(uuid, uuid, uuid, text, text, text) from public;
grant execute on function loacl.set_tool_secret(uuid, uuid, uuid, text, text, text) to service_role;

create function loacl_private.remove_tool_secret(owner_id uuid, assistant_id uuid)
returns boolean
language sql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
begin atomic
  with removed as (
    delete from loacl_private.secrets s
    where s.assistant_id = remove_tool_secret.assistant_id and s.owner_id = remove_tool_secret.owner_id and s.purpose = 'tool_secret'
    returning s.id
  )
  select exists (select from removed);
end;
comment on function loacl_private.remove_tool_secret(uuid, uuid) is 'Does the work of loacl.remove_tool_secret.';
revoke all on function loacl_private.remove_tool_secret(uuid, uuid) from public;
grant execute on function loacl_private.remove_tool_secret(uuid, uuid) to service_role;

create function loacl.remove_tool_secret(owner_id uuid, assistant_id uuid)
returns boolean
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.remove_tool_secret(remove_tool_secret.owner_id, remove_tool_secret.assistant_id);
comment on function loacl.remove_tool_secret(uuid, uuid) is
  'For the functions: forgets an assistant''s tool secret, and says whether there was one. Its server tools are not called until it has another.';
revoke all on function loacl.remove_tool_secret(uuid, uuid) from public;
grant execute on function loacl.remove_tool_secret(uuid, uuid) to service_role;

create function loacl_private.describe_tool_secret(owner_id uuid, assistant_id uuid)
returns jsonb
language sql
stable
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
begin atomic
  select jsonb_build_object('isSet', s.id is not null, 'lastFour', s.last_four, 'createdAt', s.created_at)
  from loacl.assistants a
  left join loacl_private.secrets s on s.assistant_id = a.id and s.purpose = 'tool_secret'
  where a.id = describe_tool_secret.assistant_id and a.owner_id = describe_tool_secret.owner_id;
end;
comment on function loacl_private.describe_tool_secret(uuid, uuid) is 'Does the work of loacl.describe_tool_secret.';
revoke all on function loacl_private.describe_tool_secret(uuid, uuid) from public;
grant execute on function loacl_private.describe_tool_secret(uuid, uuid) to service_role;

create function loacl.describe_tool_secret(owner_id uuid, assistant_id uuid)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.describe_tool_secret(describe_tool_secret.owner_id, describe_tool_secret.assistant_id);
comment on function loacl.describe_tool_secret(uuid, uuid) is
  'For the functions: `{isSet, lastFour, createdAt}`, without the secret. null where the owner has no such assistant.';
revoke all on function loacl.describe_tool_secret(uuid, uuid) from public;
grant execute on function loacl.describe_tool_secret(uuid, uuid) to service_role;

create function loacl_private.find_own_mcp_server(owner_id uuid, mcp_server_id uuid)
returns loacl.mcp_servers
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  server loacl.mcp_servers;
begin
  select m.* into server
  from loacl.mcp_servers m
  join loacl.assistants a on a.id = m.assistant_id
  where m.id = find_own_mcp_server.mcp_server_id and a.owner_id = find_own_mcp_server.owner_id;
  return server;
end
$$;
comment on function loacl_private.find_own_mcp_server(uuid, uuid) is 'An MCP server of one of the owner''s assistants; null where there is none.';
revoke all on function loacl_private.find_own_mcp_server(uuid, uuid) from public;

create function loacl_private.set_mcp_secret(
  owner_id uuid, mcp_server_id uuid, endpoint text, secret_id uuid, key_id text, ciphertext text, last_four text
)
returns void
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  server loacl.mcp_servers;
begin
  perform loacl_private.lock_operator(set_mcp_secret.owner_id);
  -- It is sealed for an endpoint, which is not to change meanwhile.
  perform from loacl.mcp_servers m where m.id = set_mcp_secret.mcp_server_id for no key update;
  server := loacl_private.find_own_mcp_server(set_mcp_secret.owner_id, set_mcp_secret.mcp_server_id);
  if server.endpoint is distinct from set_mcp_secret.endpoint then
    perform loacl_private.raise_error(404, 'not_found', 'There is no such MCP server at this endpoint.');
  end if;
  delete from loacl_private.secrets s where s.mcp_server_id = server.id;
  insert into loacl_private.secrets (id, owner_id, mcp_server_id, purpose, key_id, ciphertext, last_four)
  values (
    set_mcp_secret.secret_id, set_mcp_secret.owner_id, server.id, 'mcp_secret',
    set_mcp_secret.key_id, set_mcp_secret.ciphertext, set_mcp_secret.last_four
  );
end
$$;
comment on function loacl_private.set_mcp_secret(uuid, uuid, text, uuid, text, text, text) is 'Does the work of loacl.set_mcp_secret.';
revoke all on function loacl_private.set_mcp_secret(uuid, uuid, text, uuid, text, text, text) from public;
grant execute on function loacl_private.set_mcp_secret(uuid, uuid, text, uuid, text, text, text) to service_role;

create function loacl.set_mcp_secret(
  owner_id uuid, mcp_server_id uuid, endpoint text, secret_id uuid, key_id text, ciphertext text, last_four text
)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.set_mcp_secret(
  set_mcp_secret.owner_id, set_mcp_secret.mcp_server_id, set_mcp_secret.endpoint, set_mcp_secret.secret_id,
  set_mcp_secret.key_id, set_mcp_secret.ciphertext, set_mcp_secret.last_four
);
comment on function loacl.set_mcp_secret(uuid, uuid, text, uuid, text, text, text) is
  'For the functions: keeps the bearer token of an MCP server, sealed for a new `secret_id` and for the server''s `endpoint`, in place of the one it has. Errors: not_operator, not_found.';
revoke all on function loacl.set_mcp_secret(uuid, uuid, text, uuid, text, text, text) from public;
grant execute on function loacl.set_mcp_secret(uuid, uuid, text, uuid, text, text, text) to service_role;

create function loacl_private.remove_mcp_secret(owner_id uuid, mcp_server_id uuid)
returns boolean
language sql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
begin atomic
  with removed as (
    delete from loacl_private.secrets s
    where s.mcp_server_id = remove_mcp_secret.mcp_server_id and s.owner_id = remove_mcp_secret.owner_id
    returning s.id
  )
  select exists (select from removed);
end;
comment on function loacl_private.remove_mcp_secret(uuid, uuid) is 'Does the work of loacl.remove_mcp_secret.';
revoke all on function loacl_private.remove_mcp_secret(uuid, uuid) from public;
grant execute on function loacl_private.remove_mcp_secret(uuid, uuid) to service_role;

create function loacl.remove_mcp_secret(owner_id uuid, mcp_server_id uuid)
returns boolean
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.remove_mcp_secret(remove_mcp_secret.owner_id, remove_mcp_secret.mcp_server_id);
comment on function loacl.remove_mcp_secret(uuid, uuid) is
  'For the functions: forgets the token of an MCP server, and says whether there was one.';
revoke all on function loacl.remove_mcp_secret(uuid, uuid) from public;
grant execute on function loacl.remove_mcp_secret(uuid, uuid) to service_role;

create function loacl_private.read_mcp_server(owner_id uuid, mcp_server_id uuid)
returns jsonb
language sql
stable
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
begin atomic
  select loacl_private.to_mcp_server(m.id) || jsonb_build_object(
    'assistantId', m.assistant_id, 'lastFour', s.last_four, 'createdAt', s.created_at
  )
  from loacl_private.find_own_mcp_server(read_mcp_server.owner_id, read_mcp_server.mcp_server_id) m
  left join loacl_private.secrets s on s.mcp_server_id = m.id
  where m.id is not null;
end;
comment on function loacl_private.read_mcp_server(uuid, uuid) is 'Does the work of loacl.read_mcp_server.';
revoke all on function loacl_private.read_mcp_server(uuid, uuid) from public;
grant execute on function loacl_private.read_mcp_server(uuid, uuid) to service_role;

create function loacl.read_mcp_server(owner_id uuid, mcp_server_id uuid)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.read_mcp_server(read_mcp_server.owner_id, read_mcp_server.mcp_server_id);
comment on function loacl.read_mcp_server(uuid, uuid) is
  'For the functions: an MCP server as they call it, `{id, assistantId, name, endpoint, secret, lastFour, createdAt}`; the last three are of its sealed token, and null where it has none. null where the owner has no such server.';
revoke all on function loacl.read_mcp_server(uuid, uuid) from public;
grant execute on function loacl.read_mcp_server(uuid, uuid) to service_role;

create function loacl_private.log_tool_cost(turn loacl_private.turns, step integer, kind text, name text, cost_usd numeric, is_estimate boolean)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into loacl.usage_logs (
    owner_id, assistant_id, session_id, thread_id, step, purpose, provider, provider_config_id, model,
    input_tokens, cached_input_tokens, output_tokens, reasoning_tokens, cost_usd, is_estimate
  )
  select a.owner_id, a.id, t.session_id, t.id, log_tool_cost.step, 'tool', log_tool_cost.kind,
    case when log_tool_cost.kind = 'hosted' then turn.provider_config_id end, log_tool_cost.name, 0, 0, 0, 0,
    log_tool_cost.cost_usd, log_tool_cost.is_estimate
  from loacl.threads t
  join loacl.assistants a on a.id = t.assistant_id
  where t.id = turn.thread_id and log_tool_cost.cost_usd > 0;
end
$$;
comment on function loacl_private.log_tool_cost(loacl_private.turns, integer, text, text, numeric, boolean) is
  'Writes one row of usage_logs for a call of a tool that cost something.';
revoke all on function loacl_private.log_tool_cost(loacl_private.turns, integer, text, text, numeric, boolean) from public;

create function loacl_private.charge_call(turn loacl_private.turns, call loacl.tool_executions, is_estimate boolean)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  budget loacl_private.budgets;
begin
  if call.cost_usd > 0 then
    perform loacl_private.log_tool_cost(turn, call.step, call.kind, call.tool_name, call.cost_usd, is_estimate);
    select b.* into budget from loacl_private.budgets b where b.assistant_id = call.assistant_id for no key update;
    budget := loacl_private.add_to_budget(budget, 0, call.cost_usd);
    update loacl_private.budgets b
    set day = budget.day, day_tokens = budget.day_tokens, day_usd = budget.day_usd, month = budget.month, month_usd = budget.month_usd
    where b.assistant_id = call.assistant_id;
  end if;
end
$$;
comment on function loacl_private.charge_call(loacl_private.turns, loacl.tool_executions, boolean) is
  'Logs what a call did cost, and counts it in the assistant''s budget, which it holds: to be called last.';
revoke all on function loacl_private.charge_call(loacl_private.turns, loacl.tool_executions, boolean) from public;

create function loacl_private.keep_unknown_costs(turn_id uuid)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into loacl_private.reservations (turn_id, step, purpose, assistant_id, day, tokens, usd)
  select distinct e.turn_id, e.step, 'tool', e.assistant_id, (clock_timestamp() at time zone 'utc')::date, 0, 0
  from loacl.tool_executions e
  where e.turn_id = keep_unknown_costs.turn_id and e.error_code = 'unknown' and e.cost_usd > 0
  on conflict on constraint reservations_pkey do nothing;
end
$$;
comment on function loacl_private.keep_unknown_costs(uuid) is
  'Has settle_turn count what calls may have cost of which nobody knows what came of them. It reserves nothing: whoever ends a turn does not hold the budget yet.';
revoke all on function loacl_private.keep_unknown_costs(uuid) from public;

create function loacl_private.settle_tools(turn loacl_private.turns, step integer)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  reserved loacl_private.reservations;
  unknown_usd numeric;
begin
  select r.* into reserved
  from loacl_private.reservations r
  where r.turn_id = turn.id and r.step = settle_tools.step and r.purpose = 'tool';
  if not found then
    return;
  end if;
  perform loacl_private.log_tool_cost(
    turn, step, 'hosted',
    coalesce(
      (
        select left(string_agg(t.name, ', ' order by t.name), 1000)
        from loacl.assistant_tools t
        where t.assistant_id = reserved.assistant_id and t.kind = 'hosted'
      ),
      'hosted'
    ),
    reserved.usd, true
  );
  perform loacl_private.log_tool_cost(turn, e.step, e.kind, e.tool_name, e.cost_usd, true)
  from loacl.tool_executions e
  where e.turn_id = turn.id and e.step = settle_tools.step and e.error_code = 'unknown';
  select coalesce(sum(e.cost_usd), 0) into unknown_usd
  from loacl.tool_executions e
  where e.turn_id = turn.id and e.step = settle_tools.step and e.error_code = 'unknown';
  perform loacl_private.settle_reservation(turn.id, step, 'tool', 0, reserved.usd + unknown_usd);
end
$$;
comment on function loacl_private.settle_tools(loacl_private.turns, integer) is
  'Settles what the tools of a step may have cost where nobody says what they did: hosted tools all that was reserved for them, and each call of which nobody knows what came of it the most that it may cost. Marked as estimates.';
revoke all on function loacl_private.settle_tools(loacl_private.turns, integer) from public;

create function loacl_private.settle_hosted_calls(turn loacl_private.turns, step integer, hosted jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  used record;
  made integer;
  total_usd numeric := 0;
begin
  for used in
    select t.id, t.name, t.assistant_id, t.cost_usd, least(greatest((h.item ->> 'count')::integer, 0), 100) as count,
      loacl_private.to_tool_digest(t) as digest
    from jsonb_array_elements(case jsonb_typeof(hosted) when 'array' then hosted else '[]' end) as h (item)
    join loacl.threads thread on thread.id = turn.thread_id
    join loacl.assistant_tools t on t.assistant_id = thread.assistant_id and t.kind = 'hosted' and t.name = h.item ->> 'name'
    order by t.name
  loop
    insert into loacl.tool_executions (
      message_id, tool_id, turn_id, step, kind, tool_name, status, cost_usd, tool_digest, approved_at, executed_at, created_at
    )
    select turn.message_id, used.id, turn.id, settle_hosted_calls.step, 'hosted', used.name, 'completed', used.cost_usd, used.digest,
      s.created_at, s.created_at, clock_timestamp()
    from loacl_private.turn_steps s
    cross join generate_series(1, used.count)
    where s.turn_id = turn.id and s.step = settle_hosted_calls.step;
    get diagnostics made = row_count;
    for nth in 1..made loop
      perform loacl_private.log_tool_cost(turn, step, 'hosted', used.name, used.cost_usd, false);
    end loop;
    total_usd := total_usd + made * coalesce(used.cost_usd, 0);
  end loop;
  perform loacl_private.settle_reservation(turn.id, step, 'tool', 0, total_usd);
end
$$;
comment on function loacl_private.settle_hosted_calls(loacl_private.turns, integer, jsonb) is
  'Keeps the calls of hosted tools that a step made, `[{"name", "count"}]`, each as a row and at the price that its owner gave, and settles what was reserved for them.';
revoke all on function loacl_private.settle_hosted_calls(loacl_private.turns, integer, jsonb) from public;

create function loacl_private.to_output_part(execution loacl.tool_executions)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return case
    when execution.status = 'completed' then jsonb_build_object(
      'type', 'tool-output-available',
      'output', (select execution.result from loacl.assistant_tools t where t.id = execution.tool_id and t.visitor_sees = 'result'),
      'dynamic', true
    )
    when execution.error_code = 'denied' then '{"type": "tool-output-denied"}'
    else jsonb_build_object('type', 'tool-output-error', 'errorText', coalesce(execution.error_code, 'unknown'), 'dynamic', true)
  end || jsonb_build_object('toolCallId', execution.id);
end
$$;
comment on function loacl_private.to_output_part(loacl.tool_executions) is
  'How a call that has ended is told on the stream: `ToolStreamPart`, with its result where the visitor may see it.';
revoke all on function loacl_private.to_output_part(loacl.tool_executions) from public;

create function loacl_private.tell_ended_calls(turn_id uuid)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  told jsonb := (
    select jsonb_agg(loacl_private.to_output_part(e) order by e.created_at)
    from loacl.tool_executions e
    where e.turn_id = tell_ended_calls.turn_id and e.kind is distinct from 'hosted' and e.completed_at is not null
      and not exists (
        select
        from loacl_private.turn_chunks c
        cross join jsonb_array_elements(c.parts) as p (part)
        where c.turn_id = e.turn_id and p.part ->> 'toolCallId' = e.id::text and p.part ->> 'type' like 'tool-output-%'
      )
  );
  last_seq integer;
begin
  if told is null then
    return;
  end if;
  update loacl_private.turns t
  set last_seq = t.last_seq + jsonb_array_length(told)
  where t.id = tell_ended_calls.turn_id
  returning t.last_seq into last_seq;
  insert into loacl_private.turn_chunks (turn_id, seq, parts) values (tell_ended_calls.turn_id, last_seq - jsonb_array_length(told) + 1, told);
end
$$;
comment on function loacl_private.tell_ended_calls(uuid) is
  'Tells on a turn''s stream what has become of those of its calls of which no worker has told it, so that whoever folds the stream sees none that goes on for ever.';
revoke all on function loacl_private.tell_ended_calls(uuid) from public;

create function loacl_private.close_calls(parts jsonb, message_id uuid)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if not jsonb_path_exists(parts, '$[*] ? (@.type == "dynamic-tool")') then
    return parts;
  end if;
  return (
    select jsonb_agg(
      case
        when ended.part is null then p.part
        else p.part
          || jsonb_build_object('state', regexp_replace(ended.part ->> 'type', '^tool-', ''))
          || (ended.part - array['type', 'dynamic', 'toolCallId'])
      end
      order by p.place
    )
    from jsonb_array_elements(parts) with ordinality as p (part, place)
    left join lateral (
      select loacl_private.to_output_part(e) as part
      from loacl.tool_executions e
      where e.message_id = close_calls.message_id and e.id::text = p.part ->> 'toolCallId' and e.completed_at is not null
    ) ended on p.part ->> 'type' = 'dynamic-tool' and p.part ->> 'state' not like 'output-%'
  );
end
$$;
comment on function loacl_private.close_calls(jsonb, uuid) is
  'The parts of a message, in which calls that have ended meanwhile say so.';
revoke all on function loacl_private.close_calls(jsonb, uuid) from public;

create function loacl_private.end_calls(turn loacl_private.turns, outcome jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  update loacl.tool_executions e
  set status = case e.status when 'executing' then 'failed' else 'cancelled' end,
    error_code = case
      when e.status = 'executing' then 'unknown'
      when outcome ? 'callError' then outcome ->> 'callError'
      when outcome ->> 'state' = 'stopped' then 'stopped'
      when outcome ->> 'state' = 'cut' then 'expired'
      else 'cancelled'
    end,
    cost_usd = case e.status when 'executing' then e.cost_usd else 0 end
  where e.turn_id = turn.id and e.completed_at is null;
  if not found and not exists (select from loacl.tool_executions e where e.turn_id = turn.id) then
    return;
  end if;
  perform loacl_private.keep_unknown_costs(turn.id);
  perform loacl_private.tell_ended_calls(turn.id);
end
$$;
comment on function loacl_private.end_calls(loacl_private.turns, jsonb) is
  'Ends the calls of a turn that ends: one that runs is failed, for nobody knows what came of it, and what waits is cancelled, for the reason `callError` or the one that the turn''s end gives.';
revoke all on function loacl_private.end_calls(loacl_private.turns, jsonb) from public;

create function loacl_private.expire_calls(turn_id uuid)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  update loacl.tool_executions e
  set status = case e.status when 'executing' then 'failed' else 'cancelled' end,
    error_code = case e.status when 'executing' then 'unknown' else 'page_unavailable' end,
    cost_usd = case e.status when 'executing' then e.cost_usd else 0 end
  where e.turn_id = expire_calls.turn_id and e.kind = 'page' and e.status in ('approved', 'executing')
    and e.expires_at <= clock_timestamp();
  if found then
    perform loacl_private.keep_unknown_costs(expire_calls.turn_id);
    perform loacl_private.renew_wait(expire_calls.turn_id);
  end if;
end
$$;
comment on function loacl_private.expire_calls(uuid) is
  'Ends those of a turn''s calls that no page took in time, and those of a page that has not answered in time. The caller holds the thread.';
revoke all on function loacl_private.expire_calls(uuid) from public;

create function loacl_private.bound_tools(assistant_id uuid)
returns bigint
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select coalesce(
      sum(loacl_private.bound_tokens(t.name || t.description || t.parameters::text || coalesce(t.hosted_options::text, ''))), 0
    )
    from loacl.assistant_tools t
    where t.assistant_id = bound_tools.assistant_id and t.is_active
  );
end
$$;
comment on function loacl_private.bound_tools(uuid) is 'How many tokens it takes at most to tell the model of an assistant''s tools.';
revoke all on function loacl_private.bound_tools(uuid) from public;

create or replace function loacl_private.bound_calls(
  assistant loacl.assistants, history jsonb, is_first_turn boolean, added_bytes bigint default 0
)
returns table (purpose text, tokens bigint, usd numeric, output_tokens bigint)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  with said as (
    select h.place, h.message ->> 'content' as content
    from jsonb_array_elements(history) with ordinality as h (message, place)
  ),
  calls (purpose, model, input, output) as (
    select 'answer', assistant.model,
      loacl_private.bound_tokens(assistant.instructions) + loacl_private.bound_tools(assistant.id) + sum(loacl_private.bound_tokens(s.content))::bigint + added_bytes,
      assistant.max_output_tokens
    from said s
    union all
    -- One call that is shown 4,000 characters of each of the last three messages and of the answer, and 4,000 bytes of
    -- instructions and schema.
    select case when is_first_turn then 'title' else 'follow_ups' end, coalesce(assistant.follow_up_model, assistant.model),
      4000 + least(assistant.max_output_tokens, 12000) + sum(loacl_private.bound_tokens(left(s.content, 4000)))::bigint,
      1000
    from (select * from said order by place desc limit 3) s
    where is_first_turn or assistant.follow_ups
    having count(*) > 0
  )
  select c.purpose, c.input + c.output,
    loacl_private.bound_cost(assistant.owner_id, array[c.model, assistant.fallback_model], c.input, c.output),
    c.output::bigint
  from calls c
  union all
  select 'tool', 0, case when bool_and(t.cost_usd is not null) then max(t.cost_usd) * loacl_private.max_hosted_calls() end, 0
  from loacl.assistant_tools t
  where t.assistant_id = assistant.id and t.kind = 'hosted' and t.is_active and t.cost_usd is distinct from 0
  having count(*) > 0;
end
$$;
comment on function loacl_private.bound_calls(loacl.assistants, jsonb, boolean, bigint) is
  'The model calls that a step may make, with the most that each can take, at the dearer of the assistant''s two providers, and the fees of the hosted tools; `usd` null where a model or such a tool has no price. `added_bytes`: what earlier steps added to the conversation, as JSON.';

create or replace function loacl_private.reserve_budget(
  assistant loacl.assistants, history jsonb, is_first_turn boolean, added_bytes bigint, turn_id uuid, step integer
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  purposes text[];
  most_tokens bigint[];
  most_usd numeric[];
  most_output bigint[];
  tokens bigint;
  usd numeric;
  budget loacl_private.budgets;
begin
  select array_agg(c.purpose), array_agg(c.tokens), array_agg(c.usd), array_agg(c.output_tokens), sum(c.tokens), coalesce(sum(c.usd), 0)
  into purposes, most_tokens, most_usd, most_output, tokens, usd
  from loacl_private.bound_calls(assistant, history, is_first_turn, added_bytes) c;
  if array_position(most_usd, null) is not null
    and num_nonnulls(assistant.spend_per_day_usd, assistant.spend_per_month_usd) > 0
  then
    perform loacl_private.raise_error(
      409, 'price_unknown', 'This assistant has a spend limit, and a model or a hosted tool without a price. Its owner can set the price.'
    );
  end if;

  if turn_id is null then
    select b.* into budget from loacl_private.budgets b where b.assistant_id = assistant.id;
    perform loacl_private.check_budget(assistant, loacl_private.add_to_budget(budget, tokens, usd));
    return;
  end if;

  budget := loacl_private.take_budget(assistant, tokens, usd);
  insert into loacl_private.reservations (turn_id, step, purpose, assistant_id, day, tokens, output_tokens, usd)
  select reserve_budget.turn_id, reserve_budget.step, c.purpose, assistant.id, budget.day, c.tokens, c.output_tokens, coalesce(c.usd, 0)
  from unnest(purposes, most_tokens, most_usd, most_output) as c (purpose, tokens, usd, output_tokens);
end
$$;
comment on function loacl_private.reserve_budget(loacl.assistants, jsonb, boolean, bigint, uuid, integer) is
  'Reserves what a step may take at most, or refuses it. Holds the assistant''s budget to the end of the transaction: to be called last. Without a turn it reserves nothing and refuses what has no room as things are. Errors: budget_exceeded, price_unknown.';

create or replace function loacl_private.settle_call(
  turn loacl_private.turns, step integer, purpose text, model text, usage jsonb, received_bytes bigint
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  used loacl.usage_logs;
begin
  -- Once: a worker asks again where an answer was lost, and a slow one comes after settle_turn.
  if not exists (
    select
    from loacl_private.reservations r
    where r.turn_id = turn.id and r.step = settle_call.step and r.purpose = settle_call.purpose
  ) then
    return;
  end if;
  if purpose = 'tool' then
    perform loacl_private.settle_tools(turn, step);
    return;
  end if;
  used := loacl_private.log_usage(
    turn, step, purpose, model,
    coalesce(nullif(usage, 'null'), loacl_private.estimate_usage(turn, step, purpose, received_bytes))
  );
  if used.id is null then
    return;
  end if;
  perform loacl_private.settle_reservation(
    turn.id, used.step, used.purpose, used.input_tokens + used.output_tokens,
    -- The provider may name the model in a way that has no price: then the price of the model that was asked holds.
    coalesce(
      used.cost_usd,
      loacl_private.compute_cost(
        loacl_private.find_price(used.owner_id, loacl_private.asked_model(turn, purpose)), used.input_tokens, used.cached_input_tokens, used.output_tokens
      )
    )
  );
end
$$;
comment on function loacl_private.settle_call(loacl_private.turns, integer, text, text, jsonb, bigint) is
  'Logs what a call used and settles it, once: by the provider''s usage, or where that never came by an estimate of what was sent and received, marked as one.';

create or replace function loacl_private.settle_turn(turn_id uuid)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  -- Only what was answered to the end has follow-ups.
  if exists (select from loacl_private.turns t where t.id = settle_turn.turn_id and t.state in ('stopped', 'cut', 'failed')) then
    perform loacl_private.release_follow_ups(settle_turn.turn_id);
  end if;
  perform loacl_private.settle_call(
    t, r.step, r.purpose, null, null, case r.purpose when 'answer' then octet_length(m.content) else 0 end
  )
  from loacl_private.reservations r
  join loacl_private.turns t on t.id = r.turn_id
  join loacl.messages m on m.id = t.message_id
  where r.turn_id = settle_turn.turn_id and t.ended_at is not null
    and (r.purpose in ('answer', 'tool') or loacl_private.is_past_follow_ups(t));
end
$$;
comment on function loacl_private.settle_turn(uuid) is
  'Settles what an ended turn still reserves: calls whose worker has gone. Takes the assistant''s budget to the end of the transaction: to be called last. The caller holds the thread.';

create or replace function loacl_private.settle_left_turns(assistant_id uuid, max_turns integer)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  perform loacl_private.settle_turn(held.turn_id)
  from (
    select distinct l.turn_id
    from (
      select t.id as turn_id
      from loacl_private.reservations r
      join loacl_private.turns t on t.id = r.turn_id
      join loacl.threads thread on thread.id = t.thread_id
      where r.assistant_id = settle_left_turns.assistant_id
        and t.ended_at is not null
        and (r.purpose in ('answer', 'tool') or t.state <> 'completed' or loacl_private.is_past_follow_ups(t))
      limit max_turns
      -- Who holds the budget waits for no thread.
      for no key update of thread skip locked
    ) l
  ) held;
end
$$;
comment on function loacl_private.settle_left_turns(uuid, integer) is
  'Settles turns of an assistant whose worker has gone, as settle_turn. Without this a budget would be short of what they reserved.';

create or replace function loacl_private.settle_deleted()
returns trigger
language plpgsql
volatile
security definer -- a cascade runs as whoever began it
set search_path = pg_catalog, pg_temp
as $$
declare
  gone jsonb := to_jsonb(old);
  -- Where its owner goes as well, so do the budget and the usage.
  turn_ids uuid[] := array(
    select distinct t.id
    from loacl_private.reservations r
    join loacl_private.turns t on t.id = r.turn_id
    join loacl.threads thread on thread.id = t.thread_id
    join loacl.assistants a on a.id = r.assistant_id
    join auth.users owner on owner.id = a.owner_id
    where r.assistant_id = coalesce(gone ->> 'assistant_id', gone ->> 'id')::uuid
      and old.id in (thread.id, thread.session_id, thread.assistant_id)
  );
  running loacl.tool_executions;
begin
  -- Only what was answered to the end has follow-ups.
  perform loacl_private.release_follow_ups(t.id)
  from loacl_private.turns t
  where t.id = any (turn_ids) and t.state <> 'completed';
  perform loacl_private.settle_call(
    t, r.step, r.purpose, null, null,
    case
      when r.purpose <> 'answer' then 0
      when t.ended_at is not null then octet_length(m.content)
      else (
        select coalesce(sum(octet_length(part ->> 'delta')), 0)
        from loacl_private.turn_chunks c
        cross join jsonb_array_elements(c.parts) as p (part)
        where c.turn_id = t.id and part ->> 'type' = 'text-delta'
      )
    end
  )
  from loacl_private.reservations r
  join loacl_private.turns t on t.id = r.turn_id
  join loacl.messages m on m.id = t.message_id
  where r.turn_id = any (turn_ids);
  -- A call of a tool that runs. Once: a cascade comes to the threads as well.
  for running in
    update loacl.tool_executions e
    set status = 'failed', error_code = 'unknown'
    from loacl.threads thread
    join loacl.assistants a on a.id = thread.assistant_id
    join auth.users owner on owner.id = a.owner_id
    where thread.id = e.thread_id and old.id in (thread.id, thread.session_id, thread.assistant_id)
      and e.assistant_id = coalesce(gone ->> 'assistant_id', gone ->> 'id')::uuid
      and e.completed_at is null and e.status = 'executing' and e.cost_usd > 0
    returning e.*
  loop
    perform loacl_private.charge_call(t, running, true) from loacl_private.turns t where t.id = running.turn_id;
  end loop;
  return old;
end
$$;
comment on function loacl_private.settle_deleted() is
  'Trigger: settles what the turns of a deleted row still reserve, and what calls of tools that run may cost, by estimates. Their worker finds no turn any more that it could settle.';

create or replace function loacl_private.end_step(turn loacl_private.turns, outcome jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  step loacl_private.turn_steps;
  content_before text := (select m.content from loacl.messages m where m.id = turn.message_id);
begin
  turn := loacl_private.take_fallback(turn, outcome);
  update loacl_private.turn_steps s
  set state = outcome ->> 'state',
    model = coalesce(outcome ->> 'model', s.model),
    response_id = outcome ->> 'responseId',
    provider_config_id = turn.provider_config_id,
    provider_items = coalesce(nullif(outcome -> 'providerItems', 'null'), '[]'),
    error_code = case when outcome ->> 'state' = 'failed' then coalesce(outcome ->> 'errorCode', 'internal') end,
    ended_at = clock_timestamp()
  where s.turn_id = turn.id and s.state = 'running'
  returning s.* into step;
  if not found then
    return;
  end if;
  if loacl_private.is_free_of_charge(outcome, content_before) then
    perform loacl_private.settle_reservation(turn.id, step.step, 'answer', 0, 0);
    perform loacl_private.settle_reservation(turn.id, step.step, 'tool', 0, 0);
  elsif outcome ? 'usage' then
    perform loacl_private.measure_tokens(turn, step.step, outcome -> 'usage');
    perform loacl_private.settle_call(
      turn, step.step, 'answer', outcome ->> 'model', outcome -> 'usage',
      octet_length(coalesce(outcome ->> 'content', '')) - octet_length(content_before)
        + coalesce(octet_length(loacl_private.take_reasoning(nullif(outcome -> 'parts', 'null'))::text), 0)
    );
    perform loacl_private.settle_hosted_calls(turn, step.step, outcome -> 'hostedCalls');
  end if;
end
$$;
comment on function loacl_private.end_step(loacl_private.turns, jsonb) is
  'Ends the running step of a turn, if there is one: keeps the provider''s items, logs what the call used, with the calls of hosted tools that it made, `hostedCalls`, and settles it. Where the outcome is not its worker''s, and so has no `usage`, settle_turn is to do that. To be called before the message changes: what the step said is told by what it held so far.';

create or replace function loacl_private.end_turn(turn_id uuid, outcome jsonb)
returns boolean
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns;
  end_state text := outcome ->> 'state';
  failure text := case when end_state = 'failed' then coalesce(outcome ->> 'errorCode', 'internal') end;
  limit_reached text := case when end_state = 'cut' then coalesce(outcome ->> 'cutReason', 'time_limit') end;
begin
  update loacl_private.turns t
  set state = end_state, error_code = failure, cut_reason = limit_reached, wait_expires_at = null, ended_at = clock_timestamp()
  where t.id = end_turn.turn_id and t.state in ('running', 'waiting')
  returning t.* into turn;
  if not found then
    return false;
  end if;
  perform loacl_private.end_step(turn, outcome);
  perform loacl_private.end_calls(turn, outcome);
  update loacl.messages m
  set status = end_state,
    content = coalesce(outcome ->> 'content', m.content),
    parts = loacl_private.close_calls(
      coalesce(loacl_private.without_reasoning(nullif(outcome -> 'parts', 'null')), m.parts), m.id
    ),
    model = coalesce(outcome ->> 'model', m.model),
    error_code = failure,
    cut_reason = limit_reached
  where m.id = turn.message_id;
  perform loacl_private.store_reasoning(turn.message_id, turn.thread_id, nullif(outcome -> 'parts', 'null'));
  return true;
end
$$;
comment on function loacl_private.end_turn(uuid, jsonb) is
  'Ends a turn that runs or waits, with its running step and its calls of tools, and stores its answer; says whether it did. Without `content` and `parts` the answer stays as it was last stored.';

create or replace function loacl_private.end_previous_turn(thread_id uuid)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns;
begin
  select t.* into turn
  from loacl_private.turns t
  where t.thread_id = end_previous_turn.thread_id and t.state in ('running', 'waiting')
  for update;
  if not found or loacl_private.end_overdue_turn(turn.id) then
    return;
  end if;
  if turn.state = 'running' then
    perform loacl_private.raise_error(409, 'turn_in_progress', 'An answer is still being written in this conversation.');
  end if;
  -- Nobody waits for it any more.
  perform loacl_private.end_turn(turn.id, '{"state": "stopped", "callError": "cancelled"}');
end
$$;
comment on function loacl_private.end_previous_turn(uuid) is
  'Ends the turn of a thread that waits, or whose worker has gone, so that another can begin. The caller holds the thread. Errors: turn_in_progress.';

create or replace function loacl_private.reserve_again(turn loacl_private.turns)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  step integer := (select max(s.step) from loacl_private.turn_steps s where s.turn_id = turn.id);
  budget integer := (
    select (loacl_private.apply_thread_overrides(a, t.id)).context_token_budget
    from loacl.threads t
    join loacl.assistants a on a.id = t.assistant_id
    where t.id = turn.thread_id
  );
begin
  perform loacl_private.release_follow_ups(turn.id);
  perform loacl_private.settle_reservation(turn.id, step, 'answer', 0, 0);
  perform loacl_private.settle_reservation(turn.id, step, 'tool', 0, 0);
  if not loacl_private.reserve_step(turn, step, '[]') then
    -- Taken back, with what was given back.
    raise exception using errcode = 'PT429';
  end if;
  return loacl_private.read_history(loacl_private.last_told(turn), budget);
exception
  when sqlstate 'PT429' then
    return null;
end
$$;
comment on function loacl_private.reserve_again(loacl_private.turns) is
  'Reserves a running step anew, before its call, for what its model is told of the conversation by now, and gives that; null, with everything as it was, where the budget does not allow it. Holds the assistant''s budget: to be called last.';

create or replace function loacl_private.to_open_turn(
  turn loacl_private.turns, assistant loacl.assistants, providers jsonb, history jsonb, is_first_turn boolean
)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return providers || jsonb_build_object(
    'turn', jsonb_build_object('id', turn.id, 'lease', turn.lease, 'deadlineAt', turn.deadline_at),
    'joined', false,
    'threadId', turn.thread_id,
    'userMessageId', turn.user_message_id,
    'messageId', turn.message_id,
    'isFirstTurn', is_first_turn,
    'assistant', jsonb_build_object(
      'id', assistant.id,
      'ownerId', assistant.owner_id,
      'name', assistant.name,
      'model', assistant.model,
      'instructions', assistant.instructions,
      'temperature', assistant.temperature,
      'reasoningEffort', assistant.reasoning_effort,
      'maxOutputTokens', assistant.max_output_tokens,
      'followUps', assistant.follow_ups,
      'followUpModel', assistant.follow_up_model,
      'showReasoning', assistant.show_reasoning
    ),
    'moderation', loacl_private.find_moderation(assistant),
    'history', history,
    'lastSeq', turn.last_seq,
    'tools', loacl_private.find_tools(turn.thread_id),
    'maxToolSteps', assistant.max_tool_steps,
    'maxHostedCalls', loacl_private.max_hosted_calls(),
    'toolSecret', loacl_private.find_tool_secret(assistant.id),
    'visitor', loacl_private.find_visitor(turn.thread_id),
    'calls', loacl_private.list_calls(
      turn.id, (select max(s.step) from loacl_private.turn_steps s where s.turn_id = turn.id)
    ),
    'stopRequested', turn.stop_requested_at is not null,
    'parts', (
      select coalesce(loacl_private.read_reasoned_parts(m), m.parts) from loacl.messages m where m.id = turn.message_id
    ),
    'steps', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object('input', s.input, 'providerItems', s.provider_items, 'configId', s.provider_config_id)
          order by s.step
        ),
        '[]'
      )
      from loacl_private.turn_steps s
      where s.turn_id = turn.id and s.state <> 'running'
    )
  );
end
$$;
comment on function loacl_private.to_open_turn(loacl_private.turns, loacl.assistants, jsonb, jsonb, boolean) is
  'A turn as its worker gets it, with all that its model calls need. `providers`: as find_provider gives them. `lastSeq`, `parts`, `steps` and `calls`, those of the last step: what there is of it already, once it has waited.';

create or replace function loacl_private.to_waiting(turn loacl_private.turns)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return jsonb_build_object(
    'messageId', turn.message_id,
    'step', (select max(s.step) from loacl_private.turn_steps s where s.turn_id = turn.id),
    'expiresAt', turn.wait_expires_at,
    'calls', loacl_private.to_waiting_calls(
      turn.id, (select max(s.step) from loacl_private.turn_steps s where s.turn_id = turn.id)
    )
  );
end
$$;
comment on function loacl_private.to_waiting(loacl_private.turns) is 'What is said of a turn that waits: after which step, until when, and for which calls of tools.';

create or replace function loacl_private.wait_turn(turn_id uuid, lease uuid, wait_ms bigint, outcome jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns := loacl_private.lock_leased_turn(wait_turn.turn_id, wait_turn.lease);
begin
  if turn.state = 'running' then
    perform loacl_private.expire_calls(turn.id);
    -- What it was to wait for has come already.
    if turn.stop_requested_at is null and loacl_private.is_ready(turn.id) then
      return '{"state": "running", "waiting": null}';
    end if;
    perform loacl_private.end_step(turn, outcome || '{"state": "completed"}');
    perform loacl_private.release_follow_ups(turn.id);
    perform loacl_private.keep_answer(turn, outcome, 'waiting');
    update loacl_private.turns t
    set state = 'waiting',
      lease_expires_at = null,
      wait_expires_at = least(
        clock_timestamp() + least(greatest(wait_ms, 1000) * interval '1 millisecond', loacl_private.longest_wait()),
        (select min(e.expires_at) from loacl.tool_executions e where e.turn_id = t.id and e.status = 'pending')
      ),
      -- Two parts say that it waits: `data-waiting` and `finish`.
      last_seq = t.last_seq + 2
    where t.id = turn.id
    returning t.* into turn;
    if turn.stop_requested_at is not null then
      perform loacl_private.end_turn(turn.id, '{"state": "stopped"}');
      turn.state := 'stopped';
    end if;
  end if;
  return jsonb_build_object('state', turn.state, 'waiting', case when turn.state = 'waiting' then loacl_private.to_waiting(turn) end);
end
$$;
comment on function loacl_private.wait_turn(uuid, uuid, bigint, jsonb) is 'Does the work of loacl.wait_turn.';

create or replace function loacl.wait_turn(turn_id uuid, lease uuid, wait_ms bigint, outcome jsonb)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.wait_turn(wait_turn.turn_id, wait_turn.lease, wait_turn.wait_ms, wait_turn.outcome);
comment on function loacl.wait_turn(uuid, uuid, bigint, jsonb) is
  'For the functions: ends a turn''s step with its `outcome`, which holds the answer so far, and lets the turn wait, for `wait_ms` milliseconds and 24 hours at most, and no longer than the visitor may approve a call. It has no worker then and reserves nothing. Gives `{"state", "waiting": {"messageId", "step", "expiresAt", "calls"}}`. Where the visitor wants it stopped it ends, and `waiting` is null. So it is where the step has called tools and none of the calls waits any more: then nothing is done, the state is `running`, and run_calls is next. Safe to repeat. Errors: turn_lease_lost.';

create function loacl_private.find_waiting(thread_id uuid)
returns jsonb
language plpgsql
stable
security definer -- reads turns; asks itself whose thread it is
set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select loacl_private.to_waiting(turn)
    from loacl_private.find_live_turn(find_waiting.thread_id) live
    join loacl_private.turns turn on turn.id = live.turn_id
    where turn.state = 'waiting'
  );
end
$$;
comment on function loacl_private.find_waiting(uuid) is 'What the turn in a thread of the caller''s waits for; null where none waits.';
revoke all on function loacl_private.find_waiting(uuid) from public;
grant execute on function loacl_private.find_waiting(uuid) to anon, authenticated;

create or replace function loacl.list_messages(thread_id uuid, cursor text default null, page_size integer default 50)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
select loacl_private.end_abandoned_turn(list_messages.thread_id);
select coalesce(
  (
    with recursive asked as (
      select
        t as thread,
        live.turn_id,
        live.message_id as live_message_id,
        least(greatest(coalesce(list_messages.page_size, 50), 1), 100) as page_size,
        case
          when list_messages.cursor is null then (
            select coalesce(
              (select m.id from loacl.messages m where m.id = t.shown_message_id and m.thread_id = t.id),
              (select m.id from loacl.messages m where m.thread_id = t.id order by m.seq desc limit 1)
            )
          )
          when list_messages.cursor ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then list_messages.cursor::uuid
          else (loacl_private.raise_error(400, 'invalid_body', '"cursor" is not one that list_messages gave.') ->> 0)::uuid
        end as first_id
      from loacl.threads t
      left join loacl_private.find_live_turn(list_messages.thread_id) live on true
      where t.id = list_messages.thread_id
    ),
    -- From the last message of the branch that is shown to its parent, and so on to the first.
    branch as (
      select m as message, 1 as place
      from asked
      join loacl.messages m on m.id = asked.first_id and m.thread_id = list_messages.thread_id
      union all
      select parent, branch.place + 1
      from branch
      join loacl.messages parent on parent.id = (branch.message).parent_id
      where branch.place <= (select asked.page_size from asked)
    )
    select jsonb_build_object(
      'thread', loacl_private.to_thread_summary(asked.thread),
      'activeTurnId', asked.turn_id,
      'waiting', case when asked.turn_id is not null then loacl_private.find_waiting(list_messages.thread_id) end,
      'lastEvent', loacl_private.find_last_event(list_messages.thread_id),
      'items', coalesce(
        jsonb_agg(
          loacl_private.to_message(
            b.message, (b.message).id is not distinct from asked.live_message_id, f.items, r.parts
          )
          || case when s.parts is null then '{}' else jsonb_build_object('streamed', s.parts) end
          || case when a.ids is null then '{}' else jsonb_build_object('siblings', a.ids) end
          order by b.place
        ) filter (where b.place <= asked.page_size),
        '[]'
      ),
      'nextCursor', max((b.message).id::text) filter (where b.place > asked.page_size)
    )
    from asked
    left join branch b on true
    left join loacl_private.find_suggestions(array(select (branch.message).id from branch)) f on f.message_id = (b.message).id
    left join loacl_private.find_reasoned_parts(array(select (branch.message).id from branch)) r on r.message_id = (b.message).id
    left join loacl_private.find_streamed_parts(array(select (branch.message).id from branch)) s on s.message_id = (b.message).id
    left join loacl_private.find_siblings(array(select (branch.message).id from branch)) a on a.message_id = (b.message).id
    group by asked.thread, asked.turn_id, asked.page_size
  ),
  loacl_private.raise_not_found('thread_not_found', 'There is no such conversation.')
);
end;
comment on function loacl.list_messages(uuid, text, integer) is
  'A thread''s messages, newest first, along the branch that is shown: `MessagePage`. At most 100 a page. A message that has alternatives comes with the ids of them all, as `siblings`. `waiting`: what its turn waits for, if it does. A turn whose worker has gone is ended first; what it had streamed comes along as `streamed`, until a function has folded it into the message. Errors: thread_not_found.';

create or replace function loacl_private.is_silent(turn loacl_private.turns)
returns boolean
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.has_missed_beats(turn)
  -- Its two first parts say nothing of the answer.
  and (turn).last_seq <= 2
  and not exists (select from loacl.tool_executions e where e.turn_id = (turn).id);
comment on function loacl_private.is_silent(loacl_private.turns) is
  'Whether a turn of which nothing was said yet, and that has called no tool, has missed two beats of its worker: another may take it over.';

create or replace function loacl_private.resume_turn(turn_id uuid, step integer, lease uuid, deadline_ms integer, claims jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns;
  assistant loacl.assistants;
  is_taken_over boolean;
begin
  -- Of two that resume a turn the second waits here.
  perform loacl_private.lock_turn(resume_turn.turn_id);
  perform loacl_private.enter_turn(resume_turn.turn_id, resume_turn.claims);
  select t.* into turn from loacl_private.turns t where t.id = resume_turn.turn_id for update;
  -- Asked again because an answer was lost, it has the lease already.
  if not (turn.state = 'running' and turn.lease = resume_turn.lease)
    and not loacl_private.is_silent(turn)
    and (
      turn.state <> 'waiting'
      or loacl_private.has_waiting_calls(turn.id)
      or resume_turn.step <> (select max(s.step) from loacl_private.turn_steps s where s.turn_id = turn.id)
    )
  then
    return jsonb_build_object('turn', jsonb_build_object('id', turn.id), 'joined', true);
  end if;

  assistant := loacl_private.enter_assistant((select t.assistant_id from loacl.threads t where t.id = turn.thread_id), null);
  if assistant.paused_at is not null then
    perform loacl_private.raise_error(403, 'assistant_paused', 'This assistant is paused. Please come back later.');
  end if;
  perform loacl_private.find_provider(assistant, turn);
  is_taken_over := turn.state = 'running' and turn.lease <> resume_turn.lease;
  update loacl_private.turns t
  set state = 'running',
    lease = resume_turn.lease,
    lease_expires_at = clock_timestamp() + loacl_private.lease_duration(),
    deadline_at = loacl_private.to_deadline(resume_turn.deadline_ms),
    wait_expires_at = null
  where t.id = turn.id
  returning t.* into turn;
  perform loacl_private.keep_answer(turn, null, 'streaming');
  if is_taken_over then
    -- The worker that fell silent may have called the model.
    perform loacl_private.release_follow_ups(turn.id);
    perform loacl_private.settle_call(turn, 1, 'answer', null, null, 0);
    perform loacl_private.settle_call(turn, 1, 'tool', null, null, 0);
    if not loacl_private.reserve_step(turn, 1, '[]') then
      perform loacl_private.end_turn(turn.id, '{"state": "cut", "cutReason": "budget"}');
      return jsonb_build_object('turn', jsonb_build_object('id', turn.id), 'joined', true);
    end if;
  end if;
  return loacl_private.hand_out_turn(turn);
end
$$;
comment on function loacl_private.resume_turn(uuid, integer, uuid, integer, jsonb) is 'Does the work of loacl.resume_turn.';

create or replace function loacl.resume_turn(turn_id uuid, step integer, lease uuid, deadline_ms integer, claims jsonb default null)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.resume_turn(
  resume_turn.turn_id, resume_turn.step, resume_turn.lease, resume_turn.deadline_ms, resume_turn.claims
);
comment on function loacl.resume_turn(uuid, integer, uuid, integer, jsonb) is
  'For the functions: takes up a turn of the visitor''s that waits after step `step` and for no call any more, or one of which nothing was said yet and whose worker has missed two beats, under a new lease, which the caller makes, and with a new deadline. Gives what begin_turn gives; begin_step goes on from there. A worker that comes back late finds its lease lost. Of several that try one gets it; the others, and whoever comes after it has ended or waits for something else, get `joined`. Safe to repeat with the same lease. `claims`: of the visitor''s verified access token, where one came along. Errors: session_missing, session_invalid, turn_not_found, assistant_inactive, assistant_paused, provider_key_missing.';

create function loacl_private.find_earlier_call(turn loacl_private.turns, tool_name text, arguments_digest text)
returns loacl.tool_executions
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  earlier loacl.tool_executions;
begin
  select e.* into earlier
  from loacl.messages asked
  -- Edited, it is the same question.
  join loacl.messages sibling on sibling.thread_id = asked.thread_id and sibling.role = 'user'
    and (sibling.id = asked.id or sibling.parent_id is not distinct from asked.parent_id)
  join loacl_private.turns t on t.user_message_id = sibling.id
  join loacl.tool_executions e on e.turn_id = t.id
  where asked.id = turn.user_message_id
    and e.tool_name = find_earlier_call.tool_name
    and e.arguments_digest = find_earlier_call.arguments_digest
    and e.executed_at is not null
    and (t.id <> turn.id or (e.completed_at is not null and e.status <> 'completed'))
  order by t.id <> turn.id desc, e.created_at desc
  limit 1;
  return earlier;
end
$$;
comment on function loacl_private.find_earlier_call(loacl_private.turns, text, text) is
  'A call of the same tool with the same arguments that ran for the same question: in another answer to it, or in this turn, where it failed. null where there is none.';
revoke all on function loacl_private.find_earlier_call(loacl_private.turns, text, text) from public;

create function loacl_private.begin_call(turn loacl_private.turns, step integer, asked jsonb, refusal text)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  tool loacl.assistant_tools;
  earlier loacl.tool_executions;
  execution loacl.tool_executions;
  is_approved boolean := false;
begin
  select t.* into tool
  from loacl_private.find_offered_tools(turn.thread_id) t
  where t.id = (asked ->> 'toolId')::uuid and t.kind <> 'hosted';
  refusal := coalesce(
    refusal,
    case when tool.id is null then 'tool_unknown' when jsonb_typeof(asked -> 'arguments') is distinct from 'object' then 'arguments_invalid' end
  );
  execution.id := gen_random_uuid();
  execution.tool_digest := case when tool.id is not null then loacl_private.to_tool_digest(tool) end;
  execution.idempotency_key := execution.id;
  execution.created_at := clock_timestamp();
  if refusal is null then
    earlier := loacl_private.find_earlier_call(turn, tool.name, asked ->> 'argumentsDigest');
    -- One of which nobody knows what came of it may have had its effect.
    is_approved := coalesce(
        earlier.id is null or (earlier.turn_id = turn.id and earlier.error_code not in ('unknown', 'tool_timeout')), false
      )
      and loacl.is_tool_approved(turn.thread_id, tool.name, tool.risk, tool.cost_usd, execution.tool_digest);
    if tool.is_idempotent and earlier.tool_id = tool.id then
      execution.idempotency_key := earlier.idempotency_key;
    end if;
  end if;
  execution.status := case
    when refusal is not null then 'cancelled'
    when not is_approved then 'pending'
    when tool.kind = 'page' then 'approved'
    else 'executing'
  end;
  insert into loacl.tool_executions (
    id, message_id, tool_id, turn_id, step, kind, call_id, tool_name, parameters, status, approval_requested_at, cost_usd, error_code,
    tool_digest, arguments_digest, expires_at, idempotency_key, created_at
  )
  values (
    execution.id, turn.message_id, tool.id, turn.id, begin_call.step, tool.kind, asked ->> 'callId',
    coalesce(tool.name, nullif(left(asked ->> 'name', 200), ''), '?'),
    case jsonb_typeof(asked -> 'arguments') when 'object' then asked -> 'arguments' else '{}' end,
    execution.status,
    case when execution.status = 'pending' then execution.created_at end,
    case execution.status when 'cancelled' then 0 when 'pending' then null else tool.cost_usd end,
    refusal,
    execution.tool_digest, asked ->> 'argumentsDigest',
    case execution.status
      when 'pending' then execution.created_at + tool.approval_seconds * interval '1 second'
      when 'approved' then execution.created_at + tool.timeout_ms * interval '1 millisecond'
    end,
    execution.idempotency_key, execution.created_at
  );
end
$$;
comment on function loacl_private.begin_call(loacl_private.turns, integer, jsonb, text) is
  'Keeps one call that the model has asked for, and decides whether it runs, waits or is refused. The caller holds the lock of the assistant''s tools.';
revoke all on function loacl_private.begin_call(loacl_private.turns, integer, jsonb, text) from public;

create function loacl_private.lock_running_turn(turn_id uuid, lease uuid)
returns loacl_private.turns
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns := loacl_private.lock_leased_turn(lock_running_turn.turn_id, lock_running_turn.lease);
begin
  if turn.state <> 'running' then
    perform loacl_private.raise_error(409, 'turn_lease_lost', 'This turn is no longer yours.');
  end if;
  return turn;
end
$$;
comment on function loacl_private.lock_running_turn(uuid, uuid) is 'As lock_leased_turn, for a turn that runs. Errors: turn_lease_lost.';
revoke all on function loacl_private.lock_running_turn(uuid, uuid) from public;

create function loacl_private.begin_calls(turn_id uuid, lease uuid, step integer, calls jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns := loacl_private.lock_running_turn(begin_calls.turn_id, begin_calls.lease);
  asked record;
begin
  if not exists (
    select from loacl_private.turn_steps s where s.turn_id = turn.id and s.step = begin_calls.step and s.state = 'running'
  ) then
    perform loacl_private.raise_error(500, 'internal', format('Calls of step %s came, which does not run.', begin_calls.step));
  end if;
  -- Of two turns that begin calls at once the second counts what the first may cost.
  perform pg_advisory_xact_lock(
    hashtext('loacl.begin_calls'), hashtext((select t.assistant_id::text from loacl.threads t where t.id = turn.thread_id))
  );
  for asked in select c.call, c.place from jsonb_array_elements(calls) with ordinality as c (call, place) order by c.place loop
    -- Asked again because an answer was lost, it is there.
    if not exists (
      select
      from loacl.tool_executions e
      where e.turn_id = turn.id and e.step = begin_calls.step and e.call_id = asked.call ->> 'callId'
    ) then
      perform loacl_private.begin_call(
        turn, begin_calls.step, asked.call,
        coalesce(asked.call ->> 'errorCode', case when asked.place > 16 then 'too_many_calls' end)
      );
    end if;
  end loop;
  return jsonb_build_object('calls', loacl_private.list_calls(turn.id, begin_calls.step));
end
$$;
comment on function loacl_private.begin_calls(uuid, uuid, integer, jsonb) is 'Does the work of loacl.begin_calls.';
revoke all on function loacl_private.begin_calls(uuid, uuid, integer, jsonb) from public;
grant execute on function loacl_private.begin_calls(uuid, uuid, integer, jsonb) to service_role;

create function loacl.begin_calls(turn_id uuid, lease uuid, step integer, calls jsonb)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.begin_calls(begin_calls.turn_id, begin_calls.lease, begin_calls.step, begin_calls.calls);
comment on function loacl.begin_calls(uuid, uuid, integer, jsonb) is
  'For the functions: keeps the calls of tools that the model has asked for in a running step, `[{"callId", "name", "toolId", "arguments", "argumentsDigest", "errorCode"}]`, and decides each: one with an `errorCode` is cancelled; a server''s or an MCP server''s that needs nobody''s approval is `executing`, and this worker''s to run now; a page''s is `approved` and waits to be claimed; any other is `pending`. It is decided by is_tool_approved, one turn of the assistant after the other, and one that ran before for the same question is asked about. Gives `{"calls"}`, as all that follow. Safe to repeat. Errors: turn_lease_lost.';
revoke all on function loacl.begin_calls(uuid, uuid, integer, jsonb) from public;
grant execute on function loacl.begin_calls(uuid, uuid, integer, jsonb) to service_role;

create function loacl_private.is_unchanged(call loacl.tool_executions)
returns boolean
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return exists (
    select
    from loacl_private.find_offered_tools(call.thread_id) t
    where t.id = call.tool_id and loacl_private.to_tool_digest(t) = call.tool_digest
  );
end
$$;
comment on function loacl_private.is_unchanged(loacl.tool_executions) is
  'Whether the tool of a call is still offered, and is what it was when the call was asked for.';
revoke all on function loacl_private.is_unchanged(loacl.tool_executions) from public;

create function loacl_private.run_calls(turn_id uuid, lease uuid, step integer)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns := loacl_private.lock_running_turn(run_calls.turn_id, run_calls.lease);
begin
  update loacl.tool_executions e
  set status = case when u.is_unchanged then 'executing' else 'cancelled' end,
    error_code = case when not u.is_unchanged then 'tool_changed' end,
    cost_usd = case when u.is_unchanged then e.cost_usd else 0 end
  from (
    select a.id, loacl_private.is_unchanged(a) as is_unchanged
    from loacl.tool_executions a
    where a.turn_id = turn.id and a.step = run_calls.step and a.status = 'approved' and a.kind in ('server', 'mcp')
  ) u
  where e.id = u.id;
  return jsonb_build_object('calls', loacl_private.list_calls(turn.id, run_calls.step));
end
$$;
comment on function loacl_private.run_calls(uuid, uuid, integer) is 'Does the work of loacl.run_calls.';
revoke all on function loacl_private.run_calls(uuid, uuid, integer) from public;
grant execute on function loacl_private.run_calls(uuid, uuid, integer) to service_role;

create function loacl.run_calls(turn_id uuid, lease uuid, step integer)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.run_calls(run_calls.turn_id, run_calls.lease, run_calls.step);
comment on function loacl.run_calls(uuid, uuid, integer) is
  'For the functions: the calls of a step with those that were approved and are a server''s or an MCP server''s now `executing`, and this worker''s to run; where the tool is another by now, or is switched off, the call is cancelled. Safe to repeat. Errors: turn_lease_lost.';
revoke all on function loacl.run_calls(uuid, uuid, integer) from public;
grant execute on function loacl.run_calls(uuid, uuid, integer) to service_role;

create function loacl_private.end_call(turn_id uuid, lease uuid, execution_id uuid, outcome jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns := loacl_private.lock_running_turn(end_call.turn_id, end_call.lease);
  execution loacl.tool_executions;
  failure text := outcome ->> 'errorCode';
begin
  select e.* into execution
  from loacl.tool_executions e
  where e.id = end_call.execution_id and e.turn_id = turn.id and e.kind in ('server', 'mcp')
  for update;
  if not found then
    perform loacl_private.raise_error(404, 'execution_not_found', 'There is no such call.');
  end if;
  -- Asked again because an answer was lost.
  if execution.completed_at is not null then
    return loacl_private.to_call(execution);
  end if;
  if execution.status <> 'executing' then
    perform loacl_private.raise_error(409, 'execution_decided', 'This call does not run.');
  end if;
  -- The worker bounds what comes; as JSON it may be longer.
  if octet_length((outcome -> 'result')::text) > 2097152 then
    perform loacl_private.raise_error(413, 'tool_result_too_large', 'The result of this call is too large.');
  end if;
  update loacl.tool_executions e
  set status = case
      when failure is null then 'completed'
      when failure in ('tool_changed', 'stopped', 'cancelled') then 'cancelled'
      else 'failed'
    end,
    result = case when failure is null then outcome -> 'result' end,
    error_code = failure,
    error_message = case when failure is not null then left(outcome ->> 'errorMessage', 1000) end,
    cost_usd = coalesce((outcome ->> 'costUsd')::numeric, e.cost_usd)
  where e.id = execution.id
  returning e.* into execution;
  perform loacl_private.charge_call(turn, execution, false);
  return loacl_private.to_call(execution);
end
$$;
comment on function loacl_private.end_call(uuid, uuid, uuid, jsonb) is 'Does the work of loacl.end_call.';
revoke all on function loacl_private.end_call(uuid, uuid, uuid, jsonb) from public;
grant execute on function loacl_private.end_call(uuid, uuid, uuid, jsonb) to service_role;

create function loacl.end_call(turn_id uuid, lease uuid, execution_id uuid, outcome jsonb)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.end_call(end_call.turn_id, end_call.lease, end_call.execution_id, end_call.outcome);
comment on function loacl.end_call(uuid, uuid, uuid, jsonb) is
  'For the functions: ends a call that a turn''s worker has run: `{"result", "errorCode", "errorMessage", "costUsd"}`. Without `costUsd` it cost the most that its tool costs. What it cost is a row of usage_logs, and counts in the budget. Gives the call. Safe to repeat: the first outcome stays. Errors: turn_lease_lost, execution_not_found, execution_decided, tool_result_too_large.';
revoke all on function loacl.end_call(uuid, uuid, uuid, jsonb) from public;
grant execute on function loacl.end_call(uuid, uuid, uuid, jsonb) to service_role;

create function loacl_private.enter_waiting_turn(turn_id uuid, claims jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  -- Of two that decide, or run a call, or resume the turn, the second waits here.
  perform loacl_private.lock_turn(enter_waiting_turn.turn_id);
  perform loacl_private.enter_turn(enter_waiting_turn.turn_id, enter_waiting_turn.claims);
  perform loacl_private.expire_calls(enter_waiting_turn.turn_id);
end
$$;
comment on function loacl_private.enter_waiting_turn(uuid, jsonb) is
  'Locks a turn of the visitor whose token the request carries, and ends what is overdue in it. Errors: those of enter_turn.';
revoke all on function loacl_private.enter_waiting_turn(uuid, jsonb) from public;

create function loacl_private.enter_call(execution_id uuid, claims jsonb)
returns loacl.tool_executions
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  execution loacl.tool_executions;
begin
  perform loacl_private.require_session_token_hash();
  select e.* into execution
  from loacl.tool_executions e
  join loacl.threads t on t.id = e.thread_id
  where e.id = enter_call.execution_id
    and e.turn_id is not null
    and t.session_id = any ((select loacl_private.find_own_session_ids(enter_call.claims))::uuid[])
    and t.status <> 'deleted';
  if not found then
    perform loacl_private.raise_not_found('execution_not_found', 'There is no such call.');
  end if;
  perform loacl_private.enter_waiting_turn(execution.turn_id, claims);
  select e.* into execution from loacl.tool_executions e where e.id = enter_call.execution_id for update;
  return execution;
end
$$;
comment on function loacl_private.enter_call(uuid, jsonb) is
  'A call in a thread of the visitor whose token the request carries, with its turn locked. Errors: session_missing, session_invalid, execution_not_found.';
revoke all on function loacl_private.enter_call(uuid, jsonb) from public;

create function loacl_private.to_decided(turn_id uuid)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns;
begin
  select t.* into turn from loacl_private.turns t where t.id = to_decided.turn_id;
  return jsonb_build_object(
    'turnId', turn.id,
    'state', turn.state,
    'isReady', turn.state = 'waiting' and loacl_private.is_ready(turn.id),
    'waiting', case when turn.state = 'waiting' then loacl_private.to_waiting(turn) end
  );
end
$$;
comment on function loacl_private.to_decided(uuid) is
  'How a turn stands once something has come for it: `{"turnId", "state", "isReady", "waiting"}`. `isReady`: nothing is waited for any more, and resume_turn takes it up.';
revoke all on function loacl_private.to_decided(uuid) from public;

create function loacl_private.decide_call(execution_id uuid, approved boolean, arguments_digest text, reason text, claims jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  execution loacl.tool_executions := loacl_private.enter_call(decide_call.execution_id, decide_call.claims);
  tool loacl.assistant_tools;
begin
  if decide_call.approved is null then
    perform loacl_private.raise_error(400, 'invalid_body', '"approved" must be true or false.');
  end if;
  if execution.arguments_digest is distinct from coalesce(
    decide_call.arguments_digest, case when not approved then execution.arguments_digest end
  ) then
    perform loacl_private.raise_error(404, 'execution_not_found', 'There is no such call with these arguments.');
  end if;
  if execution.error_code = 'expired' or (execution.status = 'pending' and execution.expires_at <= clock_timestamp()) then
    perform loacl_private.raise_error(409, 'approval_expired', 'The time in which this call could be approved is over.');
  end if;
  if execution.status <> 'pending' then
    -- The same decision again is fine.
    if execution.approval_requested_at is null
      or (approved and execution.approved_at is null)
      or (not approved and execution.error_code is distinct from 'denied')
    then
      perform loacl_private.raise_error(409, 'execution_decided', 'This call was decided already.');
    end if;
    return loacl_private.to_decided(execution.turn_id);
  end if;

  select t.* into tool from loacl.assistant_tools t where t.id = execution.tool_id;
  update loacl.tool_executions e
  set status = case when approved and loacl_private.is_unchanged(execution) then 'approved' else 'cancelled' end,
    error_code = case when not approved then 'denied' when not loacl_private.is_unchanged(execution) then 'tool_changed' end,
    error_message = case when not approved then nullif(left(decide_call.reason, 500), '') end,
    cost_usd = case when approved and loacl_private.is_unchanged(execution) then tool.cost_usd else 0 end,
    expires_at = case
      when approved and e.kind = 'page' then clock_timestamp() + tool.timeout_ms * interval '1 millisecond'
      else e.expires_at
    end
  where e.id = execution.id;
  perform loacl_private.renew_wait(execution.turn_id);
  return loacl_private.to_decided(execution.turn_id);
end
$$;
comment on function loacl_private.decide_call(uuid, boolean, text, text, jsonb) is 'Does the work of loacl.decide_call.';
revoke all on function loacl_private.decide_call(uuid, boolean, text, text, jsonb) from public;
grant execute on function loacl_private.decide_call(uuid, boolean, text, text, jsonb) to service_role;

create function loacl.decide_call(
  execution_id uuid, approved boolean, arguments_digest text, reason text default null, claims jsonb default null
)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.decide_call(
  decide_call.execution_id, decide_call.approved, decide_call.arguments_digest, decide_call.reason, decide_call.claims
);
comment on function loacl.decide_call(uuid, boolean, text, text, jsonb) is
  'For the functions: the visitor approves or denies a call that they are asked about, once; `reason`, up to 500 characters, is theirs for a denial. An approval names the digest of the arguments that it is for. Gives `{"turnId", "state", "isReady", "waiting"}`: where `isReady`, resume_turn takes the turn up. A tool that is another by now is not called. `claims`: of the visitor''s verified access token, where one came along. The same decision again is fine. Errors: session_missing, session_invalid, session_replaced, execution_not_found, execution_decided, approval_expired.';
revoke all on function loacl.decide_call(uuid, boolean, text, text, jsonb) from public;
grant execute on function loacl.decide_call(uuid, boolean, text, text, jsonb) to service_role;

create function loacl_private.claim_call(execution_id uuid, tab text, claims jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  execution loacl.tool_executions := loacl_private.enter_call(claim_call.execution_id, claim_call.claims);
begin
  if claim_call.tab is null or claim_call.tab !~ '^[!-~]{1,128}$' then
    perform loacl_private.raise_error(400, 'invalid_body', '"tab" must be 1 to 128 visible ASCII characters.');
  end if;
  if execution.kind is distinct from 'page'
    or not (execution.status = 'approved' or (execution.status = 'executing' and execution.claimed_by = claim_call.tab))
    or (execution.status = 'approved' and not loacl_private.is_unchanged(execution))
  then
    perform loacl_private.raise_error(409, 'execution_decided', 'This call is not for a page to run, or another tab runs it.');
  end if;
  if execution.status = 'approved' then
    update loacl.tool_executions e
    set status = 'executing', claimed_by = claim_call.tab, expires_at = clock_timestamp() + (
      select t.timeout_ms * interval '1 millisecond' from loacl.assistant_tools t where t.id = e.tool_id
    )
    where e.id = execution.id
    returning e.* into execution;
    perform loacl_private.renew_wait(execution.turn_id);
  end if;
  return jsonb_build_object('arguments', execution.parameters, 'expiresAt', execution.expires_at);
end
$$;
comment on function loacl_private.claim_call(uuid, text, jsonb) is 'Does the work of loacl.claim_call.';
revoke all on function loacl_private.claim_call(uuid, text, jsonb) from public;
grant execute on function loacl_private.claim_call(uuid, text, jsonb) to service_role;

create function loacl.claim_call(execution_id uuid, tab text, claims jsonb default null)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.claim_call(claim_call.execution_id, claim_call.tab, claim_call.claims);
comment on function loacl.claim_call(uuid, text, jsonb) is
  'For the functions: a tab of the visitor''s takes a page''s call that is approved, and is the only one to run it: `{"arguments", "expiresAt"}`. Until then answer_call is to come. Safe to repeat for the same tab. Errors: session_missing, session_invalid, session_replaced, invalid_body, execution_not_found, execution_decided.';
revoke all on function loacl.claim_call(uuid, text, jsonb) from public;
grant execute on function loacl.claim_call(uuid, text, jsonb) to service_role;

create function loacl_private.answer_call(execution_id uuid, tab text, answer jsonb, claims jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  execution loacl.tool_executions := loacl_private.enter_call(answer_call.execution_id, answer_call.claims);
  most_bytes integer := coalesce(
    (select t.max_result_bytes from loacl.assistant_tools t where t.id = execution.tool_id), 65536
  );
  failure text := case when jsonb_typeof(answer -> 'error') = 'string' then answer ->> 'error' end;
  turn loacl_private.turns;
begin
  if execution.kind is distinct from 'page' or execution.claimed_by is distinct from answer_call.tab or execution.claimed_by is null then
    perform loacl_private.raise_error(409, 'execution_decided', 'This call is not this tab''s to run.');
  end if;
  if (jsonb_typeof(answer) = 'object' and ((answer ? 'output') <> (answer ? 'error')) and ((answer ? 'output') or failure is not null))
    is not true
  then
    perform loacl_private.raise_error(400, 'invalid_body', 'A call is answered with an "output", or with an "error" in words.');
  end if;
  if octet_length((answer -> 'output')::text) > most_bytes then
    perform loacl_private.raise_error(413, 'tool_result_too_large', format('The output of this call may have %s bytes as JSON.', most_bytes));
  end if;
  if execution.status <> 'executing' then
    -- The same answer again is fine.
    if (execution.status, execution.result) is distinct from ('completed', answer -> 'output')
      and (execution.error_code, execution.error_message) is distinct from ('tool_failed', left(failure, 1000))
    then
      perform loacl_private.raise_error(409, 'execution_decided', 'This call has ended already.');
    end if;
    return loacl_private.to_decided(execution.turn_id);
  end if;
  update loacl.tool_executions e
  set status = case when failure is null then 'completed' else 'failed' end,
    result = answer -> 'output',
    error_code = case when failure is not null then 'tool_failed' end,
    error_message = left(failure, 1000)
  where e.id = execution.id
  returning e.* into execution;
  perform loacl_private.renew_wait(execution.turn_id);
  select t.* into turn from loacl_private.turns t where t.id = execution.turn_id;
  perform loacl_private.charge_call(turn, execution, false);
  return loacl_private.to_decided(execution.turn_id);
end
$$;
comment on function loacl_private.answer_call(uuid, text, jsonb, jsonb) is 'Does the work of loacl.answer_call.';
revoke all on function loacl_private.answer_call(uuid, text, jsonb, jsonb) from public;
grant execute on function loacl_private.answer_call(uuid, text, jsonb, jsonb) to service_role;

create function loacl.answer_call(execution_id uuid, tab text, answer jsonb, claims jsonb default null)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.answer_call(answer_call.execution_id, answer_call.tab, answer_call.answer, answer_call.claims);
comment on function loacl.answer_call(uuid, text, jsonb, jsonb) is
  'For the functions: the tab that has claimed a page''s call says what came of it, `{"output"}` or `{"error"}`, once. Gives what decide_call gives. The same answer again is fine. Errors: session_missing, session_invalid, session_replaced, invalid_body, execution_not_found, execution_decided, tool_result_too_large.';
revoke all on function loacl.answer_call(uuid, text, jsonb, jsonb) from public;
grant execute on function loacl.answer_call(uuid, text, jsonb, jsonb) to service_role;

create function loacl_private.continue_turn(turn_id uuid, claims jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
begin
  perform loacl_private.enter_waiting_turn(continue_turn.turn_id, continue_turn.claims);
  return loacl_private.to_decided(continue_turn.turn_id);
end
$$;
comment on function loacl_private.continue_turn(uuid, jsonb) is 'Does the work of loacl.continue_turn.';
revoke all on function loacl_private.continue_turn(uuid, jsonb) from public;
grant execute on function loacl_private.continue_turn(uuid, jsonb) to service_role;

create function loacl.continue_turn(turn_id uuid, claims jsonb default null)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.continue_turn(continue_turn.turn_id, continue_turn.claims);
comment on function loacl.continue_turn(uuid, jsonb) is
  'For the functions: ends what is overdue in a turn of the visitor''s: a page''s call that no tab took is cancelled, one that was taken and not answered is failed, and where an approval did not come in time the turn is cut. Gives what decide_call gives. Errors: session_missing, session_invalid, session_replaced, turn_not_found.';
revoke all on function loacl.continue_turn(uuid, jsonb) from public;
grant execute on function loacl.continue_turn(uuid, jsonb) to service_role;

create or replace function loacl_private.fold_turn(turn_id uuid, content text, parts jsonb)
returns void
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns;
begin
  perform loacl_private.lock_turn(fold_turn.turn_id);
  update loacl_private.turns t set is_folded = true
  where t.id = fold_turn.turn_id and not t.is_folded
  returning t.* into turn;
  -- Somebody else was first, or it was erased.
  if not found then
    return;
  end if;
  update loacl.messages m
  -- The longest text that is allowed: if this failed, it would fail each time.
  set content = left(fold_turn.content, 1000000), parts = loacl_private.close_calls(loacl_private.without_reasoning(fold_turn.parts), m.id)
  where m.id = turn.message_id;
  perform loacl_private.store_reasoning(turn.message_id, turn.thread_id, fold_turn.parts);
end
$$;
comment on function loacl_private.fold_turn(uuid, text, jsonb) is 'Does the work of loacl.fold_turn.';

create or replace function loacl_private.withdraw_answer()
returns trigger
language plpgsql
volatile
security definer -- whoever ends a turn has no rights on all that an answer leaves
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from loacl_private.turn_chunks c using loacl_private.turns t where t.message_id = new.id and c.turn_id = t.id;
  update loacl_private.turns t set is_folded = true where t.message_id = new.id and not t.is_folded;
  update loacl_private.turn_steps s
  set input = '[]', provider_items = '[]'
  from loacl_private.turns t
  where t.message_id = new.id and s.turn_id = t.id and (s.input <> '[]' or s.provider_items <> '[]');
  update loacl.tool_executions e
  set parameters = '{}', result = null, error_message = null, arguments_digest = null, claimed_by = null, metadata = '{}'
  where e.message_id = new.id;
  delete from loacl_private.message_internals i where i.message_id = new.id;
  delete from loacl.message_annotations a where a.message_id = new.id;
  delete from loacl.follow_up_suggestions f where f.message_id = new.id;
  delete from loacl.context_optimizations c
  where c.thread_id = new.thread_id
    and (
      new.id = any (c.affected_messages)
      or (new.error_code = 'input_flagged' and new.parent_id = any (c.affected_messages))
    );
  return null;
end
$$;
comment on function loacl_private.withdraw_answer() is
  'Trigger: deletes what was streamed, reasoned, cited, suggested and summarised, and what tools were told and said, of an answer that moderation refuses, and the provider''s items of its steps; of a message that it refuses, what was summarised.';

create or replace function loacl_private.log_thread_event()
returns trigger
language plpgsql
volatile
security definer -- nobody else writes the log
set search_path = pg_catalog, pg_temp
as $$
declare
  event loacl_private.thread_events;
begin
  if tg_table_name = 'threads' then
    event.thread_id := new.id;
    event.message_id := case when tg_argv[0] = 'message_chosen' then new.shown_message_id end;
  elsif tg_table_name = 'messages' then
    event.thread_id := new.thread_id;
    event.message_id := new.id;
  elsif tg_table_name = 'turns' then
    event.thread_id := new.thread_id;
    event.message_id := new.message_id;
    event.turn_id := new.id;
  elsif tg_table_name = 'tool_executions' then
    event.thread_id := new.thread_id;
    event.message_id := new.message_id;
    event.turn_id := new.turn_id;
    -- While the turn runs its stream tells of it, and so does its end.
    if not exists (select from loacl_private.turns t where t.id = new.turn_id and t.state = 'waiting') then
      return null;
    end if;
  else
    event.thread_id := coalesce(new.thread_id, old.thread_id);
    event.message_id := coalesce(new.message_id, old.message_id);
  end if;

  -- Of two transactions the second gets its number when the first has ended, in a statement that sees what that wrote.
  perform from loacl.threads t where t.id = event.thread_id for no key update;
  -- The thread is being deleted, and its log with it.
  if not found then
    return null;
  end if;
  insert into loacl_private.thread_events (thread_id, number, kind, message_id, turn_id)
  select event.thread_id, coalesce(max(e.number), 0) + 1, tg_argv[0], event.message_id, event.turn_id
  from loacl_private.thread_events e
  where e.thread_id = event.thread_id;
  return null;
end
$$;
comment on function loacl_private.log_thread_event() is
  'Trigger: adds an event of the kind that the trigger names to the log of the row''s thread.';

create trigger tool_executions_log_changed after update of status on loacl.tool_executions
  for each row when (new.turn_id is not null and new.status is distinct from old.status)
  execute function loacl_private.log_thread_event('turn_waiting');

create or replace function loacl_private.export_message(message loacl.messages, for_operator boolean)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  suggestions jsonb := (
    select jsonb_agg(
      jsonb_build_object(
        'id', f.id,
        'suggestion', f.suggestion,
        'used', f.used_at is not null,
        'usedAt', f.used_at,
        'metadata', f.metadata
      )
      order by f.position
    )
    from loacl.follow_up_suggestions f
    where f.message_id = message.id
  );
  annotations jsonb := (
    select jsonb_agg(
      jsonb_build_object(
        'type', a.type,
        'text', a.text,
        'title', a.title,
        'url', a.url,
        'fileId', a.file_id,
        'quote', a.quote,
        'startIndex', a.start_index,
        'endIndex', a.end_index
      )
      order by a.position
    )
    from loacl.message_annotations a
    where a.message_id = message.id
  );
  exported jsonb := loacl_private.to_message(
    message, true, suggestions, loacl_private.read_reasoned_parts(message)
  ) || jsonb_build_object(
    'parentId', message.parent_id,
    'model', message.model,
    'metadata', message.metadata,
    'annotations', coalesce(annotations, '[]'),
    'denials', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object('toolCallId', e.id, 'reason', e.error_message, 'createdAt', e.completed_at) order by e.created_at, e.id
        ),
        '[]'
      )
      from loacl.tool_executions e
      where e.message_id = message.id and e.error_code = 'denied'
    ),
    'feedback', (
      select jsonb_build_object('value', f.value, 'comment', f.comment, 'updatedAt', f.updated_at)
      from loacl.message_feedback f
      where f.message_id = message.id
    )
  );
begin
  if not for_operator then
    return exported;
  end if;
  return exported || jsonb_build_object(
    'moderationFlags', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object(
            'direction', g.direction, 'categories', g.categories, 'model', g.model, 'createdAt', g.created_at
          )
          order by g.created_at, g.id
        ),
        '[]'
      )
      from loacl.moderation_flags g
      where g.message_id = message.id
    ),
    'toolCalls', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object(
            'id', e.id,
            'turnId', e.turn_id,
            'step', e.step,
            'kind', e.kind,
            'toolId', e.tool_id,
            'callId', e.call_id,
            'toolName', e.tool_name,
            'parameters', e.parameters,
            'result', e.result,
            'status', e.status,
            'errorCode', e.error_code,
            'errorMessage', e.error_message,
            'costUsd', e.cost_usd,
            'toolDigest', e.tool_digest,
            'argumentsDigest', e.arguments_digest,
            'idempotencyKey', e.idempotency_key,
            'claimedBy', e.claimed_by,
            'approvalRequestedAt', e.approval_requested_at,
            'approvedAt', e.approved_at,
            'executedAt', e.executed_at,
            'completedAt', e.completed_at,
            'expiresAt', e.expires_at,
            'metadata', e.metadata,
            'createdAt', e.created_at
          )
          order by e.created_at, e.id
        ),
        '[]'
      )
      from loacl.tool_executions e
      where e.message_id = message.id
    ),
    'steps', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object(
            'step', s.step,
            'state', s.state,
            'model', s.model,
            'input', s.input,
            'responseId', s.response_id,
            'providerItems', s.provider_items,
            'errorCode', s.error_code,
            'createdAt', s.created_at,
            'endedAt', s.ended_at
          )
          order by r.created_at, s.step
        ),
        '[]'
      )
      from loacl_private.turn_steps s
      join loacl_private.turns r on r.id = s.turn_id
      where r.message_id = message.id
    ),
    'reasoning', (
      select i.reasoning from loacl_private.message_internals i where i.message_id = message.id
    ),
    'internalMetadata', (
      select i.metadata from loacl_private.message_internals i where i.message_id = message.id
    )
  );
end
$$;
comment on function loacl_private.export_message(loacl.messages, boolean) is 'A message with what hangs on it, as it is exported.';

alter table loacl.assistant_tools
  alter column name set statistics 0,
  alter column description set statistics 0,
  alter column endpoint set statistics 0,
  alter column remote_name set statistics 0,
  alter column cost_usd set statistics 0,
  alter column timeout_ms set statistics 0,
  alter column max_result_bytes set statistics 0,
  alter column approval_seconds set statistics 0;
alter table loacl.mcp_servers
  alter column name set statistics 0,
  alter column endpoint set statistics 0;

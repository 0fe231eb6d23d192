create table loacl.auto_approval_settings (
  assistant_id uuid primary key references loacl.assistants (id) on delete cascade,
  read_only_operations boolean not null default false,
  low_risk_operations boolean not null default false,
  specific_tools jsonb not null default '{}',
  max_cost_per_tool_usd numeric not null default 1,
  max_cost_per_hour_usd numeric not null default 10,
  require_approval_for_new_tools boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint auto_approval_settings_specific_tools_shape check (
    jsonb_typeof(specific_tools) = 'object'
    and not jsonb_path_exists(specific_tools, '$.keyvalue() ? (@.value.type() != "boolean")')
  ),
  constraint auto_approval_settings_costs_positive check (max_cost_per_tool_usd >= 0 and max_cost_per_hour_usd >= 0),
  -- Excludes NaN as well: it is greater than every cost, and would be no limit.
  constraint auto_approval_settings_costs_finite check (
    max_cost_per_tool_usd < 'infinity' and max_cost_per_hour_usd < 'infinity'
  )
);

create trigger auto_approval_settings_set_updated_at before update on loacl.auto_approval_settings
  for each row execute function loacl_private.set_updated_at();

alter table loacl.auto_approval_settings enable row level security;
revoke all on table loacl.auto_approval_settings from public, anon, authenticated, service_role;
grant select, delete on table loacl.auto_approval_settings to authenticated;
grant insert (
  assistant_id, read_only_operations, low_risk_operations, specific_tools, max_cost_per_tool_usd, max_cost_per_hour_usd,
  require_approval_for_new_tools
) on table loacl.auto_approval_settings to authenticated;
grant update (
  read_only_operations, low_risk_operations, specific_tools, max_cost_per_tool_usd, max_cost_per_hour_usd,
  require_approval_for_new_tools
) on table loacl.auto_approval_settings to authenticated;
grant select, insert, update, delete on table loacl.auto_approval_settings to service_role;
comment on table loacl.auto_approval_settings is
  'Which tool calls of an assistant run without anybody being asked. Without a row, none. Operators see and change those of their assistants.';
comment on column loacl.auto_approval_settings.read_only_operations is 'Calls of tools that only read.';
comment on column loacl.auto_approval_settings.low_risk_operations is 'Calls of tools whose effect is small and can be undone.';
comment on column loacl.auto_approval_settings.specific_tools is
  'By tool name: true approves its calls whatever the tool''s risk, false has each asked about.';
comment on column loacl.auto_approval_settings.max_cost_per_tool_usd is 'A call that may cost more is asked about.';
comment on column loacl.auto_approval_settings.max_cost_per_hour_usd is
  'A call that would bring the cost of the assistant''s calls in the last hour above it is asked about.';
comment on column loacl.auto_approval_settings.require_approval_for_new_tools is
  'A tool that has not yet run for this assistant is asked about, unless specific_tools names it.';

create policy auto_approval_settings_select_own on loacl.auto_approval_settings for select to authenticated
  using (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));
create policy auto_approval_settings_insert_own on loacl.auto_approval_settings for insert to authenticated
  with check (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));
create policy auto_approval_settings_update_own on loacl.auto_approval_settings for update to authenticated
  using (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]))
  with check (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));
create policy auto_approval_settings_delete_own on loacl.auto_approval_settings for delete to authenticated
  using (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));

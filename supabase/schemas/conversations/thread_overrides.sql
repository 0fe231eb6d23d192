create table loacl.thread_overrides (
  thread_id uuid primary key references loacl.threads (id) on delete cascade,
  assistant_id uuid not null references loacl.assistants (id) on delete cascade,
  model text,
  instructions text,
  temperature double precision,
  reasoning_effort text,
  max_output_tokens integer,
  context_token_budget integer,
  auto_approval jsonb not null default '{}',
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint thread_overrides_model_length check (char_length(model) between 1 and 200),
  constraint thread_overrides_instructions_length check (char_length(instructions) <= 200000),
  constraint thread_overrides_temperature_range check (temperature between 0 and 2),
  constraint thread_overrides_reasoning_effort check (
    reasoning_effort in ('none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max')
  ),
  constraint thread_overrides_max_output_tokens_range check (max_output_tokens between 16 and 128000),
  constraint thread_overrides_context_token_budget_range check (context_token_budget between 500 and 1000000),
  constraint thread_overrides_auto_approval_shape check (
    jsonb_typeof(auto_approval) = 'object'
    and not jsonb_path_exists(
      auto_approval,
      '$.keyvalue() ? (!(
        ((@.key == "read_only_operations" || @.key == "low_risk_operations" || @.key == "require_approval_for_new_tools")
          && @.value.type() == "boolean")
        || ((@.key == "max_cost_per_tool_usd" || @.key == "max_cost_per_hour_usd")
          && @.value.type() == "number" && @.value >= 0)
        || (@.key == "specific_tools" && @.value.type() == "object")
      ))'
    )
    and not jsonb_path_exists(auto_approval, '$.specific_tools.keyvalue() ? (@.value.type() != "boolean")')
  ),
  constraint thread_overrides_metadata_object check (jsonb_typeof(metadata) = 'object')
);

create index thread_overrides_assistant_id_idx on loacl.thread_overrides (assistant_id);
comment on index loacl.thread_overrides_assistant_id_idx is 'Serves: the policies'' question, where a query names no thread; the deletion of an assistant.';

create trigger thread_overrides_set_assistant before insert on loacl.thread_overrides
  for each row execute function loacl_private.set_assistant_from_thread();

create trigger thread_overrides_set_updated_at before update on loacl.thread_overrides
  for each row execute function loacl_private.set_updated_at();

alter table loacl.thread_overrides enable row level security;
revoke all on table loacl.thread_overrides from public, anon, authenticated, service_role;
grant select, delete on table loacl.thread_overrides to authenticated;
grant insert (
  thread_id, model, instructions, temperature, reasoning_effort, max_output_tokens, context_token_budget, auto_approval, metadata
) on table loacl.thread_overrides to authenticated;
grant update (
  model, instructions, temperature, reasoning_effort, max_output_tokens, context_token_budget, auto_approval, metadata
) on table loacl.thread_overrides to authenticated;
grant select, insert, update, delete on table loacl.thread_overrides to service_role;
comment on table loacl.thread_overrides is
  'Settings of one thread that differ from its assistant''s. Operators see and change those of their assistants; visitors never read it.';
comment on column loacl.thread_overrides.assistant_id is 'The thread''s: taken from it by trigger.';
comment on column loacl.thread_overrides.model is 'null: the assistant''s, as for the next five.';
comment on column loacl.thread_overrides.auto_approval is 'Columns of auto_approval_settings by name, with the values that hold in this thread.';
comment on column loacl.thread_overrides.metadata is 'The host''s own data.';

create policy thread_overrides_select_own on loacl.thread_overrides for select to authenticated
  using (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));
create policy thread_overrides_insert_own on loacl.thread_overrides for insert to authenticated
  with check (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));
create policy thread_overrides_update_own on loacl.thread_overrides for update to authenticated
  using (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]))
  with check (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));
create policy thread_overrides_delete_own on loacl.thread_overrides for delete to authenticated
  using (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));

create function loacl_private.apply_thread_overrides(assistant loacl.assistants, thread_id uuid)
returns loacl.assistants
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  override loacl.thread_overrides;
begin
  select o.* into override from loacl.thread_overrides o where o.thread_id = apply_thread_overrides.thread_id;
  assistant.model := coalesce(override.model, assistant.model);
  assistant.instructions := coalesce(override.instructions, assistant.instructions);
  assistant.temperature := coalesce(override.temperature, assistant.temperature);
  assistant.reasoning_effort := coalesce(override.reasoning_effort, assistant.reasoning_effort);
  assistant.max_output_tokens := coalesce(override.max_output_tokens, assistant.max_output_tokens);
  assistant.context_token_budget := coalesce(override.context_token_budget, assistant.context_token_budget);
  return assistant;
end
$$;
comment on function loacl_private.apply_thread_overrides(loacl.assistants, uuid) is 'The assistant with the overrides of one thread.';
revoke all on function loacl_private.apply_thread_overrides(loacl.assistants, uuid) from public;

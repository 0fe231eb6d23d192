create table loacl.tool_executions (
  id uuid primary key default gen_random_uuid(),
  message_id uuid not null references loacl.messages (id) on delete cascade,
  thread_id uuid not null,
  session_id uuid not null,
  assistant_id uuid not null,
  tool_id uuid references loacl.assistant_tools (id) on delete set null,
  turn_id uuid references loacl_private.turns (id) on delete set null,
  step integer,
  kind text,
  call_id text,
  tool_name text not null,
  parameters jsonb not null default '{}',
  result jsonb,
  status text not null default 'pending',
  approval_requested_at timestamptz,
  approved_at timestamptz,
  executed_at timestamptz,
  completed_at timestamptz,
  execution_time_ms bigint generated always as ((extract(epoch from completed_at - executed_at) * 1000)::bigint) stored,
  cost_usd numeric,
  error_code text,
  error_message text,
  tool_digest text,
  arguments_digest text,
  expires_at timestamptz,
  claimed_by text,
  idempotency_key uuid,
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint tool_executions_thread_fkey foreign key (thread_id, session_id, assistant_id)
    references loacl.threads (id, session_id, assistant_id) on delete cascade,
  constraint tool_executions_call_id_length check (char_length(call_id) between 1 and 255),
  constraint tool_executions_tool_name_length check (char_length(tool_name) between 1 and 200),
  constraint tool_executions_parameters_object check (jsonb_typeof(parameters) = 'object'),
  constraint tool_executions_status check (
    status in ('pending', 'approved', 'executing', 'completed', 'failed', 'cancelled')
  ),
  constraint tool_executions_approved_at_status check (
    case
      when status = 'pending' then approved_at is null
      when status in ('approved', 'executing', 'completed', 'failed') then approved_at is not null
      else true
    end
  ),
  constraint tool_executions_executed_at_status check (
    case
      when status in ('pending', 'approved') then executed_at is null
      when status in ('executing', 'completed', 'failed') then executed_at is not null
      else true
    end
  ),
  constraint tool_executions_completed_at_status check (
    (completed_at is not null) = (status in ('completed', 'failed', 'cancelled'))
  ),
  constraint tool_executions_times check (completed_at >= executed_at and executed_at >= approved_at),
  constraint tool_executions_cost_usd_finite check (cost_usd >= 0 and cost_usd < 'infinity'),
  constraint tool_executions_error_message_status check (error_message is null or status in ('failed', 'cancelled')),
  constraint tool_executions_step_positive check (step > 0),
  constraint tool_executions_kind check (kind in ('server', 'page', 'hosted', 'mcp')),
  constraint tool_executions_error_code check (
    error_code in (
      'tool_unknown', 'arguments_invalid', 'too_many_calls', 'tool_unreachable', 'tool_timeout', 'tool_refused', 'tool_failed',
      'tool_result_invalid', 'tool_result_too_large', 'tool_changed', 'page_unavailable', 'denied', 'expired', 'stopped', 'cancelled',
      'unknown'
    )
  ),
  constraint tool_executions_error_code_status check (error_code is null or status in ('failed', 'cancelled')),
  constraint tool_executions_digests_format check (tool_digest ~ '^[0-9a-f]{64}$' and arguments_digest ~ '^[0-9a-f]{64}$'),
  constraint tool_executions_claimed_by_format check (claimed_by ~ '^[!-~]{1,128}$'),
  constraint tool_executions_metadata_object check (jsonb_typeof(metadata) = 'object')
);

create unique index tool_executions_turn_id_step_call_id_key on loacl.tool_executions (turn_id, step, call_id);
comment on index loacl.tool_executions_turn_id_step_call_id_key is
  'Holds: a call of a step is there once. Serves: the calls of a step; those of a turn; its deletion.';
create unique index tool_executions_message_id_call_id_key on loacl.tool_executions (message_id, call_id) where step is null;
comment on index loacl.tool_executions_message_id_call_id_key is 'Holds: a call that was brought along from elsewhere is there once.';
create index tool_executions_message_id_idx on loacl.tool_executions (message_id, created_at);
comment on index loacl.tool_executions_message_id_idx is 'Serves: the calls of an answer, oldest first; the deletion of a message.';
create index tool_executions_tool_id_idx on loacl.tool_executions (tool_id);
comment on index loacl.tool_executions_tool_id_idx is 'Serves: the deletion of a tool.';
create index tool_executions_thread_id_idx on loacl.tool_executions (thread_id);
comment on index loacl.tool_executions_thread_id_idx is 'Serves: those of a thread; the deletion of a thread.';
create index tool_executions_assistant_id_created_at_idx on loacl.tool_executions (assistant_id, created_at desc);
comment on index loacl.tool_executions_assistant_id_created_at_idx is 'Serves: an operator''s latest tool calls; their cost in the last hour.';
create index tool_executions_assistant_id_tool_name_idx on loacl.tool_executions (assistant_id, tool_name, status);
comment on index loacl.tool_executions_assistant_id_tool_name_idx is 'Serves: what a tool did; whether it has run before.';
create index tool_executions_unfinished_idx on loacl.tool_executions (status, created_at) where completed_at is null;
comment on index loacl.tool_executions_unfinished_idx is 'Serves: what waits for an approval or runs, oldest first.';

create function loacl_private.advance_tool_execution()
returns trigger
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'UPDATE' and new.status <> old.status and (old.status, new.status) not in (
    ('pending', 'approved'), ('pending', 'cancelled'),
    ('approved', 'executing'), ('approved', 'cancelled'),
    ('executing', 'completed'), ('executing', 'failed'), ('executing', 'cancelled')
  ) then
    raise exception using
      errcode = 'check_violation', message = format('A tool execution that is %s can''t become %s.', old.status, new.status);
  end if;

  -- Each step that was taken has a time. A row that is inserted at a later step gets times for the earlier ones too.
  if new.status in ('completed', 'failed', 'cancelled') then
    new.completed_at := coalesce(new.completed_at, clock_timestamp());
  end if;
  if new.status in ('executing', 'completed', 'failed') then
    new.executed_at := coalesce(new.executed_at, new.completed_at, clock_timestamp());
  end if;
  if new.status in ('approved', 'executing', 'completed', 'failed') then
    new.approved_at := coalesce(new.approved_at, new.executed_at, clock_timestamp());
  end if;
  return new;
end
$$;
comment on function loacl_private.advance_tool_execution() is 'Trigger: statuses follow one another in one direction, and each step is timed.';
revoke all on function loacl_private.advance_tool_execution() from public;

create trigger tool_executions_advance before insert or update on loacl.tool_executions
  for each row execute function loacl_private.advance_tool_execution();

create trigger tool_executions_set_place before insert on loacl.tool_executions
  for each row execute function loacl_private.set_place_from_message();

create trigger tool_executions_set_updated_at before update on loacl.tool_executions
  for each row execute function loacl_private.set_updated_at();

alter table loacl.tool_executions enable row level security;
revoke all on table loacl.tool_executions from public, anon, authenticated, service_role;
grant select on table loacl.tool_executions to authenticated;
grant select, insert, update, delete on table loacl.tool_executions to service_role;
comment on table loacl.tool_executions is
  'A call of a tool, step by step. Operators see those of their assistants; only the functions write, and visitors never read it.';
comment on column loacl.tool_executions.thread_id is 'The message''s, as the next two: taken from it by trigger.';
comment on column loacl.tool_executions.id is 'The id of the execution, of its approval and of the part that shows it.';
comment on column loacl.tool_executions.tool_id is 'It may be gone, or another than it was: tool_digest says.';
comment on column loacl.tool_executions.turn_id is 'null, as the next two, where it was brought along from elsewhere.';
comment on column loacl.tool_executions.step is 'The step of the turn whose model call asked for it.';
comment on column loacl.tool_executions.kind is 'As in assistant_tools; null also where there is no such tool.';
comment on column loacl.tool_executions.call_id is 'The provider''s id of the call. It may come again in another step.';
comment on column loacl.tool_executions.parameters is 'As the model gave them.';
comment on column loacl.tool_executions.status is
  'pending: it waits for an approval. approved. executing. Then one of completed, failed (see error_message) and cancelled (denied, expired or stopped).';
comment on column loacl.tool_executions.approval_requested_at is 'null where nobody had to be asked.';
comment on column loacl.tool_executions.execution_time_ms is 'From executed_at to completed_at, in milliseconds.';
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
comment on column loacl.tool_executions.metadata is 'The host''s own data.';

create policy tool_executions_select_own on loacl.tool_executions for select to authenticated
  using (assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]));

create table loacl.usage_logs (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null references auth.users (id) on delete cascade,
  assistant_id uuid references loacl.assistants (id) on delete set null,
  session_id uuid references loacl.sessions (id) on delete set null,
  thread_id uuid references loacl.threads (id) on delete set null,
  purpose text not null,
  provider text not null,
  model text not null,
  input_tokens bigint not null,
  cached_input_tokens bigint not null,
  output_tokens bigint not null,
  reasoning_tokens bigint not null,
  cost_usd numeric,
  created_at timestamptz not null default now(),
  constraint usage_logs_purpose check (purpose in ('answer', 'follow_ups')),
  constraint usage_logs_tokens_positive check (
    input_tokens >= 0 and cached_input_tokens >= 0 and output_tokens >= 0 and reasoning_tokens >= 0
  )
);

create index usage_logs_owner_id_created_at_idx on loacl.usage_logs (owner_id, created_at desc);
comment on index loacl.usage_logs_owner_id_created_at_idx is 'Serves: an operator''s usage over a time.';
create index usage_logs_assistant_id_created_at_idx on loacl.usage_logs (assistant_id, created_at desc);
comment on index loacl.usage_logs_assistant_id_created_at_idx is 'Serves: an assistant''s usage over a time; the deletion of an assistant.';
create index usage_logs_session_id_idx on loacl.usage_logs (session_id);
comment on index loacl.usage_logs_session_id_idx is 'Serves: a visitor''s usage; the deletion of a session.';
create index usage_logs_thread_id_idx on loacl.usage_logs (thread_id);
comment on index loacl.usage_logs_thread_id_idx is 'Serves: a conversation''s usage; the deletion of a thread.';

alter table loacl.usage_logs enable row level security;
revoke all on table loacl.usage_logs from public, anon, authenticated, service_role;
grant select on table loacl.usage_logs to authenticated;
grant select, insert, update, delete on table loacl.usage_logs to service_role;
comment on table loacl.usage_logs is
  'One row per model call: tokens and cost. Operators see their own; it outlives the assistant, the session and the thread.';
comment on column loacl.usage_logs.purpose is 'answer: to a message. follow_ups: suggestions and the thread''s title.';
comment on column loacl.usage_logs.model is 'As the provider reported it.';
comment on column loacl.usage_logs.cached_input_tokens is 'Of the input tokens, those read from the provider''s cache.';
comment on column loacl.usage_logs.reasoning_tokens is 'Of the output tokens, those spent on reasoning.';
comment on column loacl.usage_logs.cost_usd is 'null where the price of the model is not known.';

create policy usage_logs_select_own on loacl.usage_logs for select to authenticated
  using (owner_id = (select auth.uid()) and (select loacl_private.is_operator()));

create function loacl_private.compute_cost(
  owner_id uuid, model text, input_tokens bigint, cached_input_tokens bigint, output_tokens bigint
)
returns numeric
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return (
  select (
      greatest(compute_cost.input_tokens - compute_cost.cached_input_tokens, 0) * p.input_usd
      + compute_cost.cached_input_tokens * coalesce(p.cached_input_usd, p.input_usd)
      + compute_cost.output_tokens * p.output_usd
    ) / 1000000
  from loacl.model_prices p
  where p.model in (compute_cost.model, regexp_replace(compute_cost.model, '-[0-9]{4}-[0-9]{2}-[0-9]{2}$', ''))
    and (p.owner_id = compute_cost.owner_id or p.owner_id is null)
  -- The owner's own price wins, then that of the very snapshot.
  order by p.owner_id nulls last, p.model = compute_cost.model desc
  limit 1
);
comment on function loacl_private.compute_cost(uuid, text, bigint, bigint, bigint) is
  'US dollars that a call costs; null where the model has no price. A dated snapshot costs what its model does.';
revoke all on function loacl_private.compute_cost(uuid, text, bigint, bigint, bigint) from public;

create function loacl_private.log_usage(turn loacl_private.turns, purpose text, model text, usage jsonb)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  insert into loacl.usage_logs (
    owner_id, assistant_id, session_id, thread_id, purpose, provider, model,
    input_tokens, cached_input_tokens, output_tokens, reasoning_tokens, cost_usd
  )
  select a.owner_id, a.id, t.session_id, t.id, log_usage.purpose, (turn).provider, m.name,
    u.input_tokens, u.cached_input_tokens, u.output_tokens, u.reasoning_tokens,
    loacl_private.compute_cost(a.owner_id, m.name, u.input_tokens, u.cached_input_tokens, u.output_tokens)
  from loacl.threads t
  join loacl.assistants a on a.id = t.assistant_id
  cross join (select coalesce(log_usage.model, (turn).model)) as m (name)
  cross join (
    select
      coalesce((usage ->> 'inputTokens')::bigint, 0),
      coalesce((usage ->> 'cachedInputTokens')::bigint, 0),
      coalesce((usage ->> 'outputTokens')::bigint, 0),
      coalesce((usage ->> 'reasoningTokens')::bigint, 0)
  ) as u (input_tokens, cached_input_tokens, output_tokens, reasoning_tokens)
  where t.id = (turn).thread_id and jsonb_typeof(usage) = 'object';
end;
comment on function loacl_private.log_usage(loacl_private.turns, text, text, jsonb) is
  'Writes one row of usage_logs for a call of this turn; nothing where the usage is not known.';
revoke all on function loacl_private.log_usage(loacl_private.turns, text, text, jsonb) from public;

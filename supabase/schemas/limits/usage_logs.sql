create table loacl.usage_logs (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null references auth.users (id) on delete cascade,
  assistant_id uuid references loacl.assistants (id) on delete set null,
  session_id uuid references loacl.sessions (id) on delete set null,
  thread_id uuid references loacl.threads (id) on delete set null,
  step integer,
  purpose text not null,
  provider text not null,
  provider_config_id uuid,
  model text not null,
  input_tokens bigint not null,
  cached_input_tokens bigint not null,
  output_tokens bigint not null,
  reasoning_tokens bigint not null,
  cost_usd numeric,
  is_estimate boolean not null default false,
  created_at timestamptz not null default now(),
  constraint usage_logs_purpose check (
    purpose in ('answer', 'title', 'follow_ups', 'summary', 'moderation', 'tool')
  ),
  constraint usage_logs_step_positive check (step > 0),
  constraint usage_logs_tokens_positive check (
    input_tokens >= 0 and cached_input_tokens >= 0 and output_tokens >= 0 and reasoning_tokens >= 0
  ),
  constraint usage_logs_cost_usd_finite check (cost_usd >= 0 and cost_usd < 'infinity')
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
  'One row per model call, one for the moderation of a step, and one for each call of a tool that cost something: tokens and cost. Operators see their own; it outlives the assistant, the session and the thread.';
comment on column loacl.usage_logs.step is 'Which step of its turn the call belongs to, 1 for the first; null where that is not known.';
comment on column loacl.usage_logs.purpose is 
  'answer: to a message. title: for a thread''s title, with suggestions. follow_ups: suggestions alone. summary: of what a conversation has outgrown. moderation: the checks of a step, together, and those of a title with suggestions. tool: a call of a tool, whose kind is the provider and whose name is the model.';
comment on column loacl.usage_logs.provider_config_id is
  'Who answered. It may be gone; null: the row is older than this column.';
comment on column loacl.usage_logs.model is 'As the provider reported it.';
comment on column loacl.usage_logs.cached_input_tokens is 'Of the input tokens, those read from the provider''s cache.';
comment on column loacl.usage_logs.reasoning_tokens is 'Of the output tokens, those spent on reasoning.';
comment on column loacl.usage_logs.cost_usd is 'null where the price of the model is not known.';
comment on column loacl.usage_logs.is_estimate is
  'Whether the provider never said what the call used: the tokens are then what settle_call makes of what was sent and received.';

create policy usage_logs_select_own on loacl.usage_logs for select to authenticated
  using (owner_id = any ((select loacl_private.own_team_ids())::uuid[]));

create function loacl_private.find_price(owner_id uuid, model text)
returns loacl.model_prices
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  price loacl.model_prices;
  undated text := regexp_replace(model, '-[0-9]{4}-[0-9]{2}-[0-9]{2}$', '');
begin
  select p.* into price
  from loacl.model_prices p
  where p.model in (find_price.model, undated) and (p.owner_id = find_price.owner_id or p.owner_id is null)
  -- The owner's own price wins, then that of the very snapshot.
  order by p.owner_id nulls last, p.model = find_price.model desc
  limit 1;
  return price;
end
$$;
comment on function loacl_private.find_price(uuid, text) is
  'What a model costs this owner; null where the model has no price. A dated snapshot costs what its model does.';
revoke all on function loacl_private.find_price(uuid, text) from public;

create function loacl_private.compute_cost(
  price loacl.model_prices, input_tokens bigint, cached_input_tokens bigint, output_tokens bigint
)
returns numeric
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    greatest(input_tokens - cached_input_tokens, 0) * price.input_usd
    + cached_input_tokens * coalesce(price.cached_input_usd, price.input_usd)
    + output_tokens * price.output_usd
  ) / 1000000;
end
$$;
comment on function loacl_private.compute_cost(loacl.model_prices, bigint, bigint, bigint) is
  'US dollars that a call costs at this price; null without one. Cached input tokens are among the input tokens.';
revoke all on function loacl_private.compute_cost(loacl.model_prices, bigint, bigint, bigint) from public;

create function loacl_private.asked_model(turn loacl_private.turns, purpose text)
returns text
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if purpose not in ('title', 'follow_ups') then
    return turn.model;
  end if;
  return (
    select case
      -- It is a model of the first provider.
      when turn.provider_config_id = a.fallback_provider_config_id and turn.model = a.fallback_model then turn.model
      else coalesce(a.follow_up_model, turn.model)
    end
    from loacl.threads t
    join loacl.assistants a on a.id = t.assistant_id
    where t.id = turn.thread_id
  );
end
$$;
comment on function loacl_private.asked_model(loacl_private.turns, text) is 'Which model a turn asks for this purpose.';
revoke all on function loacl_private.asked_model(loacl_private.turns, text) from public;

create function loacl_private.log_usage(turn loacl_private.turns, step integer, purpose text, model text, usage jsonb)
returns loacl.usage_logs
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  logged loacl.usage_logs;
  thread loacl.threads;
  owner_id uuid;
  answered_by text := coalesce(model, loacl_private.asked_model(turn, purpose));
  input_tokens bigint := coalesce((usage ->> 'inputTokens')::bigint, 0);
  cached_input_tokens bigint := coalesce((usage ->> 'cachedInputTokens')::bigint, 0);
  output_tokens bigint := coalesce((usage ->> 'outputTokens')::bigint, 0);
  reasoning_tokens bigint := coalesce((usage ->> 'reasoningTokens')::bigint, 0);
begin
  if jsonb_typeof(usage) is distinct from 'object' then
    return null;
  end if;
  select t.* into thread from loacl.threads t where t.id = turn.thread_id;
  select a.owner_id into owner_id from loacl.assistants a where a.id = thread.assistant_id;
  insert into loacl.usage_logs (
    owner_id, assistant_id, session_id, thread_id, step, purpose, provider, provider_config_id, model,
    input_tokens, cached_input_tokens, output_tokens, reasoning_tokens, cost_usd, is_estimate
  )
  values (
    owner_id, thread.assistant_id, thread.session_id, thread.id, step, purpose, turn.provider, turn.provider_config_id, answered_by,
    input_tokens, cached_input_tokens, output_tokens, reasoning_tokens,
    loacl_private.compute_cost(
      loacl_private.find_price(owner_id, answered_by), input_tokens, cached_input_tokens, output_tokens
    ),
    coalesce((usage ->> 'isEstimate')::boolean, false)
  )
  returning * into logged;
  return logged;
end
$$;
comment on function loacl_private.log_usage(loacl_private.turns, integer, text, text, jsonb) is
  'Writes one row of usage_logs for a call of this turn and returns it; null where the usage is not known.';
revoke all on function loacl_private.log_usage(loacl_private.turns, integer, text, text, jsonb) from public;

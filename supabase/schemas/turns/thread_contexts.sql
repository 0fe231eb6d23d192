create table loacl_private.thread_contexts (
  thread_id uuid primary key references loacl.threads (id) on delete cascade,
  model text not null,
  token_ratio numeric,
  token_limit integer,
  summary_tried_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint thread_contexts_token_ratio_range check (token_ratio between 0.25 and 3),
  constraint thread_contexts_token_limit_positive check (token_limit > 0)
);
create trigger thread_contexts_set_updated_at before update on loacl_private.thread_contexts
  for each row execute function loacl_private.set_updated_at();

alter table loacl_private.thread_contexts enable row level security;
revoke all on table loacl_private.thread_contexts from public, anon, authenticated, service_role;
comment on table loacl_private.thread_contexts is
  'What was learned of how much of a thread its model can be told. One thread''s alone, so that no visitor moves what another''s assistant remembers.';
comment on column loacl_private.thread_contexts.model is 'The model that the next two are about. With another they begin anew.';
comment on column loacl_private.thread_contexts.token_ratio is
  'Tokens that the provider counted for each that was estimated, over the latest calls. null: not known.';
comment on column loacl_private.thread_contexts.token_limit is
  'Most estimated tokens of the conversation, since the provider once said that there were too many. null: it never did.';
comment on column loacl_private.thread_contexts.summary_tried_at is
  'When a summary was begun that has not come: it may still come, it failed, or its worker died. null: none is missing.';

create function loacl_private.measure_tokens(turn loacl_private.turns, step integer, usage jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  -- As estimate_tokens: what is reserved is a token for each byte.
  estimated numeric := (
    select (r.tokens - r.output_tokens) / 3.0
    from loacl_private.reservations r
    where r.turn_id = turn.id and r.step = measure_tokens.step and r.purpose = 'answer'
  );
  ratio numeric := (usage ->> 'inputTokens')::numeric / nullif(estimated, 0);
begin
  -- In a short call it is the provider's own additions that weigh. Nothing else is as far off as this: such usage is wrong.
  if (estimated >= 300 and ratio between 0.25 and 3) is not true then
    return;
  end if;
  insert into loacl_private.thread_contexts as c (thread_id, model, token_ratio)
  values (turn.thread_id, turn.model, ratio)
  on conflict on constraint thread_contexts_pkey do update
  set model = excluded.model,
    token_ratio = case
      when c.model = excluded.model then coalesce(c.token_ratio * 0.75 + excluded.token_ratio * 0.25, excluded.token_ratio)
      else excluded.token_ratio
    end,
    token_limit = case when c.model = excluded.model then c.token_limit end;
end
$$;
comment on function loacl_private.measure_tokens(loacl_private.turns, integer, jsonb) is
  'Corrects the estimates of a thread''s tokens by what the provider counted for an answer. To be called while the call''s reservation is there, which says how much was sent.';
revoke all on function loacl_private.measure_tokens(loacl_private.turns, integer, jsonb) from public;

create function loacl_private.limit_context(
  assistant loacl.assistants, thread_id uuid, out tokens integer, out ratio numeric
)
returns record
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  learned loacl_private.thread_contexts;
  model_window integer := nullif((loacl_private.find_price(assistant.owner_id, assistant.model)).context_window, 0);
  budget numeric := assistant.context_token_budget;
begin
  select c.* into learned from loacl_private.thread_contexts c where c.thread_id = limit_context.thread_id;
  if learned.model is distinct from assistant.model then
    learned := null;
  end if;
  ratio := coalesce(learned.token_ratio, 1);
  if model_window is not null then
    budget := least(
      budget,
      model_window - least(assistant.max_output_tokens, model_window / 2)
        - ratio * loacl_private.estimate_tokens(assistant.instructions)
    );
  end if;
  tokens := greatest(1, least(floor(budget / ratio), learned.token_limit));
end
$$;
comment on function loacl_private.limit_context(loacl.assistants, uuid) is
  'How many tokens of a conversation the model is told at most, as estimate_tokens counts them: the assistant''s budget, what its model''s window leaves beside the instructions and the answer, which is thought to take half of it at most, and what was learned in this thread. `ratio`: tokens of the model for one that is estimated.';
revoke all on function loacl_private.limit_context(loacl.assistants, uuid) from public;

create function loacl_private.is_summary_tried(thread_id uuid)
returns boolean
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return exists (
  select
  from loacl_private.thread_contexts c
  where c.thread_id = is_summary_tried.thread_id and c.summary_tried_at > clock_timestamp() - interval '5 minutes'
);
comment on function loacl_private.is_summary_tried(uuid) is
  'Whether a summary of this thread is on its way, or failed so lately that another try would be paid for nothing.';
revoke all on function loacl_private.is_summary_tried(uuid) from public;

create table loacl_private.budgets (
  assistant_id uuid primary key references loacl.assistants (id) on delete cascade,
  day date not null default (now() at time zone 'utc')::date,
  day_tokens bigint not null default 0,
  day_usd numeric not null default 0,
  month date not null default date_trunc('month', now() at time zone 'utc')::date,
  month_usd numeric not null default 0,
  constraint budgets_positive check (day_tokens >= 0 and day_usd >= 0 and month_usd >= 0),
  constraint budgets_month_first check (month = date_trunc('month', day)::date)
);
alter table loacl_private.budgets enable row level security;
revoke all on table loacl_private.budgets from public, anon, authenticated, service_role;
comment on table loacl_private.budgets is
  'What an assistant''s model calls took today and this month, in UTC: what was reserved for them until it is settled, then what they did take. One row for each assistant; turns that begin at the same time wait for each other there.';
comment on column loacl_private.budgets.month is 'Its first day.';

create table loacl_private.reservations (
  turn_id uuid not null references loacl_private.turns (id) on delete cascade,
  step integer not null,
  purpose text not null,
  assistant_id uuid not null references loacl.assistants (id) on delete cascade,
  day date not null,
  tokens bigint not null,
  output_tokens bigint not null default 0,
  usd numeric not null,
  constraint reservations_pkey primary key (turn_id, step, purpose),
  constraint reservations_purpose check (
    purpose in ('answer', 'title', 'follow_ups', 'summary', 'moderation', 'tool')
  ),
  constraint reservations_positive check (tokens >= 0 and usd >= 0),
  constraint reservations_output_tokens check (output_tokens between 0 and tokens)
);
create index reservations_assistant_id_idx on loacl_private.reservations (assistant_id);
comment on index loacl_private.reservations_assistant_id_idx is 'Serves: the deletion of an assistant.';
alter table loacl_private.reservations enable row level security;
revoke all on table loacl_private.reservations from public, anon, authenticated, service_role;
comment on table loacl_private.reservations is
  'What the model calls of a turn''s step may take at most, and is in the budget already. Settling deletes the row and gives back what was too much.';
comment on column loacl_private.reservations.purpose is 'As in usage_logs: a step makes at most one call of each, and only a turn''s last step the one for a title and follow-ups. tool: the hosted tools that it may call.';
comment on column loacl_private.reservations.day is 'The day whose budget it is in.';
comment on column loacl_private.reservations.output_tokens is 'Of the tokens, those of the answer; the others are of what is sent.';
comment on column loacl_private.reservations.usd is '0 where the price is not known, which no spend limit lets through.';

create function loacl_private.bound_tokens(content text)
returns bigint
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return octet_length(content) + 16;
end
$$;
comment on function loacl_private.bound_tokens(text) is
  'How many tokens a message takes at most: no token is shorter than a byte, and sixteen are room for what goes around it. estimate_tokens is the likely number.';
revoke all on function loacl_private.bound_tokens(text) from public;

create function loacl_private.bound_cost(owner_id uuid, models text[], input_tokens bigint, output_tokens bigint)
returns numeric
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select case when bool_and(c.usd is not null) then max(c.usd) end
    from unnest(models) as m (model)
    cross join lateral loacl_private.find_price(owner_id, m.model) p
    cross join lateral (
      select greatest(
        loacl_private.compute_cost(p, input_tokens, 0, output_tokens),
        -- In an owner's price list cached input may be the dearer.
        loacl_private.compute_cost(p, input_tokens, input_tokens, output_tokens)
      ) as usd
    ) c
    where m.model is not null
  );
end
$$;
comment on function loacl_private.bound_cost(uuid, text[], bigint, bigint) is
  'US dollars that a call costs at most, whichever of these models answers it; null where one of them has no price.';
revoke all on function loacl_private.bound_cost(uuid, text[], bigint, bigint) from public;

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

create function loacl_private.bound_calls(
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
    select h.place, concat(h.message ->> 'content', h.message ->> 'context') as content,
      octet_length((h.message -> 'files')::text) + (
        select sum((f.file ->> 'weight')::bigint) from jsonb_array_elements(h.message -> 'files') as f (file)
      ) as file_bytes
    from jsonb_array_elements(history) with ordinality as h (message, place)
  ),
  calls (purpose, model, input, output) as (
    select 'answer', assistant.model,
      loacl_private.bound_tokens(assistant.instructions) + loacl_private.bound_tools(assistant.id)
        + sum(loacl_private.bound_tokens(s.content) + coalesce(s.file_bytes, 0))::bigint + added_bytes,
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
  'The model calls that a step may make, with the most that each can take, at the dearer of the assistant''s two providers, and the fees of the hosted tools; `usd` null where a model or such a tool has no price. Files count as weigh_file says: how much a picture takes, no provider says before. `added_bytes`: what earlier steps added to the conversation, as JSON.';
revoke all on function loacl_private.bound_calls(loacl.assistants, jsonb, boolean, bigint) from public;

create function loacl_private.add_to_budget(budget loacl_private.budgets, tokens bigint, usd numeric)
returns loacl_private.budgets
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  today date := (clock_timestamp() at time zone 'utc')::date;
begin
  if budget.day is null or budget.day < today then
    budget.day := today;
    budget.day_tokens := 0;
    budget.day_usd := 0;
  end if;
  if budget.month is distinct from date_trunc('month', budget.day)::date then
    budget.month := date_trunc('month', budget.day)::date;
    budget.month_usd := 0;
  end if;
  budget.day_tokens := budget.day_tokens + tokens;
  budget.day_usd := budget.day_usd + usd;
  budget.month_usd := budget.month_usd + usd;
  return budget;
end
$$;
comment on function loacl_private.add_to_budget(loacl_private.budgets, bigint, numeric) is
  'The budget with this much added to today''s and this month''s part. Stores nothing.';
revoke all on function loacl_private.add_to_budget(loacl_private.budgets, bigint, numeric) from public;

create function loacl_private.check_budget(assistant loacl.assistants, budget loacl_private.budgets)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  until timestamp;
begin
  if budget.month_usd > assistant.spend_per_month_usd then
    until := budget.month + interval '1 month';
  elsif budget.day_usd > assistant.spend_per_day_usd or budget.day_tokens > assistant.tokens_per_day then
    until := budget.day + interval '1 day';
  else
    return;
  end if;
  -- Says nothing of which limit it is, nor how high: that is the owner's business.
  perform loacl_private.raise_error(
    429, 'budget_exceeded', 'This assistant has reached its limit for now. Please come back later.',
    loacl_private.to_hint(until at time zone 'utc')
  );
end
$$;
comment on function loacl_private.check_budget(loacl.assistants, loacl_private.budgets) is
  'Refuses what is more than the assistant''s limits allow, until the next day or month begins, in UTC. Errors: budget_exceeded.';
revoke all on function loacl_private.check_budget(loacl.assistants, loacl_private.budgets) from public;

create function loacl_private.spend(assistant_id uuid, tokens bigint, usd numeric)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  budget loacl_private.budgets;
begin
  select b.* into budget from loacl_private.budgets b where b.assistant_id = spend.assistant_id for no key update;
  budget := loacl_private.add_to_budget(budget, spend.tokens, spend.usd);
  update loacl_private.budgets b
  set day = budget.day, day_tokens = budget.day_tokens, day_usd = budget.day_usd, month = budget.month, month_usd = budget.month_usd
  where b.assistant_id = spend.assistant_id;
end
$$;
comment on function loacl_private.spend(uuid, bigint, numeric) is
  'Counts in an assistant''s budget what was spent without having been reserved. Holds the budget: to be called last.';
revoke all on function loacl_private.spend(uuid, bigint, numeric) from public;

create function loacl_private.take_budget(assistant loacl.assistants, tokens bigint, usd numeric)
returns loacl_private.budgets
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  budget loacl_private.budgets;
begin
  insert into loacl_private.budgets (assistant_id) values (assistant.id) on conflict (assistant_id) do nothing;
  select b.* into budget from loacl_private.budgets b where b.assistant_id = assistant.id for no key update;
  budget := loacl_private.add_to_budget(budget, tokens, usd);
  perform loacl_private.check_budget(assistant, budget);
  update loacl_private.budgets b
  set day = budget.day, day_tokens = budget.day_tokens, day_usd = budget.day_usd, month = budget.month, month_usd = budget.month_usd
  where b.assistant_id = assistant.id;
  return budget;
end
$$;
comment on function loacl_private.take_budget(loacl.assistants, bigint, numeric) is
  'Adds what is reserved to the assistant''s budget, and gives that as it is now, held to the end of the transaction. Errors: budget_exceeded.';
revoke all on function loacl_private.take_budget(loacl.assistants, bigint, numeric) from public;

create function loacl_private.reserve_budget(
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

  if step is null then
    select b.* into budget from loacl_private.budgets b where b.assistant_id = assistant.id;
    perform loacl_private.check_budget(
      assistant,
      loacl_private.add_to_budget(
        budget,
        tokens - (select coalesce(sum(r.tokens), 0) from loacl_private.reservations r where r.turn_id = reserve_budget.turn_id)::bigint,
        usd - (select coalesce(sum(r.usd), 0) from loacl_private.reservations r where r.turn_id = reserve_budget.turn_id)
          + (
            select coalesce(sum(e.cost_usd), 0)
            from loacl.tool_executions e
            where e.turn_id = reserve_budget.turn_id and e.status = 'approved'
          )
      )
    );
    return;
  end if;

  budget := loacl_private.take_budget(assistant, tokens, usd);
  insert into loacl_private.reservations (turn_id, step, purpose, assistant_id, day, tokens, output_tokens, usd)
  select reserve_budget.turn_id, reserve_budget.step, c.purpose, assistant.id, budget.day, c.tokens, c.output_tokens, coalesce(c.usd, 0)
  from unnest(purposes, most_tokens, most_usd, most_output) as c (purpose, tokens, usd, output_tokens);
end
$$;
comment on function loacl_private.reserve_budget(loacl.assistants, jsonb, boolean, bigint, uuid, integer) is
  'Reserves what a step may take at most, or refuses it. Holds the assistant''s budget to the end of the transaction: to be called last. Without a step it reserves nothing and refuses what has no room as things are: of a turn, one more step once what runs is settled, with what the calls cost that are approved. Errors: budget_exceeded, price_unknown.';
revoke all on function loacl_private.reserve_budget(loacl.assistants, jsonb, boolean, bigint, uuid, integer) from public;

create function loacl_private.correct_budget(assistant_id uuid, day date, tokens bigint, usd numeric)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  -- What was counted yesterday is no longer in today's budget, and an owner may have put that to 0 meanwhile.
  update loacl_private.budgets b
  set day_tokens = greatest(0, b.day_tokens + case when b.day = correct_budget.day then correct_budget.tokens else 0 end),
    day_usd = greatest(0, b.day_usd + case when b.day = correct_budget.day then correct_budget.usd else 0 end),
    month_usd = greatest(0, b.month_usd + case when b.month = date_trunc('month', correct_budget.day)::date then correct_budget.usd else 0 end)
  where b.assistant_id = correct_budget.assistant_id;
end;
comment on function loacl_private.correct_budget(uuid, date, bigint, numeric) is
  'Adds to what was counted on a day, or takes from it, once it is known better. Holds the budget: to be called last.';
revoke all on function loacl_private.correct_budget(uuid, date, bigint, numeric) from public;

create function loacl_private.settle_reservation(turn_id uuid, step integer, purpose text, tokens bigint, usd numeric)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  reserved loacl_private.reservations;
begin
  delete from loacl_private.reservations r
  where r.turn_id = settle_reservation.turn_id
    and r.step = settle_reservation.step
    and r.purpose = settle_reservation.purpose
  returning r.* into reserved;
  if not found then
    return;
  end if;
  perform loacl_private.correct_budget(
    reserved.assistant_id, reserved.day, settle_reservation.tokens - reserved.tokens,
    coalesce(settle_reservation.usd, reserved.usd) - reserved.usd
  );
end
$$;
comment on function loacl_private.settle_reservation(uuid, integer, text, bigint, numeric) is
  'Puts what a call did take in place of what was reserved for it, once. `usd` null: the whole reservation.';
revoke all on function loacl_private.settle_reservation(uuid, integer, text, bigint, numeric) from public;

create function loacl_private.release_follow_ups(turn_id uuid)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  perform loacl_private.settle_reservation(r.turn_id, r.step, r.purpose, 0, 0)
  from loacl_private.reservations r
  where r.turn_id = release_follow_ups.turn_id and r.purpose in ('title', 'follow_ups');
end
$$;
comment on function loacl_private.release_follow_ups(uuid) is
  'Gives back what a turn reserved for a title and follow-ups, where none are to come of its latest step.';
revoke all on function loacl_private.release_follow_ups(uuid) from public;

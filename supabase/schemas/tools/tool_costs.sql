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
begin
  if call.cost_usd > 0 then
    perform loacl_private.log_tool_cost(turn, call.step, call.kind, call.tool_name, call.cost_usd, is_estimate);
    perform loacl_private.spend(call.assistant_id, 0, call.cost_usd);
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

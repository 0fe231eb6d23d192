create function loacl_private.keep_moderation(turn loacl_private.turns, result jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  used loacl.usage_logs;
  budget loacl_private.budgets;
begin
  if jsonb_typeof(result) is distinct from 'object' then
    return;
  end if;
  insert into loacl.moderation_flags (message_id, direction, categories, model)
  select
    case f.flag ->> 'direction' when 'input' then turn.user_message_id else turn.message_id end,
    f.flag ->> 'direction',
    array(
      select left(c.name, 100) from jsonb_array_elements_text(f.flag -> 'categories') with ordinality as c (name, place)
      where c.place <= 50 order by c.place
    ),
    result ->> 'model'
  from jsonb_array_elements(result -> 'flags') as f (flag);

  -- Whom it asked, which need not be whom the turn asks.
  turn.provider_config_id := (result ->> 'configId')::uuid;
  turn.provider := coalesce((select p.provider from loacl.provider_configs p where p.id = turn.provider_config_id), turn.provider);
  used := loacl_private.log_usage(
    turn, (select max(s.step) from loacl_private.turn_steps s where s.turn_id = turn.id), 'moderation', result ->> 'model',
    result -> 'usage'
  );
  -- Nothing is reserved for it: the check is asked before anybody knows what it costs, and at OpenAI it costs nothing.
  if used.cost_usd > 0 then
    select b.* into budget from loacl_private.budgets b where b.assistant_id = used.assistant_id for no key update;
    budget := loacl_private.add_to_budget(budget, 0, used.cost_usd);
    update loacl_private.budgets b
    set day = budget.day, day_tokens = budget.day_tokens, day_usd = budget.day_usd, month = budget.month, month_usd = budget.month_usd
    where b.assistant_id = used.assistant_id;
  end if;
end
$$;
comment on function loacl_private.keep_moderation(loacl_private.turns, jsonb) is
  'Keeps what the moderation of a turn flagged, and what it used: `{"configId", "model", "flags": [{"direction", "categories"}], "usage"}`; null where nothing was moderated. Its checks are one row of usage_logs, and what they cost counts in the budget.';
revoke all on function loacl_private.keep_moderation(loacl_private.turns, jsonb) from public;

create function loacl_private.is_refused_question(message_id uuid)
returns boolean
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return coalesce(
  (
    select a.error_code = 'input_flagged'
    from loacl.messages a
    where a.parent_id = is_refused_question.message_id and a.role = 'assistant'
    order by a.seq desc
    limit 1
  ),
  false
);
comment on function loacl_private.is_refused_question(uuid) is
  'Whether moderation has flagged a visitor''s message when it was last asked: no model is told of it.';
revoke all on function loacl_private.is_refused_question(uuid) from public;

create function loacl_private.keep_moderation(turn loacl_private.turns, result jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  used loacl.usage_logs;
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
    perform loacl_private.spend(used.assistant_id, 0, used.cost_usd);
  end if;
end
$$;
comment on function loacl_private.keep_moderation(loacl_private.turns, jsonb) is
  'Keeps what the moderation of a step, or of its title and follow-ups, flagged, and what it used: `{"configId", "model", "flags": [{"direction", "categories"}], "usage"}`; null where nothing was moderated. Its checks are one row of usage_logs, and what they cost counts in the budget.';
revoke all on function loacl_private.keep_moderation(loacl_private.turns, jsonb) from public;

create function loacl_private.shows_verdict(answer loacl.messages)
returns boolean
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
return (answer).status in ('completed', 'waiting')
  or (answer).content <> ''
  or (answer).parts <> '[]'
  or coalesce((answer).error_code in ('input_flagged', 'output_flagged') or (answer).error_code like 'model\_%', false);
comment on function loacl_private.shows_verdict(loacl.messages) is
  'Whether an answer shows that its question was checked to the end, where questions are: it was refused, or a model was asked. Of one that was stopped, or whose worker was lost, before anything was said nobody knows.';
revoke all on function loacl_private.shows_verdict(loacl.messages) from public;

create function loacl_private.is_withheld_question(message_id uuid, is_moderated boolean)
returns boolean
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return coalesce(
  (
    select a.error_code is not distinct from 'input_flagged'
    from loacl.messages a
    where a.parent_id = is_withheld_question.message_id and a.role = 'assistant' and loacl_private.shows_verdict(a)
    order by a.seq desc
    limit 1
  ),
  is_withheld_question.is_moderated
);
comment on function loacl_private.is_withheld_question(uuid, boolean) is
  'Whether no model is told of a visitor''s message later: moderation has flagged it when it was last checked, or, where messages are moderated, it was never checked to the end.';
revoke all on function loacl_private.is_withheld_question(uuid, boolean) from public;

create function loacl_private.keep_answer(turn loacl_private.turns, outcome jsonb, new_status text)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  update loacl.messages m
  set status = new_status,
    content = coalesce(outcome ->> 'content', m.content),
    parts = coalesce(loacl_private.without_reasoning(nullif(outcome -> 'parts', 'null')), m.parts)
  where m.id = turn.message_id;
  perform loacl_private.store_reasoning(turn.message_id, turn.thread_id, nullif(outcome -> 'parts', 'null'));
end
$$;
comment on function loacl_private.keep_answer(loacl_private.turns, jsonb, text) is 'Stores an answer as far as it has come, between two steps.';
revoke all on function loacl_private.keep_answer(loacl_private.turns, jsonb, text) from public;

create function loacl_private.require_step(turn loacl_private.turns, step integer, input jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  thread loacl.threads;
  assistant loacl.assistants;
  added_bytes bigint := octet_length(input::text) + (
    select coalesce(sum(octet_length(s.input::text) + octet_length(s.provider_items::text)), 0)
    from loacl_private.turn_steps s
    where s.turn_id = turn.id
  );
begin
  select t.* into thread from loacl.threads t where t.id = turn.thread_id;
  select a.* into assistant from loacl.assistants a where a.id = thread.assistant_id;
  assistant := loacl_private.prepare_assistant(assistant, thread.id);
  assistant.model := turn.model;
  perform loacl_private.reserve_budget(
    assistant, loacl_private.read_history(loacl_private.last_told(turn), assistant.context_token_budget), thread.title is null,
    added_bytes, turn.id, step
  );
end
$$;
comment on function loacl_private.require_step(loacl_private.turns, integer, jsonb) is
  'Reserves what a step of a turn may cost. Without a number of the step it reserves nothing, and refuses what has no room as things are. Holds the assistant''s budget: to be called last. Errors: budget_exceeded, price_unknown.';
revoke all on function loacl_private.require_step(loacl_private.turns, integer, jsonb) from public;

create function loacl_private.reserve_step(turn loacl_private.turns, step integer, input jsonb)
returns boolean
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  perform loacl_private.require_step(turn, step, input);
  return true;
exception
  -- budget_exceeded, price_unknown
  when sqlstate 'PT429' or sqlstate 'PT409' then
    return false;
end
$$;
comment on function loacl_private.reserve_step(loacl_private.turns, integer, jsonb) is
  'As require_step, and says whether the budget allows it.';
revoke all on function loacl_private.reserve_step(loacl_private.turns, integer, jsonb) from public;

create function loacl_private.begin_step(turn_id uuid, lease uuid, step integer, input jsonb, outcome jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns := loacl_private.lock_leased_turn(begin_step.turn_id, begin_step.lease);
  last_step integer := (select max(s.step) from loacl_private.turn_steps s where s.turn_id = turn.id);
  result jsonb;
begin
  -- Asked again because an answer was lost, or the turn has ended since.
  if turn.state <> 'running' or last_step = begin_step.step then
    return jsonb_build_object('state', turn.state);
  end if;
  if last_step is distinct from begin_step.step - 1 then
    perform loacl_private.raise_error(500, 'internal', format('Step %s came, step %s was due.', begin_step.step, last_step + 1));
  end if;

  if outcome is not null then
    perform loacl_private.end_step(turn, outcome || '{"state": "completed"}');
    perform loacl_private.release_follow_ups(turn.id);
    perform loacl_private.keep_answer(turn, outcome, 'streaming');
  end if;
  if turn.stop_requested_at is not null then
    result := '{"state": "stopped"}';
  elsif not loacl_private.reserve_step(turn, begin_step.step, begin_step.input) then
    result := '{"state": "cut", "cutReason": "budget"}';
  else
    insert into loacl_private.turn_steps (turn_id, step, model, input)
    values (turn.id, begin_step.step, turn.model, begin_step.input);
    return jsonb_build_object('state', 'running');
  end if;
  perform loacl_private.end_turn(turn.id, result);
  return jsonb_build_object('state', result -> 'state');
end
$$;
comment on function loacl_private.begin_step(uuid, uuid, integer, jsonb, jsonb) is 'Does the work of loacl.begin_step.';
revoke all on function loacl_private.begin_step(uuid, uuid, integer, jsonb, jsonb) from public;
grant execute on function loacl_private.begin_step(uuid, uuid, integer, jsonb, jsonb) to service_role;

create function loacl.begin_step(turn_id uuid, lease uuid, step integer, input jsonb, outcome jsonb default null)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.begin_step(begin_step.turn_id, begin_step.lease, begin_step.step, begin_step.input, begin_step.outcome);
comment on function loacl.begin_step(uuid, uuid, integer, jsonb, jsonb) is
  'For the functions: begins step `step` of a turn, and ends the one before with its `outcome`, which holds the answer so far; null where that one has ended, before the turn waited. `input`: what is added to the model''s input. Gives `{"state"}`: running; stopped, where the visitor wants that; cut, where the budget refuses the step. Safe to repeat. Errors: turn_lease_lost.';
revoke all on function loacl.begin_step(uuid, uuid, integer, jsonb, jsonb) from public;
grant execute on function loacl.begin_step(uuid, uuid, integer, jsonb, jsonb) to service_role;

create function loacl_private.reserve_again(turn loacl_private.turns)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  step integer := (select max(s.step) from loacl_private.turn_steps s where s.turn_id = turn.id);
  budget integer := (
    select (loacl_private.apply_thread_overrides(a, t.id)).context_token_budget
    from loacl.threads t
    join loacl.assistants a on a.id = t.assistant_id
    where t.id = turn.thread_id
  );
begin
  perform loacl_private.release_follow_ups(turn.id);
  perform loacl_private.settle_reservation(turn.id, step, 'answer', 0, 0);
  perform loacl_private.settle_reservation(turn.id, step, 'tool', 0, 0);
  if not loacl_private.reserve_step(turn, step, '[]') then
    -- Taken back, with what was given back.
    raise exception using errcode = 'PT429';
  end if;
  return loacl_private.read_history(loacl_private.last_told(turn), budget);
exception
  when sqlstate 'PT429' then
    return null;
end
$$;
comment on function loacl_private.reserve_again(loacl_private.turns) is
  'Reserves a running step anew, before its call, for what its model is told of the conversation by now, and gives that; null, with everything as it was, where the budget does not allow it. Holds the assistant''s budget: to be called last.';
revoke all on function loacl_private.reserve_again(loacl_private.turns) from public;

create function loacl_private.shorten_history(turn_id uuid, lease uuid)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns := loacl_private.lock_leased_turn(shorten_history.turn_id, shorten_history.lease);
  assistant loacl.assistants;
  context record;
begin
  if turn.state <> 'running' then
    return null;
  end if;
  select a.* into assistant
  from loacl.threads t
  join loacl.assistants a on a.id = t.assistant_id
  where t.id = turn.thread_id;
  assistant := loacl_private.prepare_assistant(assistant, turn.thread_id);
  assistant.model := turn.model;
  context := loacl_private.read_context(turn.thread_id, loacl_private.last_told(turn), assistant);
  if jsonb_array_length(context.history) <= loacl_private.count_always_told(loacl_private.last_told(turn)) then
    return null;
  end if;
  insert into loacl_private.thread_contexts as c (thread_id, model, token_limit)
  values (turn.thread_id, turn.model, greatest(1, context.tokens_told / 2))
  on conflict on constraint thread_contexts_pkey do update
  set model = excluded.model,
    token_ratio = case when c.model = excluded.model then c.token_ratio end,
    token_limit = excluded.token_limit;
  perform loacl_private.tell_history(turn.thread_id, loacl_private.last_told(turn), assistant);
  return loacl_private.reserve_again(turn);
end
$$;
comment on function loacl_private.shorten_history(uuid, uuid) is 'Does the work of loacl.shorten_history.';
revoke all on function loacl_private.shorten_history(uuid, uuid) from public;
grant execute on function loacl_private.shorten_history(uuid, uuid) to service_role;

create function loacl.shorten_history(turn_id uuid, lease uuid)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.shorten_history(shorten_history.turn_id, shorten_history.lease);
comment on function loacl.shorten_history(uuid, uuid) is
  'For the functions, where the provider says that a running turn''s call was too long: what the model is to be told of the conversation instead, half as much, which holds for the thread from then on; null where only the question is left, with the answer where that goes on. Errors: turn_lease_lost.';
revoke all on function loacl.shorten_history(uuid, uuid) from public;
grant execute on function loacl.shorten_history(uuid, uuid) to service_role;

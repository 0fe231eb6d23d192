create function loacl_private.hold_turn(turn_id uuid)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  perform from loacl.assistants a
  where a.id = (
    select t.assistant_id
    from loacl_private.turns r
    join loacl.threads t on t.id = r.thread_id
    where r.id = hold_turn.turn_id
  )
  for key share;
  perform from loacl.threads t
  where t.id = (select r.thread_id from loacl_private.turns r where r.id = hold_turn.turn_id)
  for no key update;
end
$$;
comment on function loacl_private.hold_turn(uuid) is
  'Locks a turn''s assistant and then its thread to the end of the transaction, in the order of begin_turn and of deletions, so that none of them wait for each other. A turn that is still there afterwards can''t be deleted meanwhile.';
revoke all on function loacl_private.hold_turn(uuid) from public;

create function loacl_private.finish_turn(turn_id uuid, lease uuid, outcome jsonb)
returns void
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns;
  used loacl.usage_logs;
  end_state text := outcome ->> 'state';
  failure text := case when end_state = 'failed' then coalesce(outcome ->> 'errorCode', 'internal') end;
  limit_reached text := case when end_state = 'cut' then coalesce(outcome ->> 'cutReason', 'time_limit') end;
begin
  perform loacl_private.hold_turn(finish_turn.turn_id);
  update loacl_private.turns t
  set state = end_state, error_code = failure, cut_reason = limit_reached, ended_at = clock_timestamp()
  where t.id = finish_turn.turn_id and t.lease = finish_turn.lease and t.state = 'running' and end_state <> 'running'
  returning t.* into turn;
  if not found then
    perform loacl_private.raise_error(409, 'turn_lease_lost', 'This turn is no longer yours.');
  end if;

  update loacl.messages m
  set status = end_state,
    content = coalesce(outcome ->> 'content', ''),
    parts = coalesce(nullif(outcome -> 'parts', 'null'), '[]'),
    model = coalesce(outcome ->> 'model', m.model),
    error_code = failure,
    cut_reason = limit_reached
  where m.id = turn.message_id;
  update loacl.threads t set last_message_at = clock_timestamp() where t.id = turn.thread_id;
  insert into loacl_private.message_internals (message_id, response_id, provider_items)
  values (turn.message_id, outcome ->> 'responseId', nullif(outcome -> 'providerItems', 'null'));
  used := loacl_private.log_usage(turn, 'answer', outcome ->> 'model', outcome -> 'usage');
  if loacl_private.is_free_of_charge(outcome) then
    perform loacl_private.settle_reservation(turn.id, 'answer', 0, 0);
  else
    perform loacl_private.settle_usage(turn, used);
  end if;
  -- Only what was answered to the end has follow-ups.
  if end_state <> 'completed' then
    perform loacl_private.settle_reservation(turn.id, 'follow_ups', 0, 0);
  end if;
end
$$;
comment on function loacl_private.finish_turn(uuid, uuid, jsonb) is 'Does the work of loacl.finish_turn.';
revoke all on function loacl_private.finish_turn(uuid, uuid, jsonb) from public;
grant execute on function loacl_private.finish_turn(uuid, uuid, jsonb) to service_role;

create function loacl.finish_turn(turn_id uuid, lease uuid, outcome jsonb)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  select loacl_private.finish_turn(finish_turn.turn_id, finish_turn.lease, finish_turn.outcome);
end;
comment on function loacl.finish_turn(uuid, uuid, jsonb) is
  'For the functions: ends a turn, once, and stores the answer, the provider''s items, and the usage with its cost. Errors: turn_lease_lost.';
revoke all on function loacl.finish_turn(uuid, uuid, jsonb) from public;
grant execute on function loacl.finish_turn(uuid, uuid, jsonb) to service_role;

create function loacl_private.has_missed_beats(turn loacl_private.turns)
returns boolean
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return (turn).state = 'running'
  and (turn).lease_expires_at < clock_timestamp() + loacl_private.lease_duration() - interval '2 seconds';
comment on function loacl_private.has_missed_beats(loacl_private.turns) is
  'Whether the worker of a turn, which appends or beats at least each second, has missed two beats.';
revoke all on function loacl_private.has_missed_beats(loacl_private.turns) from public;

create function loacl_private.is_silent(turn loacl_private.turns)
returns boolean
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.has_missed_beats(turn)
  -- How a turn begins says nothing new, and is stored at once: two parts, and all of an answer that goes on.
  and (
    (turn).last_seq <= 2
    or (
      (turn).is_continuation
      and not exists (select from loacl_private.turn_chunks c where c.turn_id = (turn).id and c.seq > 1)
    )
  )
  and not exists (select from loacl.tool_executions e where e.turn_id = (turn).id);
comment on function loacl_private.is_silent(loacl_private.turns) is
  'Whether a turn of which nothing was said yet, and that has called no tool, has missed two beats of its worker: another may take it over.';
revoke all on function loacl_private.is_silent(loacl_private.turns) from public;

create function loacl_private.resume_turn(turn_id uuid, step integer, lease uuid, deadline_ms integer, claims jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns;
  assistant loacl.assistants;
  is_taken_over boolean;
begin
  -- Of two that resume a turn the second waits here.
  perform loacl_private.lock_turn(resume_turn.turn_id);
  perform loacl_private.enter_turn(resume_turn.turn_id, resume_turn.claims);
  select t.* into turn from loacl_private.turns t where t.id = resume_turn.turn_id for update;
  -- Asked again because an answer was lost, it has the lease already.
  if not (turn.state = 'running' and turn.lease = resume_turn.lease)
    and not loacl_private.is_silent(turn)
    and (
      turn.state <> 'waiting'
      or loacl_private.has_waiting_calls(turn.id)
      or resume_turn.step <> (select max(s.step) from loacl_private.turn_steps s where s.turn_id = turn.id)
    )
  then
    return jsonb_build_object('turn', jsonb_build_object('id', turn.id), 'joined', true);
  end if;

  assistant := loacl_private.enter_assistant((select t.assistant_id from loacl.threads t where t.id = turn.thread_id), null);
  if assistant.paused_at is not null then
    perform loacl_private.raise_error(403, 'assistant_paused', 'This assistant is paused. Please come back later.');
  end if;
  perform loacl_private.find_provider(assistant, turn);
  is_taken_over := turn.state = 'running' and turn.lease <> resume_turn.lease;
  update loacl_private.turns t
  set state = 'running',
    lease = resume_turn.lease,
    lease_expires_at = clock_timestamp() + loacl_private.lease_duration(),
    deadline_at = loacl_private.to_deadline(resume_turn.deadline_ms),
    wait_expires_at = null
  where t.id = turn.id
  returning t.* into turn;
  perform loacl_private.keep_answer(turn, null, 'streaming');
  if is_taken_over then
    -- The worker that fell silent may have called the model.
    perform loacl_private.release_follow_ups(turn.id);
    perform loacl_private.settle_call(turn, 1, 'answer', null, null, 0);
    perform loacl_private.settle_call(turn, 1, 'tool', null, null, 0);
    if not loacl_private.reserve_step(turn, 1, '[]') then
      perform loacl_private.end_turn(turn.id, '{"state": "cut", "cutReason": "budget"}');
      return jsonb_build_object('turn', jsonb_build_object('id', turn.id), 'joined', true);
    end if;
  end if;
  -- Approved before, for a turn that waited on: without another step nobody would read what came of it.
  if exists (
      select from loacl.tool_executions e where e.turn_id = turn.id and e.status = 'approved' and e.kind in ('server', 'mcp')
    )
    and not loacl_private.reserve_step(turn, null, '[]')
  then
    perform loacl_private.end_turn(turn.id, '{"state": "cut", "cutReason": "budget", "callError": "stopped"}');
    return jsonb_build_object('turn', jsonb_build_object('id', turn.id), 'joined', true);
  end if;
  return loacl_private.hand_out_turn(turn);
end
$$;
comment on function loacl_private.resume_turn(uuid, integer, uuid, integer, jsonb) is 'Does the work of loacl.resume_turn.';
revoke all on function loacl_private.resume_turn(uuid, integer, uuid, integer, jsonb) from public;
grant execute on function loacl_private.resume_turn(uuid, integer, uuid, integer, jsonb) to service_role;

create function loacl.resume_turn(turn_id uuid, step integer, lease uuid, deadline_ms integer, claims jsonb default null)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.resume_turn(
  resume_turn.turn_id, resume_turn.step, resume_turn.lease, resume_turn.deadline_ms, resume_turn.claims
);
comment on function loacl.resume_turn(uuid, integer, uuid, integer, jsonb) is
  'For the functions: takes up a turn of the visitor''s that waits after step `step` and for no call any more, or one of which nothing was said yet and whose worker has missed two beats, under a new lease, which the caller makes, and with a new deadline. Gives what begin_turn gives; begin_step goes on from there. A worker that comes back late finds its lease lost. Of several that try one gets it; the others, and whoever comes after it has ended or waits for something else, get `joined`. Safe to repeat with the same lease. `claims`: of the visitor''s verified access token, where one came along. Errors: session_missing, session_invalid, turn_not_found, assistant_inactive, assistant_paused, provider_key_missing.';
revoke all on function loacl.resume_turn(uuid, integer, uuid, integer, jsonb) from public;
grant execute on function loacl.resume_turn(uuid, integer, uuid, integer, jsonb) to service_role;

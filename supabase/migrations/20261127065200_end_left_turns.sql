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

create or replace function loacl_private.is_silent(turn loacl_private.turns)
returns boolean
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.has_missed_beats(turn)
  -- Its two first parts say nothing of the answer.
  and (turn).last_seq <= 2;
comment on function loacl_private.is_silent(loacl_private.turns) is
  'Whether a turn of which nothing was said yet has missed two beats of its worker: another may take it over.';

create or replace function loacl_private.is_overdue(turn loacl_private.turns)
returns boolean
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return (turn.state = 'running' and turn.lease_expires_at <= clock_timestamp())
    -- Nobody would take it over.
    or (turn.stop_requested_at is not null and loacl_private.has_missed_beats(turn))
    or (turn.state = 'waiting' and turn.wait_expires_at <= clock_timestamp());
end
$$;
comment on function loacl_private.is_overdue(loacl_private.turns) is
  'Whether the worker of a turn has gone, which two missed beats tell of a turn that is to stop and else its lease, or the turn has waited too long.';

comment on function loacl_private.end_overdue_turn(uuid) is
  'Ends a turn whose worker has gone, or that has waited too long, and says whether it did.';

create or replace function loacl_private.stop_turn(turn_id uuid, claims jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns;
begin
  perform loacl_private.lock_turn(stop_turn.turn_id);
  perform loacl_private.enter_turn(stop_turn.turn_id, stop_turn.claims);
  select t.* into turn from loacl_private.turns t where t.id = stop_turn.turn_id for update;
  if turn.state = 'running' then
    update loacl_private.turns t
    set stop_requested_at = coalesce(t.stop_requested_at, clock_timestamp())
    where t.id = turn.id;
    if loacl_private.end_overdue_turn(turn.id) then
      -- Its worker has gone, and can't be asked.
      perform loacl_private.settle_turn(turn.id);
      turn.state := 'stopped';
    end if;
  elsif turn.state = 'waiting' then
    -- It has no worker to ask.
    perform loacl_private.end_turn(turn.id, '{"state": "stopped"}');
    turn.state := 'stopped';
  end if;
  return jsonb_build_object('state', turn.state);
end
$$;

comment on function loacl.stop_turn(uuid, jsonb) is
  'For the functions: asks the worker of a turn to stop, or ends a turn that waits or whose worker has missed two beats, and gives the state that the turn is in. `claims`: of the visitor''s verified access token, where one came along. Errors: session_missing, session_invalid, turn_not_found.';

create function loacl_private.end_left_turns(assistant_id uuid, max_turns integer)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  perform loacl_private.end_overdue_turn(left_over.id)
  from (
    select t.id
    from loacl_private.turns t
    join loacl.threads thread on thread.id = t.thread_id
    where thread.assistant_id = end_left_turns.assistant_id
      and (
        (t.state = 'running' and t.lease_expires_at < now()) or (t.state = 'waiting' and t.wait_expires_at < now())
      )
    limit max_turns
    -- Who begins a turn waits for no other thread.
    for no key update of thread skip locked
  ) left_over;
end
$$;
comment on function loacl_private.end_left_turns(uuid, integer) is
  'Ends turns of an assistant whose worker has gone, or that have waited too long, and at which nobody looks any more. The caller holds the assistant.';
revoke all on function loacl_private.end_left_turns(uuid, integer) from public;

create or replace function loacl_private.open_turn(
  request jsonb, assistant loacl.assistants, session loacl.sessions, thread loacl.threads, question loacl.messages, parent_id uuid
)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  provider record := loacl_private.find_provider(assistant.owner_id);
  is_new_session boolean := session.id is null;
  fingerprint text;
  answer loacl.messages;
  turn loacl_private.turns;
  history jsonb;
begin
  assistant := loacl_private.prepare_assistant(assistant, thread.id);
  -- Before anything is written: the message must fit into the budget even without the conversation.
  perform loacl_private.reserve_budget(
    assistant, jsonb_build_array(jsonb_build_object('content', question.content)), thread.title is null, 0, null, null
  );

  if is_new_session then
    session := loacl_private.create_session(assistant.id, loacl_private.require_session_token_hash());
  else
    update loacl.sessions s
    set last_active_at = now(),
      expires_at = case s.session_type when 'guest' then now() + interval '30 days' else s.expires_at end
    where s.id = session.id;
  end if;
  if assistant.fingerprint and request ->> 'fingerprint' is not null then
    fingerprint := loacl_private.remember_fingerprint(session, request ->> 'fingerprint');
  end if;
  perform loacl_private.check_rates(assistant, session.id, is_new_session, request ->> 'address', fingerprint);
  if thread.id is null then
    insert into loacl.threads (session_id, assistant_id, client_id)
    values (session.id, assistant.id, request ->> 'clientThreadId')
    returning * into thread;
  else
    -- Who writes in an archived thread takes it up again.
    update loacl.threads t set last_message_at = now(), status = 'active' where t.id = thread.id;
  end if;
  if question.id is null then
    insert into loacl.messages (thread_id, session_id, assistant_id, parent_id, client_id, role, content, parts)
    values (
      thread.id, session.id, assistant.id, parent_id, question.client_id, 'user', question.content,
      jsonb_build_array(jsonb_build_object('type', 'text', 'text', question.content))
    )
    returning * into question;
  end if;
  insert into loacl.messages (thread_id, session_id, assistant_id, parent_id, role, status, model)
  values (thread.id, session.id, assistant.id, question.id, 'assistant', 'streaming', assistant.model)
  returning * into answer;
  insert into loacl_private.turns (
    thread_id, user_message_id, message_id, lease, lease_expires_at, deadline_at, stop_requested_at, provider, model, created_at
  )
  values (
    thread.id, question.id, answer.id,
    coalesce((request ->> 'lease')::uuid, gen_random_uuid()),
    clock_timestamp() + loacl_private.lease_duration(),
    loacl_private.to_deadline((request ->> 'deadlineMs')::integer),
    loacl_private.take_kept_stop(request),
    (provider.config).provider, assistant.model, clock_timestamp()
  )
  returning * into turn;
  insert into loacl_private.turn_steps (turn_id, step, model) values (turn.id, 1, turn.model);
  -- Each turn deletes what several earlier ones left, so leftovers shrink even in a project without a scheduler.
  perform loacl_private.purge_turn_chunks(5);
  perform loacl_private.purge_rate_counters(5);
  history := loacl_private.read_history(question.id, assistant.context_token_budget);
  perform loacl_private.end_left_turns(assistant.id, 5);
  perform loacl_private.settle_left_turns(assistant.id, 5);
  perform loacl_private.reserve_budget(assistant, history, thread.title is null, 0, turn.id, 1);
  return loacl_private.to_open_turn(turn, assistant, provider.config, provider.secret, history, thread.title is null);
end
$$;

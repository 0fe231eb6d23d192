-- An earlier alternative that goes on stays the one that is shown.
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
  providers jsonb := loacl_private.find_provider(assistant);
  is_new_session boolean := session.id is null;
  fingerprint text;
  answer loacl.messages;
  turn loacl_private.turns;
  told record;
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
    if not found then
      -- Its person has just erased everything, on another device.
      perform loacl_private.raise_error(401, 'session_expired', 'This session was erased. Nothing was done.');
    end if;
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
    update loacl.threads t
    set last_message_at = now(), status = 'active',
      -- Every answer is the newest message, but for an earlier alternative that goes on.
      shown_message_id = (
        select m.id
        from loacl.messages m
        where request ->> 'type' = 'continue' and m.thread_id = t.id and m.id::text = request ->> 'messageId'
          and exists (select from loacl.messages later where later.thread_id = t.id and later.seq > m.seq)
      )
    where t.id = thread.id;
  end if;
  if question.id is null then
    insert into loacl.messages (thread_id, session_id, assistant_id, parent_id, client_id, role, content, context, parts)
    values (
      thread.id, session.id, assistant.id, parent_id, question.client_id, 'user', question.content, question.context, question.parts
    )
    returning * into question;
    perform loacl_private.attach_files(question);
  end if;
  if request ->> 'type' = 'continue' then
    answer := loacl_private.reopen_answer(request, thread.id);
  else
    insert into loacl.messages (thread_id, session_id, assistant_id, parent_id, role, status, model)
    values (thread.id, session.id, assistant.id, question.id, 'assistant', 'streaming', assistant.model)
    returning * into answer;
  end if;
  insert into loacl_private.turns (
    thread_id, user_message_id, message_id, lease, lease_expires_at, deadline_at, stop_requested_at, provider, provider_config_id, model,
    is_continuation, request_id, created_at
  )
  values (
    thread.id, question.id, answer.id,
    coalesce((request ->> 'lease')::uuid, gen_random_uuid()),
    clock_timestamp() + loacl_private.lease_duration(),
    loacl_private.to_deadline((request ->> 'deadlineMs')::integer),
    loacl_private.take_kept_stop(request),
    providers -> 'provider' ->> 'provider', (providers -> 'provider' ->> 'configId')::uuid, assistant.model,
    coalesce(request ->> 'type' = 'continue', false),
    case when request ->> 'type' in ('regenerate', 'continue') then request ->> 'id' end,
    clock_timestamp()
  )
  returning * into turn;
  insert into loacl_private.turn_steps (turn_id, step, model) values (turn.id, 1, turn.model);
  -- Each turn deletes what several earlier ones left, so leftovers shrink even in a project without a scheduler.
  perform loacl_private.purge_turn_chunks(5);
  perform loacl_private.purge_rate_counters(5);
  told := loacl_private.tell_history(thread.id, loacl_private.last_told(turn), assistant);
  perform loacl_private.end_left_turns(assistant.id, 5);
  perform loacl_private.settle_left_turns(assistant.id, 5);
  perform loacl_private.reserve_budget(assistant, told.history, thread.title is null, 0, turn.id, 1);
  return loacl_private.to_open_turn(turn, assistant, providers, told.history, thread.title is null) || told.wish;
end
$$;
comment on function loacl_private.open_turn(jsonb, loacl.assistants, loacl.sessions, loacl.threads, loacl.messages, uuid) is
  'Opens the turn that answers a question, or goes on with its answer, with its first step: makes the session, the thread and the message where they are missing, and reserves what the step may cost. Errors: answer_not_cut, id_conflict, provider_key_missing, assistant_paused, rate_limited, budget_exceeded, price_unknown.';

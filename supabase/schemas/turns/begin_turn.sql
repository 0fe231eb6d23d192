create function loacl_private.begin_turn(request jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  visitor record := loacl_private.enter_visitor(request);
  asked record := loacl_private.read_question(request, visitor.assistant, visitor.own_session_ids);
  joined loacl_private.turns := asked.joined;
begin
  if joined.state = 'running' and joined.lease = (request ->> 'lease')::uuid then
    -- Asked again because an answer was lost.
    return loacl_private.hand_out_turn(joined);
  end if;
  if joined.id is not null then
    perform loacl_private.settle_turn(joined.id);
    return jsonb_build_object(
      'turn', jsonb_build_object('id', joined.id, 'lease', null, 'deadlineAt', joined.deadline_at),
      'joined', true,
      'threadId', joined.thread_id,
      'userMessageId', joined.user_message_id,
      'messageId', joined.message_id,
      'isFirstTurn', false,
      'assistant', null,
      'provider', null,
      'history', null
    );
  end if;
  return loacl_private.open_turn(
    request, visitor.assistant, visitor.session, asked.thread, asked.question,
    loacl_private.place_question(request, visitor.assistant, asked.thread, asked.question)
  );
end
$$;
comment on function loacl_private.begin_turn(jsonb) is 'Does the work of loacl.begin_turn.';
revoke all on function loacl_private.begin_turn(jsonb) from public;
grant execute on function loacl_private.begin_turn(jsonb) to service_role;

create function loacl.begin_turn(request jsonb)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.begin_turn(loacl_private.with_live_user(begin_turn.request));
comment on function loacl.begin_turn(jsonb) is
  'For the functions: stores a visitor''s message and begins the turn that answers it with its first step, or finds the turn where the same message was sent before (`joined`). One transaction; an error leaves nothing behind. `address`: the visitor''s network address, from the one header that is trusted. `lease`: which the worker that asks makes; with the same one it is safe to repeat. `fingerprint`: the visitor''s browser''s, where they sent one. `clientThreadId`, in place of `threadId`: either id of a thread of theirs, or the client id of the one to begin. `context`: what the page says that the visitor is looking at. `parentId`: the message that it follows; the latest, if it is given. `files`: the ids of completed uploads, whose parts stand before the text. A turn that waits in the thread is cancelled. `isFirstTurn`: the thread still wants a title. Errors: those of open_session, thread_not_found, message_not_found, id_conflict, turn_in_progress, invalid_body, text_required, text_too_long, context_invalid, files_unsupported, too_many_files, upload_incomplete, file_not_found, provider_key_missing, assistant_paused, and, with how long it takes as the hint, rate_limited and budget_exceeded; thread_full, price_unknown.';
revoke all on function loacl.begin_turn(jsonb) from public;
grant execute on function loacl.begin_turn(jsonb) to service_role;

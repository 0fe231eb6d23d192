create function loacl_private.enter_visitor(
  request jsonb, out assistant loacl.assistants, out session loacl.sessions, out own_session_ids uuid[]
)
returns record
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  token_hash bytea := loacl_private.require_session_token_hash();
begin
  -- The assistant is locked first, as in its deletion: in another order the two could wait for each other.
  perform from loacl.assistants a where a.id = (request ->> 'assistantId')::uuid for key share;
  assistant := loacl_private.enter_assistant((request ->> 'assistantId')::uuid, request ->> 'origin');
  -- Requests with the same token wait for each other here: only the first makes the session, and of a message that was
  -- sent twice the second request finds the first.
  perform pg_advisory_xact_lock(hashtext('loacl.begin_turn'), hashtext(encode(token_hash, 'hex')));
  session := loacl_private.enter_session(token_hash, assistant.id, (request ->> 'userId')::uuid);
  own_session_ids := loacl_private.find_person_session_ids(session);
end
$$;
comment on function loacl_private.enter_visitor(jsonb) is
  'Who begins a turn: the assistant that is asked, the session of the request''s token, null where it is a fresh guest''s, and all sessions of the same person. Errors: those of open_session.';
revoke all on function loacl_private.enter_visitor(jsonb) from public;

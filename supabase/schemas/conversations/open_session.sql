create function loacl_private.open_session(assistant_id uuid)
returns jsonb
language plpgsql
stable
security definer -- visitors read neither assistants nor sessions
set search_path = pg_catalog, pg_temp
as $$
declare
  token_hash bytea := loacl_private.require_session_token_hash();
  assistant loacl.assistants := loacl_private.enter_assistant(open_session.assistant_id, loacl_private.read_header('origin'));
  session loacl.sessions := loacl_private.enter_session(
    token_hash, assistant.id, loacl_private.find_live_user((select auth.jwt()))
  );
begin
  return jsonb_build_object(
    'assistant', jsonb_build_object(
      'id', assistant.id,
      'name', assistant.name,
      'description', assistant.description,
      'greeting', assistant.greeting,
      'appearance', assistant.appearance,
      'maxMessageLength', assistant.max_message_length,
      'fingerprint', assistant.fingerprint,
      'pageContext', assistant.page_context,
      'imageHosts', assistant.image_hosts,
      'files', case when assistant.file_types <> '{}' then
        jsonb_build_object(
          'types', assistant.file_types, 'maxBytes', assistant.max_file_bytes, 'maxFiles', assistant.max_files_per_message
        )
      end
    ),
    'questions', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object('id', q.id, 'question', q.question, 'category', q.category)
          order by q.priority desc, q.created_at, q.id
        ),
        '[]'
      )
      from loacl.guided_questions q
      where q.assistant_id = assistant.id and q.is_active
    ),
    'visitor', jsonb_build_object('sessionId', session.id, 'type', coalesce(session.session_type, 'guest')),
    'threads', loacl.list_threads(assistant.id)
  );
end
$$;
comment on function loacl_private.open_session(uuid) is 'Does the work of loacl.open_session.';
revoke all on function loacl_private.open_session(uuid) from public;
grant execute on function loacl_private.open_session(uuid) to anon, authenticated;

create function loacl.open_session(assistant_id uuid)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.open_session(open_session.assistant_id);
comment on function loacl.open_session(uuid) is
  'All that a widget needs to open: `OpenedSession`. Writes nothing; the first message makes the session. Errors: session_missing, session_invalid, session_replaced, session_expired, session_locked, session_mismatch, assistant_not_found, assistant_inactive, origin_not_allowed.';
revoke all on function loacl.open_session(uuid) from public;
grant execute on function loacl.open_session(uuid) to anon, authenticated;

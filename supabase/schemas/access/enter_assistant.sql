create function loacl_private.enter_assistant(assistant_id uuid, origin text)
returns loacl.assistants
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  assistant loacl.assistants;
begin
  select a.* into assistant from loacl.assistants a where a.id = enter_assistant.assistant_id;
  if not found then
    perform loacl_private.raise_error(404, 'assistant_not_found', 'There is no such assistant.');
  end if;
  if not assistant.is_active then
    perform loacl_private.raise_error(403, 'assistant_inactive', 'This assistant is switched off.');
  end if;
  if not loacl_private.is_origin_allowed(assistant.allowed_origins, enter_assistant.origin) then
    perform loacl_private.raise_error(
      403, 'origin_not_allowed', format('Pages of %s may not use this assistant. Its owner can allow them.', enter_assistant.origin)
    );
  end if;
  return assistant;
end
$$;
comment on function loacl_private.enter_assistant(uuid, text) is
  'The assistant, if a page of this origin may use it now. Errors: assistant_not_found, assistant_inactive, origin_not_allowed.';
revoke all on function loacl_private.enter_assistant(uuid, text) from public;

create function loacl_private.enter_session(token_hash bytea, assistant_id uuid, user_id uuid)
returns loacl.sessions
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  session loacl.sessions;
begin
  select s.* into session
  from loacl_private.session_tokens k
  join loacl.sessions s on s.id = k.session_id
  where k.token_hash = enter_session.token_hash;
  if not found then
    perform loacl_private.refuse_replaced_token(enter_session.token_hash);
    return null;
  end if;
  if session.assistant_id <> enter_session.assistant_id then
    perform loacl_private.raise_error(403, 'session_mismatch', 'This session is with another assistant.');
  end if;
  if session.expires_at <= clock_timestamp() then
    perform loacl_private.raise_error(401, 'session_expired', 'This session has ended.');
  end if;
  -- A session of a signed-in visitor is worth nothing without that visitor.
  if session.user_id is not null and session.user_id is distinct from enter_session.user_id then
    perform loacl_private.raise_error(401, 'session_locked', 'This session is a signed-in user''s, and opens with their access token alone.');
  end if;
  return session;
end
$$;
comment on function loacl_private.enter_session(bytea, uuid, uuid) is
  'The session that a token stands for, null where it is a fresh guest''s. Errors: session_replaced, session_mismatch, session_expired, session_locked.';
revoke all on function loacl_private.enter_session(bytea, uuid, uuid) from public;

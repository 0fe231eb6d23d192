create function loacl_private.identify_session(request jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  old_hash bytea := loacl_private.require_session_token_hash();
  new_hash bytea := loacl_private.hash_session_token(request ->> 'newToken');
  old_queue integer := hashtext(encode(old_hash, 'hex'));
  new_queue integer := hashtext(encode(new_hash, 'hex'));
  person_user_id uuid := loacl_private.find_live_user(request -> 'claims');
  person_external_id text := request ->> 'externalId';
  assistant loacl.assistants;
  session loacl.sessions;
  taken loacl.sessions;
  person_session_ids uuid[];
  ends_at timestamptz;
begin
  if new_hash is null or new_hash = old_hash then
    perform loacl_private.raise_error(400, 'invalid_body', '"newToken" must be a session token, and another than the one before.');
  end if;
  if num_nonnulls(person_user_id, person_external_id) <> 1 then
    perform loacl_private.raise_error(401, 'access_token_invalid', 'The access token''s user is not signed in any more.');
  end if;
  -- First, as in begin_turn.
  perform from loacl.assistants a where a.id = (request ->> 'assistantId')::uuid for key share;
  assistant := loacl_private.enter_assistant((request ->> 'assistantId')::uuid, request ->> 'origin');
  -- An identity token says who somebody was when it was signed; an access token comes along with each request.
  ends_at := now() + case when person_user_id is null then interval '24 hours' else interval '30 days' end;

  -- The same queues as begin_turn's. A first message that is on its way has made its session before this looks for one,
  -- or comes after, and is refused with the old token.
  perform pg_advisory_xact_lock(hashtext('loacl.begin_turn'), least(old_queue, new_queue));
  perform pg_advisory_xact_lock(hashtext('loacl.begin_turn'), greatest(old_queue, new_queue));
  select s.* into session
  from loacl_private.session_tokens k
  join loacl.sessions s on s.id = k.session_id
  where k.token_hash = old_hash
  for no key update of s;
  if session.assistant_id <> assistant.id then
    perform loacl_private.raise_error(403, 'session_mismatch', 'This session is with another assistant.');
  end if;
  if session.session_type = 'authenticated'
    and (session.user_id, session.external_id) is distinct from (person_user_id, person_external_id)
  then
    perform loacl_private.raise_error(409, 'session_bound', 'This session is another person''s. Sign out first.');
  end if;

  select s.* into taken
  from loacl_private.session_tokens k
  join loacl.sessions s on s.id = k.session_id
  where k.token_hash = new_hash;
  if found then
    if session.id is not null or taken.assistant_id <> assistant.id
      or (taken.user_id, taken.external_id) is distinct from (person_user_id, person_external_id)
    then
      perform loacl_private.raise_error(409, 'id_conflict', 'This new token is a session''s already.');
    end if;
    -- The same request again: its answer was lost.
    session := taken;
  end if;
  if session.id is null then
    perform loacl_private.refuse_replaced_token(old_hash);
  end if;

  perform loacl_private.replace_session_token(old_hash);
  -- What a guest wrote in a session that has ended is nobody's any more.
  if session.id is null or (session.session_type = 'guest' and session.expires_at <= now()) then
    insert into loacl.sessions (assistant_id, session_type, user_id, external_id, expires_at)
    values (assistant.id, 'authenticated', person_user_id, person_external_id, ends_at)
    returning * into session;
    -- No limit counts sessions in which nothing is said. Without this, one identity token could make them without end.
    person_session_ids := loacl_private.find_person_session_ids(session);
    delete from loacl.sessions s
    where s.id in (
      select empty.id
      from loacl.sessions empty
      where empty.id = any (person_session_ids)
        and empty.id <> session.id
        and not exists (select from loacl.threads t where t.session_id = empty.id)
        and not exists (select from loacl.files f where f.session_id = empty.id)
      order by empty.last_active_at desc, empty.id
      offset 19
      for update skip locked
    );
  else
    update loacl.sessions s
    set session_type = 'authenticated',
      user_id = person_user_id,
      external_id = person_external_id,
      last_active_at = now(),
      expires_at = ends_at
    where s.id = session.id
    returning s.* into session;
  end if;
  if taken.id is null then
    insert into loacl_private.session_tokens (token_hash, session_id) values (new_hash, session.id);
  end if;

  return jsonb_build_object(
    'visitor', jsonb_build_object('sessionId', session.id, 'type', session.session_type),
    'expiresAt', session.expires_at
  );
end
$$;
comment on function loacl_private.identify_session(jsonb) is 'Does the work of loacl.identify_session.';
revoke all on function loacl_private.identify_session(jsonb) from public;
grant execute on function loacl_private.identify_session(jsonb) to service_role;

create function loacl.identify_session(request jsonb)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.identify_session(identify_session.request);
comment on function loacl.identify_session(jsonb) is
  'For the functions, which have verified who it is: binds the session of the request''s token to a person, and puts `newToken` in the token''s place: `{visitor, expiresAt}`. request: `{assistantId, origin, newToken}` and either `externalId` or the `claims` of an access token. The session is kept, with all that was written in it, and made if there is none; of a person''s sessions that nothing was written in, the latest twenty stay. Safe to repeat. Errors: session_missing, session_invalid, session_replaced, session_mismatch, session_bound, access_token_invalid, assistant_not_found, assistant_inactive, origin_not_allowed, invalid_body, id_conflict.';
revoke all on function loacl.identify_session(jsonb) from public;
grant execute on function loacl.identify_session(jsonb) to service_role;

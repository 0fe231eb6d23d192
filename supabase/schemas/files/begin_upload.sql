create function loacl_private.check_upload(request jsonb, assistant loacl.assistants)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if assistant.paused_at is not null then
    perform loacl_private.raise_error(403, 'assistant_paused', 'This assistant is paused. Please come back later.');
  end if;
  if assistant.file_types = '{}' then
    perform loacl_private.raise_error(415, 'files_unsupported', 'This assistant takes no files.');
  end if;
  if (request ->> 'type') = any (assistant.file_types) is not true then
    perform loacl_private.raise_error(
      415, 'file_type_not_allowed', format('This assistant takes %s.', array_to_string(assistant.file_types, ', '))
    );
  end if;
  if (request ->> 'size')::bigint > assistant.max_file_bytes then
    perform loacl_private.raise_error(413, 'file_too_large', format('A file has at most %s bytes.', assistant.max_file_bytes));
  end if;
end
$$;
comment on function loacl_private.check_upload(jsonb, loacl.assistants) is
  'Whether the assistant takes such a file. Errors: assistant_paused, files_unsupported, file_type_not_allowed, file_too_large.';
revoke all on function loacl_private.check_upload(jsonb, loacl.assistants) from public;

create function loacl_private.check_upload_rates(
  assistant loacl.assistants, session_id uuid, is_new_session boolean, address text
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  network text := loacl_private.to_network(address);
begin
  -- As check_rates, in whose order they come.
  if network is null or not (network::inet <<= inet '127.0.0.0/8' or address::inet = inet '::1') then
    perform loacl_private.count_up(
      array['file_address', assistant.id::text, coalesce(network, '')],
      assistant.messages_per_hour_per_address, interval '1 hour',
      'Many files came from your network within the last hour. Please try again later.'
    );
    if is_new_session then
      perform loacl_private.count_up(
        array['new_session', assistant.id::text, coalesce(network, '')],
        assistant.new_sessions_per_hour_per_address, interval '1 hour',
        'Many new visitors came from your network within the last hour. Please try again later.'
      );
    end if;
  end if;
  perform loacl_private.count_up(
    array['file', assistant.id::text, session_id::text],
    assistant.files_per_hour, interval '1 hour',
    'You sent many files within the last hour. Please try again later.'
  );
end
$$;
comment on function loacl_private.check_upload_rates(loacl.assistants, uuid, boolean, text) is
  'Counts a file of a session against the assistant''s limits; from one network as many may come as messages. Errors: rate_limited.';
revoke all on function loacl_private.check_upload_rates(loacl.assistants, uuid, boolean, text) from public;

create function loacl_private.check_upload_quota(assistant loacl.assistants, session loacl.sessions, size_bytes bigint)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  used numeric;
  first_at timestamptz;
begin
  if assistant.file_bytes_per_day is null then
    return;
  end if;
  -- Of several devices of one person each would see what the others have not stored yet.
  perform pg_advisory_xact_lock(hashtext('loacl.uploads'), hashtext(assistant.id || loacl_private.to_person(session)));
  select coalesce(sum(u.size_bytes), 0), min(u.created_at) into used, first_at
  from loacl_private.uploads u
  where u.session_id = any (loacl_private.find_person_session_ids(session)) and u.created_at > now() - interval '1 day';
  if used + size_bytes > assistant.file_bytes_per_day then
    perform loacl_private.raise_error(
      429, 'file_quota_exceeded', 'You have uploaded as much as you may in a day. Please come back later.',
      loacl_private.to_hint(first_at + interval '1 day')
    );
  end if;
end
$$;
comment on function loacl_private.check_upload_quota(loacl.assistants, loacl.sessions, bigint) is
  'Refuses what is more than a person may upload in a day, removed uploads among it. The caller stores the upload in the same transaction. Errors: file_quota_exceeded.';
revoke all on function loacl_private.check_upload_quota(loacl.assistants, loacl.sessions, bigint) from public;

create function loacl_private.begin_upload(request jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  visitor record := loacl_private.enter_visitor(request);
  assistant loacl.assistants := visitor.assistant;
  session loacl.sessions := visitor.session;
  is_new_session boolean := session.id is null;
  upload loacl_private.uploads;
begin
  perform loacl_private.check_upload(request, assistant);
  if is_new_session then
    session := loacl_private.create_session(assistant.id, loacl_private.require_session_token_hash());
  else
    -- Its person may just be erasing everything, on another device.
    perform from loacl.sessions s where s.id = session.id for key share;
    if not found then
      perform loacl_private.raise_error(401, 'session_expired', 'This session was erased. Nothing was done.');
    end if;
  end if;
  perform loacl_private.check_upload_rates(assistant, session.id, is_new_session, request ->> 'address');
  perform loacl_private.check_upload_quota(assistant, session, (request ->> 'size')::bigint);
  insert into loacl_private.uploads (assistant_id, session_id, storage_path, original_name, mime_type, size_bytes)
  values (
    assistant.id, session.id, 'uploads/' || assistant.id || '/' || gen_random_uuid(),
    request ->> 'name', request ->> 'type', (request ->> 'size')::bigint
  )
  returning * into upload;
  perform loacl_private.purge_uploads(5);
  return jsonb_build_object('id', upload.id, 'path', upload.storage_path);
end
$$;
comment on function loacl_private.begin_upload(jsonb) is 'Does the work of loacl.begin_upload.';
revoke all on function loacl_private.begin_upload(jsonb) from public;
grant execute on function loacl_private.begin_upload(jsonb) to service_role;

create function loacl.begin_upload(request jsonb)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.begin_upload(loacl_private.with_live_user(begin_upload.request));
comment on function loacl.begin_upload(jsonb) is
  'For the functions: notes that a visitor is about to upload a file, `{assistantId, name, type, size}` with `origin`, `address` and `claims` as begin_turn takes them, and makes the session where there is none: `{id, path}`. The bytes are to come to `path`, by a link of at most two hours. An error leaves nothing behind. Errors: those of open_session, assistant_paused, files_unsupported, file_type_not_allowed, file_too_large, and, with how long it takes as the hint, rate_limited and file_quota_exceeded.';
revoke all on function loacl.begin_upload(jsonb) from public;
grant execute on function loacl.begin_upload(jsonb) to service_role;

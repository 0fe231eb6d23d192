-- See export_threads.sql for the levels below, and for `for_operator`.

create function loacl_private.export_file(file loacl.files, for_operator boolean)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  object loacl.file_objects;
  exported jsonb;
begin
  select o.* into object from loacl.file_objects o where o.id = file.object_id;
  exported := jsonb_build_object(
    'id', file.id,
    'threadId', file.thread_id,
    'messageId', file.message_id,
    'originalName', file.original_name,
    'mimeType', file.mime_type,
    'sizeBytes', file.size_bytes,
    'width', file.width,
    'height', file.height,
    'sha256', encode(object.sha256, 'hex'),
    'purpose', file.purpose,
    'metadata', file.metadata,
    'createdAt', file.created_at
  );
  if not for_operator then
    return exported;
  end if;
  return exported || jsonb_build_object(
    'storagePath', object.storage_path,
    'storedAt', object.stored_at,
    'providerFileId', object.provider_file_id
  );
end
$$;
comment on function loacl_private.export_file(loacl.files, boolean) is 'An upload, as it is exported: without its bytes.';
revoke all on function loacl_private.export_file(loacl.files, boolean) from public;

create function loacl_private.export_sessions(session_ids uuid[], for_operator boolean)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  sessions jsonb := (
    select jsonb_agg(
      jsonb_build_object(
        'id', s.id,
        'assistantId', s.assistant_id,
        'type', s.session_type,
        'userId', s.user_id,
        'externalId', s.external_id,
        'fingerprintHash', encode(s.fingerprint_hash, 'hex'),
        'metadata', s.metadata,
        'createdAt', s.created_at,
        'lastActiveAt', s.last_active_at,
        'expiresAt', s.expires_at
      )
      order by s.created_at, s.id
    )
    from loacl.sessions s
    where s.id = any (session_ids)
  );
  threads jsonb := (
    select jsonb_agg(loacl_private.export_thread(t, for_operator) order by t.created_at, t.id)
    from loacl.threads t
    where t.session_id = any (session_ids)
  );
  files jsonb := (
    select jsonb_agg(loacl_private.export_file(f, for_operator) order by f.created_at, f.id)
    from loacl.files f
    where f.session_id = any (session_ids)
  );
  uploads jsonb := (
    select jsonb_agg(
      jsonb_build_object(
        'id', u.id,
        'originalName', u.original_name,
        'mimeType', u.mime_type,
        'sizeBytes', u.size_bytes,
        'state', u.state,
        'createdAt', u.created_at
      )
      || case when for_operator then jsonb_build_object('storagePath', u.storage_path) else '{}' end
      order by u.created_at, u.id
    )
    from loacl_private.uploads u
    where u.session_id = any (session_ids)
  );
  exported jsonb := jsonb_build_object(
    'exportedAt', now(),
    'sessions', coalesce(sessions, '[]'),
    'threads', coalesce(threads, '[]'),
    'files', coalesce(files, '[]'),
    'uploads', coalesce(uploads, '[]')
  );
begin
  if not for_operator then
    return exported;
  end if;
  return exported || jsonb_build_object(
    'usage', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object(
            'sessionId', u.session_id,
            'threadId', u.thread_id,
            'purpose', u.purpose,
            'provider', u.provider,
            'model', u.model,
            'inputTokens', u.input_tokens,
            'cachedInputTokens', u.cached_input_tokens,
            'outputTokens', u.output_tokens,
            'reasoningTokens', u.reasoning_tokens,
            'costUsd', u.cost_usd,
            'createdAt', u.created_at
          )
          order by u.created_at, u.id
        ),
        '[]'
      )
      from loacl.usage_logs u
      where u.session_id = any (session_ids)
    )
  );
end
$$;
comment on function loacl_private.export_sessions(uuid[], boolean) is
  'All that is kept of these sessions, for their visitor or for the operator: `{exportedAt, sessions, threads, files, uploads}`, and for the operator `usage` and more in each.';
revoke all on function loacl_private.export_sessions(uuid[], boolean) from public;

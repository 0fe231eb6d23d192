create function loacl_private.export_visitor_data()
returns jsonb
language plpgsql
stable
security definer -- visitors don't read sessions, and their deleted threads are theirs until they are purged
set search_path = pg_catalog, pg_temp
as $$
declare
  own_ids uuid[] := loacl_private.require_own_session_ids();
begin
  return jsonb_build_object(
    'exportedAt', now(),
    'sessions', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object(
            'id', s.id,
            'assistantId', s.assistant_id,
            'type', s.session_type,
            'userId', s.user_id,
            'externalId', s.external_id,
            'fingerprintHash', encode(s.fingerprint_hash, 'hex'),
            'createdAt', s.created_at,
            'lastActiveAt', s.last_active_at,
            'expiresAt', s.expires_at
          )
          order by s.created_at, s.id
        ),
        '[]'
      )
      from loacl.sessions s
      where s.id = any (own_ids)
    ),
    'threads', (
      select coalesce(
        jsonb_agg(
          loacl_private.to_thread_summary(t) || jsonb_build_object(
            'sessionId', t.session_id,
            'deletedAt', t.deleted_at,
            'metadata', t.metadata,
            'messages', (
              select coalesce(
                jsonb_agg(
                  loacl_private.to_message(m, true) || jsonb_build_object(
                    'parentId', m.parent_id,
                    'model', m.model,
                    'metadata', m.metadata,
                    'annotations', (
                      select coalesce(
                        jsonb_agg(
                          jsonb_build_object(
                            'type', a.type,
                            'text', a.text,
                            'title', a.title,
                            'url', a.url,
                            'fileId', a.file_id,
                            'quote', a.quote,
                            'startIndex', a.start_index,
                            'endIndex', a.end_index
                          )
                          order by a.position
                        ),
                        '[]'
                      )
                      from loacl.message_annotations a
                      where a.message_id = m.id
                    ),
                    'feedback', (
                      select jsonb_build_object('value', f.value, 'comment', f.comment, 'updatedAt', f.updated_at)
                      from loacl.message_feedback f
                      where f.message_id = m.id
                    )
                  )
                  order by m.seq
                ),
                '[]'
              )
              from loacl.messages m
              where m.thread_id = t.id and m.role <> 'system'
            )
          )
          order by t.created_at, t.id
        ),
        '[]'
      )
      from loacl.threads t
      where t.session_id = any (own_ids)
    ),
    'files', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object(
            'id', f.id,
            'threadId', f.thread_id,
            'messageId', f.message_id,
            'originalName', f.original_name,
            'mimeType', f.mime_type,
            'sizeBytes', f.size_bytes,
            'sha256', encode(o.sha256, 'hex'),
            'purpose', f.purpose,
            'metadata', f.metadata,
            'createdAt', f.created_at
          )
          order by f.created_at, f.id
        ),
        '[]'
      )
      from loacl.files f
      join loacl.file_objects o on o.id = f.object_id
      where f.session_id = any (own_ids)
    )
  );
end
$$;
comment on function loacl_private.export_visitor_data() is 'Does the work of loacl.export_visitor_data.';
revoke all on function loacl_private.export_visitor_data() from public;
grant execute on function loacl_private.export_visitor_data() to anon, authenticated;

create function loacl.export_visitor_data()
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
set statement_timeout = '20s' -- as erase_visitor_data
return loacl_private.export_visitor_data();
comment on function loacl.export_visitor_data() is
  'Everything that is kept of the calling visitor, on all their devices: `{exportedAt, sessions, threads, files}`, messages within their threads, deleted threads until they are purged. Errors: session_missing, session_invalid, session_replaced, session_expired, session_locked.';
revoke all on function loacl.export_visitor_data() from public;
grant execute on function loacl.export_visitor_data() to anon, authenticated;

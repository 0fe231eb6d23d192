create function loacl_private.export_visitor_data()
returns jsonb
language sql
stable
security definer -- visitors don't read sessions, and their deleted threads are theirs until they are purged
set search_path = pg_catalog, pg_temp
return loacl_private.export_sessions(loacl_private.require_own_session_ids(), false);
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
  'What is kept of the calling visitor and is theirs to have, on all their devices: `{exportedAt, sessions, threads, files, uploads}`, messages within their threads, deleted threads until they are purged. Errors: session_missing, session_invalid, session_replaced, session_expired, session_locked.';
revoke all on function loacl.export_visitor_data() from public;
grant execute on function loacl.export_visitor_data() to anon, authenticated;

create function loacl_private.export_visitor(session_id uuid)
returns jsonb
language sql
stable
security definer -- operators don't read what the provider said besides
set search_path = pg_catalog, pg_temp
return loacl_private.export_sessions(loacl_private.require_visitor_session_ids(export_visitor.session_id), true);
comment on function loacl_private.export_visitor(uuid) is 'Does the work of loacl.export_visitor.';
revoke all on function loacl_private.export_visitor(uuid) from public;
grant execute on function loacl_private.export_visitor(uuid) to authenticated;

create function loacl.export_visitor(session_id uuid)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
set statement_timeout = '20s' -- as erase_visitor_data
return loacl_private.export_visitor(export_visitor.session_id);
comment on function loacl.export_visitor(uuid) is
  'For operators: exports a visitor of one of their assistants, with all the sessions of the same person, as export_visitor_data does, and with what visitors don''t get: system messages, tool calls, the provider''s items, tags, overrides, summaries, where uploads are, and usage. Errors: not_found.';
revoke all on function loacl.export_visitor(uuid) from public;
grant execute on function loacl.export_visitor(uuid) to authenticated;

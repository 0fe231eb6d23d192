create function loacl_private.require_visitor_session_ids(session_id uuid)
returns uuid[]
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  session loacl.sessions;
begin
  select s.* into session
  from loacl.sessions s
  where s.id = require_visitor_session_ids.session_id
    and s.assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[]);
  if not found then
    perform loacl_private.raise_error(404, 'not_found', 'There is no such visitor.');
  end if;
  return loacl_private.find_person_session_ids(session);
end
$$;
comment on function loacl_private.require_visitor_session_ids(uuid) is
  'All sessions of the person whose session this is, with one of the calling operator''s assistants. Errors: not_found.';
revoke all on function loacl_private.require_visitor_session_ids(uuid) from public;

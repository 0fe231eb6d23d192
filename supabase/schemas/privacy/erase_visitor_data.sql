create function loacl_private.erase_sessions(session_ids uuid[])
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  erased jsonb := jsonb_build_object(
    'sessions', cardinality(session_ids),
    'threads', (select count(*) from loacl.threads t where t.session_id = any (session_ids)),
    'messages', (select count(*) from loacl.messages m where m.session_id = any (session_ids)),
    'files', (select count(*) from loacl.files f where f.session_id = any (session_ids))
  );
begin
  for attempt in 1..10 loop
    begin
      -- Threads are locked first, as in begin_turn and finish_turn: in another order they could wait for each other.
      perform from loacl.threads t where t.session_id = any (session_ids) order by t.id for update;
      delete from loacl_private.kept_stops s
      using loacl_private.session_tokens k
      where k.session_id = any (session_ids) and s.token_hash = k.token_hash;
      -- Everything else follows: usage_logs loses the ids, uploads are queued for deletion, a running turn loses its lease.
      delete from loacl.sessions s where s.id = any (session_ids);
      return erased;
    exception
      -- Somebody who writes about a message has locked it and waits for its thread. They go on now; this tries again.
      when deadlock_detected then
        if attempt = 10 then
          raise;
        end if;
        -- Without a pause this would lock the thread first again.
        perform pg_sleep(0.05);
    end;
  end loop;
end
$$;
comment on function loacl_private.erase_sessions(uuid[]) is 'Deletes sessions with everything in them, and says how much that was.';
revoke all on function loacl_private.erase_sessions(uuid[]) from public;

create function loacl_private.erase_visitor_data()
returns jsonb
language sql
volatile
security definer -- visitors delete nothing else themselves
set search_path = pg_catalog, pg_temp
return loacl_private.erase_sessions(loacl_private.require_own_session_ids());
comment on function loacl_private.erase_visitor_data() is 'Does the work of loacl.erase_visitor_data.';
revoke all on function loacl_private.erase_visitor_data() from public;
grant execute on function loacl_private.erase_visitor_data() to anon, authenticated;

create function loacl.erase_visitor_data()
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
set statement_timeout = '20s' -- the Data API gives what a function says in place of the role's three seconds or eight
return loacl_private.erase_visitor_data();
comment on function loacl.erase_visitor_data() is
  'Erases everything that is kept of the calling visitor, on all their devices, at once and for good: `{sessions, threads, messages, files}` says how much. What they uploaded is queued for deletion in Storage and at the provider. The token is a fresh guest''s afterwards. Errors: session_missing, session_invalid, session_replaced, session_expired, session_locked.';
revoke all on function loacl.erase_visitor_data() from public;
grant execute on function loacl.erase_visitor_data() to anon, authenticated;

create function loacl_private.erase_visitor(session_id uuid)
returns jsonb
language sql
volatile
security definer -- operators don't delete sessions by the table: one session is not the whole person
set search_path = pg_catalog, pg_temp
return loacl_private.erase_sessions(loacl_private.require_visitor_session_ids(erase_visitor.session_id));
comment on function loacl_private.erase_visitor(uuid) is 'Does the work of loacl.erase_visitor.';
revoke all on function loacl_private.erase_visitor(uuid) from public;
grant execute on function loacl_private.erase_visitor(uuid) to authenticated;

create function loacl.erase_visitor(session_id uuid)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
set statement_timeout = '20s' -- as erase_visitor_data
return loacl_private.erase_visitor(erase_visitor.session_id);
comment on function loacl.erase_visitor(uuid) is
  'For operators: erases a visitor of one of their assistants, as erase_visitor_data does, with all the sessions of the same person. Errors: not_found.';
revoke all on function loacl.erase_visitor(uuid) from public;
grant execute on function loacl.erase_visitor(uuid) to authenticated;

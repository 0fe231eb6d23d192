create function loacl_private.list_events(thread_id uuid, after integer)
returns jsonb
language plpgsql
stable
security definer -- reads the log; asks itself whose thread it is
set search_path = pg_catalog, pg_temp
as $$
declare
  thread loacl.threads;
begin
  select t.* into thread
  from loacl.threads t
  where t.id = list_events.thread_id
    and (
      (t.session_id = any ((select loacl_private.own_session_ids())::uuid[]) and t.status <> 'deleted')
      or t.assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[])
    );
  if not found then
    -- Who has come with a token is told what has become of it. An operator needs none.
    if loacl_private.read_header('x-loacl-session') is not null or loacl_private.own_team_ids() = '{}' then
      perform loacl_private.require_own_session_ids();
    end if;
    perform loacl_private.raise_error(404, 'thread_not_found', 'There is no such conversation.');
  end if;

  return jsonb_build_object(
    'thread', loacl_private.to_thread_summary(thread),
    'activeTurnId', (select live.turn_id from loacl_private.find_live_turn(thread.id) live),
    'items', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object(
            'number', f.number, 'kind', f.kind, 'messageId', f.message_id, 'turnId', f.turn_id, 'createdAt', f.created_at
          )
          order by f.number
        ),
        '[]'
      )
      from (
        select e.*
        from loacl_private.thread_events e
        where e.thread_id = thread.id and e.number > coalesce(list_events.after, 0)
        order by e.number
        limit 100
      ) f
    ),
    'lastEvent', loacl_private.find_last_event(thread.id)
  );
end
$$;
comment on function loacl_private.list_events(uuid, integer) is 'Does the work of loacl.list_events.';
revoke all on function loacl_private.list_events(uuid, integer) from public;
grant execute on function loacl_private.list_events(uuid, integer) to anon, authenticated;

create function loacl.list_events(thread_id uuid, after integer default 0)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  select loacl_private.list_events(list_events.thread_id, list_events.after);
end;
comment on function loacl.list_events(uuid, integer) is
  'What has happened in a thread since event number `after`, oldest first: `EventPage`. At most 100 a page; `lastEvent` says whether there are more. Asks at each call whose session, or which operator''s, it is. Errors: thread_not_found, session_missing, session_invalid, session_replaced, session_expired, session_locked.';
revoke all on function loacl.list_events(uuid, integer) from public;
grant execute on function loacl.list_events(uuid, integer) to anon, authenticated;

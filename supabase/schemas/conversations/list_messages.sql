-- Finds the suggestions of a whole page in one query: a query for each message would check the policies each time.
create function loacl_private.find_suggestions(message_ids uuid[])
returns table (message_id uuid, items jsonb)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  select f.message_id,
    jsonb_agg(
      jsonb_build_object('id', f.id, 'suggestion', f.suggestion, 'used', f.used_at is not null) order by f.position
    )
  from loacl.follow_up_suggestions f
  where f.message_id = any (find_suggestions.message_ids)
  group by f.message_id;
end
$$;
comment on function loacl_private.find_suggestions(uuid[]) is 'The suggestions that came with each of these messages, as they travel.';
revoke all on function loacl_private.find_suggestions(uuid[]) from public;
grant execute on function loacl_private.find_suggestions(uuid[]) to anon, authenticated;

create function loacl_private.find_reasoned_parts(message_ids uuid[])
returns table (message_id uuid, parts jsonb)
language plpgsql
stable
security definer -- reads message_internals; asks itself whose messages they are
set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  select i.message_id, loacl_private.with_reasoning(m.parts, i.reasoning)
  from loacl_private.message_internals i
  join loacl.messages m on m.id = i.message_id
  join loacl.assistants a on a.id = m.assistant_id
  where i.message_id = any (find_reasoned_parts.message_ids)
    and i.reasoning is not null
    and a.show_reasoning
    and (
      m.session_id = any ((select loacl_private.own_session_ids())::uuid[])
      or m.assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[])
    );
end
$$;
comment on function loacl_private.find_reasoned_parts(uuid[]) is
  'The parts with their reasoning of those of these messages that have any, are the caller''s, and whose assistant shows it now.';
revoke all on function loacl_private.find_reasoned_parts(uuid[]) from public;
grant execute on function loacl_private.find_reasoned_parts(uuid[]) to anon, authenticated;

create function loacl_private.to_message(message loacl.messages, is_live boolean, suggestions jsonb, parts jsonb)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  is_abandoned boolean := message.status = 'streaming' and not is_live;
  has_waited_too_long boolean := message.status = 'waiting' and not is_live;
begin
  return jsonb_build_object(
    'id', message.id,
    'clientId', message.client_id,
    'role', message.role,
    'author', message.author,
    'status', case when is_abandoned then 'failed' when has_waited_too_long then 'cut' else message.status end,
    'content', message.content,
    'parts', coalesce(parts, message.parts),
    'errorCode', case when is_abandoned then 'turn_abandoned' else message.error_code end,
    'cutReason', case when has_waited_too_long then 'time_limit' else message.cut_reason end,
    'createdAt', message.created_at,
    'suggestions', coalesce(suggestions, '[]')
  );
end
$$;
comment on function loacl_private.to_message(loacl.messages, boolean, jsonb, jsonb) is
  'A message as it travels, with its suggestions, and with `parts` in place of its own where these are reasoned: `Message`. Without a live turn a message that streams was abandoned, and one that waits has waited too long: it is shown so even before that is stored.';
revoke all on function loacl_private.to_message(loacl.messages, boolean, jsonb, jsonb) from public;
grant execute on function loacl_private.to_message(loacl.messages, boolean, jsonb, jsonb) to anon, authenticated;

-- The next two ask nothing of the caller, and so are granted to none: who calls them has found the message to be theirs.

create function loacl_private.read_reasoned_parts(message loacl.messages)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return (
  select loacl_private.with_reasoning((message).parts, i.reasoning)
  from loacl_private.message_internals i
  where i.message_id = (message).id and i.reasoning is not null and loacl_private.shows_reasoning((message).thread_id)
);
comment on function loacl_private.read_reasoned_parts(loacl.messages) is
  'The parts of a message with its reasoning; null where it has none, or its assistant does not show it now.';
revoke all on function loacl_private.read_reasoned_parts(loacl.messages) from public;

create function loacl_private.to_message(message loacl.messages, is_live boolean)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.to_message(
  message,
  is_live,
  (select f.items from loacl_private.find_suggestions(array[(message).id]) f),
  loacl_private.read_reasoned_parts(message)
);
comment on function loacl_private.to_message(loacl.messages, boolean) is
  'One message as it travels: `Message`. For several, find_suggestions and find_reasoned_parts ask once.';
revoke all on function loacl_private.to_message(loacl.messages, boolean) from public;

create function loacl_private.find_live_turn(thread_id uuid, out turn_id uuid, out message_id uuid)
returns setof record
language plpgsql
stable
security definer -- reads turns; asks itself whose thread it is
set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  select turn.id, turn.message_id
  from loacl_private.turns turn
  join loacl.threads t on t.id = turn.thread_id
  where turn.thread_id = find_live_turn.thread_id
    and (
      (turn.state = 'running' and turn.lease_expires_at > now())
      or (turn.state = 'waiting' and turn.wait_expires_at > now())
    )
    and (
      t.session_id = any ((select loacl_private.own_session_ids())::uuid[])
      or t.assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[])
    );
end
$$;
comment on function loacl_private.find_live_turn(uuid) is 'The turn in a thread of the caller''s that runs, if its worker is alive, or waits, if its time is not over.';
revoke all on function loacl_private.find_live_turn(uuid) from public;
grant execute on function loacl_private.find_live_turn(uuid) to anon, authenticated;

create function loacl_private.end_abandoned_turn(thread_id uuid)
returns void
language plpgsql
volatile
security definer -- ends turns; asks itself whose thread it is
set search_path = pg_catalog, pg_temp
as $$
declare
  abandoned_id uuid := (
    select turn.id
    from loacl_private.turns turn
    join loacl.threads t on t.id = turn.thread_id
    where turn.thread_id = end_abandoned_turn.thread_id
      and turn.state in ('running', 'waiting')
      and loacl_private.is_overdue(turn)
      and (
        t.session_id = any ((select loacl_private.own_session_ids())::uuid[])
        or t.assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[])
      )
  );
begin
  if loacl_private.end_overdue_turn(abandoned_id) then
    perform loacl_private.settle_turn(abandoned_id);
  end if;
end
$$;
comment on function loacl_private.end_abandoned_turn(uuid) is
  'Ends the turn in a thread of the caller''s whose worker has gone, or that has waited too long, if there is one.';
revoke all on function loacl_private.end_abandoned_turn(uuid) from public;
grant execute on function loacl_private.end_abandoned_turn(uuid) to anon, authenticated;

create function loacl_private.find_streamed_parts(message_ids uuid[])
returns table (message_id uuid, parts jsonb)
language plpgsql
stable
security definer -- reads turns; asks itself whose messages they are
set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  select m.id, jsonb_agg(p.part order by c.seq, p.place)
  from loacl_private.turns turn
  join loacl.messages m on m.id = turn.message_id
  join loacl.assistants a on a.id = m.assistant_id
  join loacl_private.turn_chunks c on c.turn_id = turn.id
  cross join jsonb_array_elements(c.parts) with ordinality as p (part, place)
  where turn.message_id = any (find_streamed_parts.message_ids)
    and not turn.is_folded
    and (a.show_reasoning or p.part ->> 'type' not like 'reasoning-%')
    and (
      m.session_id = any ((select loacl_private.own_session_ids())::uuid[])
      or m.assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[])
    )
  group by m.id;
end
$$;
comment on function loacl_private.find_streamed_parts(uuid[]) is
  'What was streamed of those of these messages whose parts nobody has folded yet, for their worker died, and that are the caller''s.';
revoke all on function loacl_private.find_streamed_parts(uuid[]) from public;
grant execute on function loacl_private.find_streamed_parts(uuid[]) to anon, authenticated;

create function loacl_private.find_waiting(thread_id uuid)
returns jsonb
language plpgsql
stable
security definer -- reads turns; asks itself whose thread it is
set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select loacl_private.to_waiting(turn)
    from loacl_private.find_live_turn(find_waiting.thread_id) live
    join loacl_private.turns turn on turn.id = live.turn_id
    where turn.state = 'waiting'
  );
end
$$;
comment on function loacl_private.find_waiting(uuid) is 'What the turn in a thread of the caller''s waits for; null where none waits.';
revoke all on function loacl_private.find_waiting(uuid) from public;
grant execute on function loacl_private.find_waiting(uuid) to anon, authenticated;

create function loacl.list_messages(thread_id uuid, cursor text default null, page_size integer default 50)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
select loacl_private.end_abandoned_turn(list_messages.thread_id);
select coalesce(
  (
    with recursive asked as (
      select
        t as thread,
        live.turn_id,
        live.message_id as live_message_id,
        least(greatest(coalesce(list_messages.page_size, 50), 1), 100) as page_size,
        case
          when list_messages.cursor is null then (
            select coalesce(
              (select m.id from loacl.messages m where m.id = t.shown_message_id and m.thread_id = t.id),
              (select m.id from loacl.messages m where m.thread_id = t.id order by m.seq desc limit 1)
            )
          )
          when list_messages.cursor ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then list_messages.cursor::uuid
          else (loacl_private.raise_error(400, 'invalid_body', '"cursor" is not one that list_messages gave.') ->> 0)::uuid
        end as first_id
      from loacl.threads t
      left join loacl_private.find_live_turn(list_messages.thread_id) live on true
      where t.id = list_messages.thread_id
    ),
    -- From the last message of the branch that is shown to its parent, and so on to the first.
    branch as (
      select m as message, 1 as place
      from asked
      join loacl.messages m on m.id = asked.first_id and m.thread_id = list_messages.thread_id
      union all
      select parent, branch.place + 1
      from branch
      join loacl.messages parent on parent.id = (branch.message).parent_id
      where branch.place <= (select asked.page_size from asked)
    )
    select jsonb_build_object(
      'thread', loacl_private.to_thread_summary(asked.thread),
      'activeTurnId', asked.turn_id,
      'waiting', case when asked.turn_id is not null then loacl_private.find_waiting(list_messages.thread_id) end,
      'lastEvent', loacl_private.find_last_event(list_messages.thread_id),
      'items', coalesce(
        jsonb_agg(
          loacl_private.to_message(
            b.message, (b.message).id is not distinct from asked.live_message_id, f.items, r.parts
          )
          || case when s.parts is null then '{}' else jsonb_build_object('streamed', s.parts) end
          || case when a.ids is null then '{}' else jsonb_build_object('siblings', a.ids) end
          order by b.place
        ) filter (where b.place <= asked.page_size),
        '[]'
      ),
      'nextCursor', max((b.message).id::text) filter (where b.place > asked.page_size)
    )
    from asked
    left join branch b on true
    left join loacl_private.find_suggestions(array(select (branch.message).id from branch)) f on f.message_id = (b.message).id
    left join loacl_private.find_reasoned_parts(array(select (branch.message).id from branch)) r on r.message_id = (b.message).id
    left join loacl_private.find_streamed_parts(array(select (branch.message).id from branch)) s on s.message_id = (b.message).id
    left join loacl_private.find_siblings(array(select (branch.message).id from branch)) a on a.message_id = (b.message).id
    group by asked.thread, asked.turn_id, asked.page_size
  ),
  loacl_private.raise_not_found('thread_not_found', 'There is no such conversation.')
);
end;
comment on function loacl.list_messages(uuid, text, integer) is
  'A thread''s messages, newest first, along the branch that is shown: `MessagePage`. At most 100 a page. A message that has alternatives comes with the ids of them all, as `siblings`. `waiting`: what its turn waits for, if it does. A turn whose worker has gone is ended first; what it had streamed comes along as `streamed`, until a function has folded it into the message. Errors: thread_not_found.';
revoke all on function loacl.list_messages(uuid, text, integer) from public;
grant execute on function loacl.list_messages(uuid, text, integer) to anon, authenticated;

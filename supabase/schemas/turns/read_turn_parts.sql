create function loacl_private.enter_turn(turn_id uuid, claims jsonb)
returns loacl_private.turns
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns;
begin
  perform loacl_private.require_session_token_hash();
  select t.* into turn
  from loacl_private.turns t
  join loacl.threads thread on thread.id = t.thread_id
  where t.id = enter_turn.turn_id
    and thread.session_id = any ((select loacl_private.find_own_session_ids(enter_turn.claims))::uuid[])
    and thread.status <> 'deleted';
  if not found then
    perform loacl_private.raise_not_found('turn_not_found', 'There is no such turn.');
  end if;
  if loacl_private.end_overdue_turn(turn.id) then
    perform loacl_private.settle_turn(turn.id);
    select t.* into turn from loacl_private.turns t where t.id = enter_turn.turn_id;
  end if;
  return turn;
end
$$;
comment on function loacl_private.enter_turn(uuid, jsonb) is
  'A turn in a thread of the visitor whose token the request carries, ended if its worker has gone or it has waited too long. `claims`: of the verified access token that came along. Errors: session_missing, session_invalid, turn_not_found.';
revoke all on function loacl_private.enter_turn(uuid, jsonb) from public;

create function loacl_private.read_turn_parts(turn_id uuid, after_seq integer, claims jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns := loacl_private.enter_turn(read_turn_parts.turn_id, read_turn_parts.claims);
  shows_reasoning boolean := loacl_private.shows_reasoning(turn.thread_id);
begin
  return jsonb_build_object(
    'state', turn.state,
    'threadId', turn.thread_id,
    'userMessageId', turn.user_message_id,
    'messageId', turn.message_id,
    'lastSeq', turn.last_seq,
    'isFolded', turn.is_folded,
    'isSilent', loacl_private.is_silent(turn),
    'parts', (
      select coalesce(jsonb_agg(jsonb_build_object('seq', c.seq + p.place - 1, 'part', p.part) order by c.seq, p.place), '[]')
      from loacl_private.turn_chunks c
      cross join jsonb_array_elements(c.parts) with ordinality as p (part, place)
      where c.turn_id = turn.id
        -- From the chunk that holds the next part on.
        and c.seq >= coalesce(
          (select max(f.seq) from loacl_private.turn_chunks f where f.turn_id = turn.id and f.seq <= after_seq + 1), 1
        )
        and c.seq + p.place - 1 > after_seq
        and (shows_reasoning or p.part ->> 'type' not like 'reasoning-%')
    ),
    'waiting', case when turn.state = 'waiting' then loacl_private.to_waiting(turn) end,
    'message', case when turn.ended_at is not null then (
      select loacl_private.to_message(m, false) from loacl.messages m where m.id = turn.message_id
    ) end,
    'errorCode', turn.error_code,
    'cutReason', turn.cut_reason
  );
end
$$;
comment on function loacl_private.read_turn_parts(uuid, integer, jsonb) is 'Does the work of loacl.read_turn_parts.';
revoke all on function loacl_private.read_turn_parts(uuid, integer, jsonb) from public;
grant execute on function loacl_private.read_turn_parts(uuid, integer, jsonb) to service_role;

create function loacl.read_turn_parts(turn_id uuid, after_seq integer, claims jsonb default null)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.read_turn_parts(read_turn_parts.turn_id, read_turn_parts.after_seq, read_turn_parts.claims);
comment on function loacl.read_turn_parts(uuid, integer, jsonb) is
  'For the functions: what a turn has streamed after part `after_seq`, without reasoning where the assistant does not show it now, what it waits for if it does, and, once it has ended, the message. Minutes after the end only the message is left. `claims`: of the visitor''s verified access token, where one came along. Errors: session_missing, session_invalid, turn_not_found.';
revoke all on function loacl.read_turn_parts(uuid, integer, jsonb) from public;
grant execute on function loacl.read_turn_parts(uuid, integer, jsonb) to service_role;

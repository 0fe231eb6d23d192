-- A turn whose worker died is ended by whoever lists its messages, and keeps all that it streamed. One that had said nothing yet
-- is taken over. A stop goes by the message's id, also before the message has come. The clean-up goes a batch at a time.
alter table loacl_private.turns add column is_folded boolean not null default true;
comment on column loacl_private.turns.is_folded is
  'Whether the message holds all that was streamed. Where a worker died it holds the text alone, until a function has folded the chunks into it; they are kept until then.';
comment on table loacl_private.turn_chunks is
  'What a turn has streamed so far, for a page that comes back. Append-only, and deleted some minutes after the turn has ended, once the message holds it all.';
drop index loacl_private.turns_unpurged_idx;
create index turns_unpurged_idx on loacl_private.turns (ended_at)
  where ended_at is not null and purged_at is null and is_folded;
comment on index loacl_private.turns_unpurged_idx is 'Serves: ended turns whose chunks can go.';
create index turns_unfolded_idx on loacl_private.turns (ended_at) where not is_folded;
comment on index loacl_private.turns_unfolded_idx is 'Serves: ended turns whose parts a function is to fold into the message.';

create table loacl_private.kept_stops (
  token_hash bytea not null,
  message_id text not null,
  created_at timestamptz not null default clock_timestamp(),
  constraint kept_stops_pkey primary key (token_hash, message_id),
  constraint kept_stops_token_hash_length check (octet_length(token_hash) = 32),
  constraint kept_stops_message_id_length check (char_length(message_id) <= 200)
);
create index kept_stops_created_at_idx on loacl_private.kept_stops (created_at);
comment on index loacl_private.kept_stops_created_at_idx is 'Serves: those whose message will not come any more.';
alter table loacl_private.kept_stops enable row level security;
revoke all on table loacl_private.kept_stops from public, anon, authenticated, service_role;
comment on table loacl_private.kept_stops is
  'Stops of messages that had not come yet, for two minutes: a message that comes late is stored, and answered with nothing.';
comment on column loacl_private.kept_stops.token_hash is 'As in session_tokens. The session may not be there yet.';
comment on column loacl_private.kept_stops.message_id is 'The id that the client made.';

create function loacl_private.purge_kept_stops(max_stops integer)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  delete from loacl_private.kept_stops k
  where (k.token_hash, k.message_id) in (
    select old.token_hash, old.message_id
    from loacl_private.kept_stops old
    where old.created_at < now() - interval '2 minutes'
    order by old.created_at
    limit max_stops
    for update skip locked
  );
end;
comment on function loacl_private.purge_kept_stops(integer) is 'Deletes stops of messages that did not come within two minutes, the oldest first.';
revoke all on function loacl_private.purge_kept_stops(integer) from public;

create function loacl_private.take_kept_stop(request jsonb)
returns timestamptz
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  kept loacl_private.kept_stops;
begin
  delete from loacl_private.kept_stops k
  where k.token_hash = loacl_private.require_session_token_hash() and k.message_id = request ->> 'id'
  returning k.* into kept;
  -- Who asks for another try wants an answer.
  return case
    when request ->> 'type' is distinct from 'retry' and kept.created_at > now() - interval '2 minutes' then kept.created_at
  end;
end
$$;
comment on function loacl_private.take_kept_stop(jsonb) is
  'When the visitor stopped a message before it came; null where they did not. Once.';
revoke all on function loacl_private.take_kept_stop(jsonb) from public;


create function loacl_private.stop_message(message_id text, claims jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  hash bytea := loacl_private.require_session_token_hash();
  own_session_ids uuid[];
  turn_id uuid;
begin
  perform loacl_private.refuse_replaced_token(hash);
  -- As enter_visitor: a message that is just coming is there then, or finds the stop.
  perform pg_advisory_xact_lock(hashtext('loacl.begin_turn'), hashtext(encode(hash, 'hex')));
  own_session_ids := loacl_private.find_own_session_ids(stop_message.claims);
  select t.id into turn_id
  from loacl.messages m
  join loacl.threads thread on thread.id = m.thread_id and thread.status <> 'deleted'
  join loacl_private.turns t on t.user_message_id = m.id
  where m.client_id = stop_message.message_id and m.session_id = any (own_session_ids)
  order by t.created_at desc
  limit 1;
  if turn_id is not null then
    return loacl_private.stop_turn(turn_id, stop_message.claims);
  end if;
  -- Each deletes more than it adds.
  perform loacl_private.purge_kept_stops(5);
  insert into loacl_private.kept_stops (token_hash, message_id) values (hash, stop_message.message_id)
  on conflict on constraint kept_stops_pkey do update set created_at = clock_timestamp();
  return '{"state": "kept"}';
end
$$;
comment on function loacl_private.stop_message(text, jsonb) is 'Does the work of loacl.stop_message.';
revoke all on function loacl_private.stop_message(text, jsonb) from public;
grant execute on function loacl_private.stop_message(text, jsonb) to service_role;

create function loacl.stop_message(message_id text, claims jsonb default null)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.stop_message(stop_message.message_id, stop_message.claims);
comment on function loacl.stop_message(text, jsonb) is
  'For the functions: as stop_turn, for the latest turn that answers the visitor''s message of this client-made id. Where there is none of that id yet, the stop is kept for two minutes (`{"state": "kept"}`), and a message that comes late is answered with nothing. Errors: session_missing, session_invalid, session_replaced.';
revoke all on function loacl.stop_message(text, jsonb) from public;
grant execute on function loacl.stop_message(text, jsonb) to service_role;

create function loacl_private.list_unfolded_turns(max_turns integer)
returns jsonb
language plpgsql
stable
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select coalesce(
      jsonb_agg(
        jsonb_build_object(
          'turnId', t.id,
          'parts', (
            select coalesce(jsonb_agg(p.part order by c.seq, p.place), '[]')
            from loacl_private.turn_chunks c
            cross join jsonb_array_elements(c.parts) with ordinality as p (part, place)
            where c.turn_id = t.id
          )
        )
      ),
      '[]'
    )
    from (
      select u.id from loacl_private.turns u where not u.is_folded order by u.ended_at limit least(max_turns, 100)
    ) t
  );
end
$$;
comment on function loacl_private.list_unfolded_turns(integer) is 'Does the work of loacl.list_unfolded_turns.';
revoke all on function loacl_private.list_unfolded_turns(integer) from public;
grant execute on function loacl_private.list_unfolded_turns(integer) to service_role;

create function loacl.list_unfolded_turns(max_turns integer)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.list_unfolded_turns(list_unfolded_turns.max_turns);
comment on function loacl.list_unfolded_turns(integer) is
  'For the functions: turns whose worker died, with what they had streamed, the oldest first and 100 at most: `[{"turnId", "parts"}]`. fold_turn takes what that makes.';
revoke all on function loacl.list_unfolded_turns(integer) from public;
grant execute on function loacl.list_unfolded_turns(integer) to service_role;

create function loacl_private.fold_turn(turn_id uuid, content text, parts jsonb)
returns void
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns;
begin
  perform loacl_private.lock_turn(fold_turn.turn_id);
  update loacl_private.turns t set is_folded = true
  where t.id = fold_turn.turn_id and not t.is_folded
  returning t.* into turn;
  -- Somebody else was first, or it was erased.
  if not found then
    return;
  end if;
  update loacl.messages m
  -- The longest text that is allowed: if this failed, it would fail each time.
  set content = left(fold_turn.content, 1000000), parts = loacl_private.without_reasoning(fold_turn.parts)
  where m.id = turn.message_id;
  perform loacl_private.store_reasoning(turn.message_id, turn.thread_id, fold_turn.parts);
end
$$;
comment on function loacl_private.fold_turn(uuid, text, jsonb) is 'Does the work of loacl.fold_turn.';
revoke all on function loacl_private.fold_turn(uuid, text, jsonb) from public;
grant execute on function loacl_private.fold_turn(uuid, text, jsonb) to service_role;

create function loacl.fold_turn(turn_id uuid, content text, parts jsonb)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  select loacl_private.fold_turn(fold_turn.turn_id, fold_turn.content, fold_turn.parts);
end;
comment on function loacl.fold_turn(uuid, text, jsonb) is
  'For the functions: stores what was streamed of an answer whose worker died, once, as the parts of its message. From then on its chunks may be purged.';
revoke all on function loacl.fold_turn(uuid, text, jsonb) from public;
grant execute on function loacl.fold_turn(uuid, text, jsonb) to service_role;

drop index loacl_private.reservations_day_idx;
drop function loacl_private.purge_turn_chunks(integer);
create or replace function loacl_private.purge_turn_chunks(max_turns integer)
returns integer
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  purged_ids uuid[];
begin
  with old as (
    select t.id
    from loacl_private.turns t
    where t.ended_at < now() - interval '10 minutes' and t.purged_at is null and t.is_folded
    order by t.ended_at
    limit max_turns
    for update skip locked
  ),
  purged as (
    update loacl_private.turns t set purged_at = now() from old where t.id = old.id returning t.id
  )
  select array_agg(p.id) into purged_ids from purged p;
  delete from loacl_private.turn_chunks c where c.turn_id = any (purged_ids);
  return coalesce(cardinality(purged_ids), 0);
end
$$;
comment on function loacl_private.purge_turn_chunks(integer) is
  'Deletes what turns streamed that ended more than ten minutes ago, the oldest first, and says of how many turns.';
revoke all on function loacl_private.purge_turn_chunks(integer) from public;

create or replace function loacl_private.end_overdue_turn(turn_id uuid)
returns boolean
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns;
  answer_text text;
begin
  if not exists (
    select
    from loacl_private.turns t
    where t.id = end_overdue_turn.turn_id and loacl_private.is_overdue(t)
  ) then
    return false;
  end if;
  -- The thread before the turn, as whoever ends it: the log of the thread waits for it.
  perform loacl_private.lock_turn(end_overdue_turn.turn_id);
  select t.* into turn
  from loacl_private.turns t
  where t.id = end_overdue_turn.turn_id and loacl_private.is_overdue(t)
  for update;
  if not found then
    return false;
  end if;
  if turn.state = 'waiting' then
    return loacl_private.end_turn(turn.id, '{"state": "cut", "cutReason": "time_limit"}');
  end if;

  -- Somebody has read what was streamed, so it is kept: its text here, up to the longest message that is allowed, and the rest
  -- by a function, which knows how parts fold. If this failed, every later look at the turn and every clean_up would fail too.
  select left(coalesce(string_agg(part ->> 'delta', '' order by c.seq, place), ''), 1000000) into answer_text
  from loacl_private.turn_chunks c
  cross join jsonb_array_elements(c.parts) with ordinality as p (part, place)
  where c.turn_id = turn.id and part ->> 'type' = 'text-delta';
  update loacl_private.turns t
  set is_folded = not exists (select from loacl_private.turn_chunks c where c.turn_id = t.id)
  where t.id = turn.id;
  return loacl_private.end_turn(turn.id, jsonb_build_object(
    'state', 'failed',
    'errorCode', 'turn_abandoned',
    'content', answer_text,
    'parts', case when answer_text = '' then '[]' else jsonb_build_array(jsonb_build_object('type', 'text', 'text', answer_text)) end
  ));
end
$$;
comment on function loacl_private.end_overdue_turn(uuid) is
  'Ends a turn whose worker has gone, which its lease tells, or that has waited too long, and says whether it did.';
revoke all on function loacl_private.end_overdue_turn(uuid) from public;

create or replace function loacl_private.end_abandoned_turn(thread_id uuid)
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

create or replace function loacl_private.find_streamed_parts(message_ids uuid[])
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

create or replace function loacl.list_messages(thread_id uuid, cursor text default null, page_size integer default 50)
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
            select m.id from loacl.messages m where m.thread_id = t.id order by m.seq desc limit 1
          )
          when list_messages.cursor ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then list_messages.cursor::uuid
          else (loacl_private.raise_error(400, 'invalid_body', '"cursor" is not one that list_messages gave.') ->> 0)::uuid
        end as first_id
      from loacl.threads t
      left join loacl_private.find_live_turn(list_messages.thread_id) live on true
      where t.id = list_messages.thread_id
    ),
    -- From the newest message to its parent, and so on to the first: answers that were tried again are not on that path.
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
      'lastEvent', loacl_private.find_last_event(list_messages.thread_id),
      'items', coalesce(
        jsonb_agg(
          loacl_private.to_message(
            b.message, (b.message).id is not distinct from asked.live_message_id, f.items, r.parts
          ) || case when s.parts is null then '{}' else jsonb_build_object('streamed', s.parts) end
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
    group by asked.thread, asked.turn_id, asked.page_size
  ),
  loacl_private.raise_not_found('thread_not_found', 'There is no such conversation.')
);
end;
comment on function loacl.list_messages(uuid, text, integer) is
  'A thread''s messages, newest first, along the branch that is shown: `MessagePage`. At most 100 a page. A turn whose worker has gone is ended first; what it had streamed comes along as `streamed`, until a function has folded it into the message. Errors: thread_not_found.';
revoke all on function loacl.list_messages(uuid, text, integer) from public;
grant execute on function loacl.list_messages(uuid, text, integer) to anon, authenticated;

create or replace function loacl_private.is_silent(turn loacl_private.turns)
returns boolean
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return (turn).state = 'running'
  -- Its two first parts say nothing of the answer.
  and (turn).last_seq <= 2
  and (turn).lease_expires_at < clock_timestamp() + loacl_private.lease_duration() - interval '2 seconds';
comment on function loacl_private.is_silent(loacl_private.turns) is
  'Whether a turn of which nothing was said yet has missed two beats of its worker, which beats at least each second: another may take it over.';
revoke all on function loacl_private.is_silent(loacl_private.turns) from public;

create or replace function loacl_private.read_turn_parts(turn_id uuid, after_seq integer, claims jsonb)
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

create or replace function loacl_private.resume_turn(turn_id uuid, step integer, lease uuid, deadline_ms integer, claims jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns;
  thread loacl.threads;
  assistant loacl.assistants;
  provider record;
  is_taken_over boolean;
begin
  -- Of two that resume a turn the second waits here.
  perform loacl_private.lock_turn(resume_turn.turn_id);
  perform loacl_private.enter_turn(resume_turn.turn_id, resume_turn.claims);
  select t.* into turn from loacl_private.turns t where t.id = resume_turn.turn_id for update;
  -- Asked again because an answer was lost, it has the lease already.
  if not (turn.state = 'running' and turn.lease = resume_turn.lease)
    and not loacl_private.is_silent(turn)
    and (
      turn.state <> 'waiting'
      or resume_turn.step <> (select max(s.step) from loacl_private.turn_steps s where s.turn_id = turn.id)
    )
  then
    return jsonb_build_object('turn', jsonb_build_object('id', turn.id), 'joined', true);
  end if;

  select t.* into thread from loacl.threads t where t.id = turn.thread_id;
  assistant := loacl_private.enter_assistant(thread.assistant_id, null);
  if assistant.paused_at is not null then
    perform loacl_private.raise_error(403, 'assistant_paused', 'This assistant is paused. Please come back later.');
  end if;
  provider := loacl_private.find_provider(assistant.owner_id);
  assistant := loacl_private.prepare_assistant(assistant, thread.id);
  -- The steps before were this model's.
  assistant.model := turn.model;
  is_taken_over := turn.state = 'running' and turn.lease <> resume_turn.lease;
  update loacl_private.turns t
  set state = 'running',
    lease = resume_turn.lease,
    lease_expires_at = clock_timestamp() + loacl_private.lease_duration(),
    deadline_at = loacl_private.to_deadline(resume_turn.deadline_ms),
    wait_expires_at = null
  where t.id = turn.id
  returning t.* into turn;
  perform loacl_private.keep_answer(turn, null, 'streaming');
  if is_taken_over then
    -- The worker that fell silent may have called the model.
    perform loacl_private.release_follow_ups(turn.id);
    perform loacl_private.settle_call(turn, 1, 'answer', null, null, 0);
    if not loacl_private.reserve_step(turn, 1, '[]') then
      perform loacl_private.end_turn(turn.id, '{"state": "cut", "cutReason": "budget"}');
      return jsonb_build_object('turn', jsonb_build_object('id', turn.id), 'joined', true);
    end if;
  end if;
  return loacl_private.to_open_turn(
    turn, assistant, provider.config, provider.secret,
    loacl_private.read_history(turn.user_message_id, assistant.context_token_budget), thread.title is null
  );
end
$$;
comment on function loacl_private.resume_turn(uuid, integer, uuid, integer, jsonb) is 'Does the work of loacl.resume_turn.';
revoke all on function loacl_private.resume_turn(uuid, integer, uuid, integer, jsonb) from public;
grant execute on function loacl_private.resume_turn(uuid, integer, uuid, integer, jsonb) to service_role;

create or replace function loacl.resume_turn(turn_id uuid, step integer, lease uuid, deadline_ms integer, claims jsonb default null)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.resume_turn(
  resume_turn.turn_id, resume_turn.step, resume_turn.lease, resume_turn.deadline_ms, resume_turn.claims
);
comment on function loacl.resume_turn(uuid, integer, uuid, integer, jsonb) is
  'For the functions: takes up a turn of the visitor''s that waits after step `step`, or one of which nothing was said yet and whose worker has missed two beats, under a new lease, which the caller makes, and with a new deadline. Gives what begin_turn gives; begin_step goes on from there. A worker that comes back late finds its lease lost. Of several that try one gets it; the others, and whoever comes after it has ended or waits for something else, get `joined`. Safe to repeat with the same lease. `claims`: of the visitor''s verified access token, where one came along. Errors: session_missing, session_invalid, turn_not_found, assistant_inactive, assistant_paused, provider_key_missing.';
revoke all on function loacl.resume_turn(uuid, integer, uuid, integer, jsonb) from public;
grant execute on function loacl.resume_turn(uuid, integer, uuid, integer, jsonb) to service_role;

create or replace function loacl_private.to_open_turn(
  turn loacl_private.turns, assistant loacl.assistants, config loacl.provider_configs, secret loacl_private.secrets,
  history jsonb, is_first_turn boolean
)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return jsonb_build_object(
    'turn', jsonb_build_object('id', turn.id, 'lease', turn.lease, 'deadlineAt', turn.deadline_at),
    'joined', false,
    'threadId', turn.thread_id,
    'userMessageId', turn.user_message_id,
    'messageId', turn.message_id,
    'isFirstTurn', is_first_turn,
    'assistant', jsonb_build_object(
      'id', assistant.id,
      'ownerId', assistant.owner_id,
      'name', assistant.name,
      'model', assistant.model,
      'instructions', assistant.instructions,
      'temperature', assistant.temperature,
      'maxOutputTokens', assistant.max_output_tokens,
      'followUps', assistant.follow_ups,
      'showReasoning', assistant.show_reasoning
    ),
    'provider', jsonb_build_object(
      'secretId', secret.id,
      'keyId', secret.key_id,
      'ciphertext', secret.ciphertext,
      'purpose', secret.purpose,
      'ownerId', secret.owner_id,
      'provider', config.provider,
      'baseUrl', config.base_url
    ),
    'history', history,
    'lastSeq', turn.last_seq,
    'stopRequested', turn.stop_requested_at is not null,
    'parts', (
      select coalesce(loacl_private.read_reasoned_parts(m), m.parts) from loacl.messages m where m.id = turn.message_id
    ),
    'steps', (
      select coalesce(
        jsonb_agg(jsonb_build_object('input', s.input, 'providerItems', s.provider_items) order by s.step), '[]'
      )
      from loacl_private.turn_steps s
      where s.turn_id = turn.id and s.state <> 'running'
    )
  );
end
$$;
comment on function loacl_private.to_open_turn(loacl_private.turns, loacl.assistants, loacl.provider_configs, loacl_private.secrets, jsonb, boolean) is
  'A turn as its worker gets it, with all that its model calls need. `lastSeq`, `parts` and `steps`: what there is of it already, once it has waited.';
revoke all on function loacl_private.to_open_turn(loacl_private.turns, loacl.assistants, loacl.provider_configs, loacl_private.secrets, jsonb, boolean) from public;

create or replace function loacl_private.open_turn(
  request jsonb, assistant loacl.assistants, session loacl.sessions, thread loacl.threads, question loacl.messages, parent_id uuid
)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  provider record := loacl_private.find_provider(assistant.owner_id);
  is_new_session boolean := session.id is null;
  fingerprint text;
  answer loacl.messages;
  turn loacl_private.turns;
  history jsonb;
begin
  assistant := loacl_private.prepare_assistant(assistant, thread.id);
  -- Before anything is written: the message must fit into the budget even without the conversation.
  perform loacl_private.reserve_budget(
    assistant, jsonb_build_array(jsonb_build_object('content', question.content)), thread.title is null, 0, null, null
  );

  if is_new_session then
    session := loacl_private.create_session(assistant.id, loacl_private.require_session_token_hash());
  else
    update loacl.sessions s
    set last_active_at = now(),
      expires_at = case s.session_type when 'guest' then now() + interval '30 days' else s.expires_at end
    where s.id = session.id;
  end if;
  if assistant.fingerprint and request ->> 'fingerprint' is not null then
    fingerprint := loacl_private.remember_fingerprint(session, request ->> 'fingerprint');
  end if;
  perform loacl_private.check_rates(assistant, session.id, is_new_session, request ->> 'address', fingerprint);
  if thread.id is null then
    insert into loacl.threads (session_id, assistant_id, client_id)
    values (session.id, assistant.id, request ->> 'clientThreadId')
    returning * into thread;
  else
    -- Who writes in an archived thread takes it up again.
    update loacl.threads t set last_message_at = now(), status = 'active' where t.id = thread.id;
  end if;
  if question.id is null then
    insert into loacl.messages (thread_id, session_id, assistant_id, parent_id, client_id, role, content, parts)
    values (
      thread.id, session.id, assistant.id, parent_id, question.client_id, 'user', question.content,
      jsonb_build_array(jsonb_build_object('type', 'text', 'text', question.content))
    )
    returning * into question;
  end if;
  insert into loacl.messages (thread_id, session_id, assistant_id, parent_id, role, status, model)
  values (thread.id, session.id, assistant.id, question.id, 'assistant', 'streaming', assistant.model)
  returning * into answer;
  insert into loacl_private.turns (
    thread_id, user_message_id, message_id, lease_expires_at, deadline_at, stop_requested_at, provider, model, created_at
  )
  values (
    thread.id, question.id, answer.id,
    clock_timestamp() + loacl_private.lease_duration(),
    loacl_private.to_deadline((request ->> 'deadlineMs')::integer),
    loacl_private.take_kept_stop(request),
    (provider.config).provider, assistant.model, clock_timestamp()
  )
  returning * into turn;
  insert into loacl_private.turn_steps (turn_id, step, model) values (turn.id, 1, turn.model);
  -- Each turn deletes what several earlier ones left, so leftovers shrink even in a project without a scheduler.
  perform loacl_private.purge_turn_chunks(5);
  perform loacl_private.purge_rate_counters(5);
  history := loacl_private.read_history(question.id, assistant.context_token_budget);
  perform loacl_private.settle_left_turns(assistant.id, 5);
  perform loacl_private.reserve_budget(assistant, history, thread.title is null, 0, turn.id, 1);
  return loacl_private.to_open_turn(turn, assistant, provider.config, provider.secret, history, thread.title is null);
end
$$;
comment on function loacl_private.open_turn(jsonb, loacl.assistants, loacl.sessions, loacl.threads, loacl.messages, uuid) is
  'Opens the turn that answers a question, with its first step: makes the session, the thread and the message where they are missing, and reserves what the step may cost. Errors: provider_key_missing, assistant_paused, rate_limited, budget_exceeded, price_unknown.';
revoke all on function loacl_private.open_turn(jsonb, loacl.assistants, loacl.sessions, loacl.threads, loacl.messages, uuid) from public;

create or replace function loacl_private.begin_turn(request jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  visitor record := loacl_private.enter_visitor(request);
  asked record := loacl_private.read_question(request, visitor.assistant, visitor.own_session_ids);
  joined loacl_private.turns := asked.joined;
begin
  if joined.id is not null then
    perform loacl_private.settle_turn(joined.id);
    return jsonb_build_object(
      'turn', jsonb_build_object('id', joined.id, 'lease', null, 'deadlineAt', joined.deadline_at),
      'joined', true,
      'threadId', joined.thread_id,
      'userMessageId', joined.user_message_id,
      'messageId', joined.message_id,
      'isFirstTurn', false,
      'assistant', null,
      'provider', null,
      'history', null
    );
  end if;
  return loacl_private.open_turn(
    request, visitor.assistant, visitor.session, asked.thread, asked.question,
    loacl_private.place_question(request, visitor.assistant, asked.thread, asked.question)
  );
end
$$;
comment on function loacl_private.begin_turn(jsonb) is 'Does the work of loacl.begin_turn.';
revoke all on function loacl_private.begin_turn(jsonb) from public;
grant execute on function loacl_private.begin_turn(jsonb) to service_role;

create or replace function loacl_private.erase_sessions(session_ids uuid[])
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


drop function loacl.run_clean_up();
drop function loacl_private.run_clean_up();
drop function loacl_private.clean_up();
drop function loacl_private.purge_expired_data(interval);

create or replace function loacl_private.purge_expired_data(max_duration interval)
returns boolean
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  ends_at timestamptz := clock_timestamp() + max_duration;
begin
  -- `for update` looks again at a thread that was written in or brought back in the meantime.
  loop
    with old as (
      select t.id
      from loacl.threads t
      where t.deleted_at <= now() - interval '7 days'
      order by t.deleted_at
      limit 20
      for update skip locked
    )
    delete from loacl.threads t using old where t.id = old.id;
    exit when not found or clock_timestamp() >= ends_at;
  end loop;

  loop
    with old as (
      select expired.id
      from loacl.assistants a
      cross join lateral (
        select t.id
        from loacl.threads t
        where t.assistant_id = a.id and t.last_message_at <= now() - make_interval(days => a.retention_days)
        order by t.last_message_at
        limit 20
        for update skip locked
      ) expired
      where a.retention_days is not null
      limit 20
    )
    delete from loacl.threads t using old where t.id = old.id;
    exit when not found or clock_timestamp() >= ends_at;
  end loop;

  -- Uploaded, and no message came with it.
  with old as (
    select f.id
    from loacl.files f
    where f.message_id is null and f.created_at <= now() - interval '1 day'
    limit 1000
    for update skip locked
  )
  delete from loacl.files f using old where f.id = old.id;

  loop
    with old as (
      select s.id
      from loacl.sessions s
      where s.expires_at <= now() and not exists (select from loacl.threads t where t.session_id = s.id)
      limit 500
      for update skip locked
    )
    delete from loacl.sessions s using old where s.id = old.id;
    exit when not found or clock_timestamp() >= ends_at;
  end loop;
  return clock_timestamp() >= ends_at;
end
$$;
comment on function loacl_private.purge_expired_data(interval) is
  'Deletes for good: threads deleted seven days ago, threads past their assistant''s retention, uploads never sent after a day, and ended sessions that hold no thread. They go a few at a time for as long as `max_duration`; says whether that was too short, and what is left then goes at the next call.';
revoke all on function loacl_private.purge_expired_data(interval) from public;

create or replace function loacl_private.clean_up()
returns boolean
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  ended integer;
  purged integer;
  is_more boolean;
begin
  select count(loacl_private.end_overdue_turn(overdue.id)) into ended
  from (
    select t.id
    from loacl_private.turns t
    join loacl.threads thread on thread.id = t.thread_id
    where (t.state = 'running' and t.lease_expires_at < now()) or (t.state = 'waiting' and t.wait_expires_at < now())
    limit 100
    for no key update of thread skip locked
  ) overdue;
  purged := loacl_private.purge_turn_chunks(200);
  is_more := loacl_private.purge_expired_data(interval '1 second');
  perform loacl_private.purge_rate_counters(10000);
  perform loacl_private.purge_kept_stops(10000);
  perform loacl_private.settle_left_turns(left_over.assistant_id, 100)
  from (select distinct r.assistant_id from loacl_private.reservations r order by 1) left_over;
  return ended = 100 or purged = 200 or is_more;
end
$$;
comment on function loacl_private.clean_up() is
  'One batch of what a scheduler does, where there is one; says whether more is left. Nothing depends on its having run: whoever looks does the same for what they look at.';
revoke all on function loacl_private.clean_up() from public;

create or replace function loacl_private.run_clean_up()
returns boolean
language sql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
return loacl_private.clean_up();
comment on function loacl_private.run_clean_up() is 'Does the work of loacl.run_clean_up.';
revoke all on function loacl_private.run_clean_up() from public;
grant execute on function loacl_private.run_clean_up() to service_role;

create or replace function loacl.run_clean_up()
returns boolean
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.run_clean_up();
comment on function loacl.run_clean_up() is
  'For the functions: what pg_cron does every five minutes where a project has it. Ends turns whose worker has gone, and purges what has run out, for a second or two, and says whether more is left: call it again then.';
revoke all on function loacl.run_clean_up() from public;
grant execute on function loacl.run_clean_up() to service_role;

create or replace function loacl_private.schedule_clean_up()
returns boolean
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if to_regprocedure('cron.schedule(text,text,text)') is null then
    return false;
  end if;
  -- By name: doing it twice leaves one job.
  execute $cron$
    select cron.schedule('loacl_clean_up', '*/5 * * * *', $job$
      do $do$ begin
        -- Each batch for itself: what one has done stays done.
        for batch in 1..200 loop
          exit when not loacl_private.clean_up();
          commit;
        end loop;
      end $do$
    $job$)
  $cron$;
  return true;
end
$$;
comment on function loacl_private.schedule_clean_up() is
  'Has pg_cron run clean_up every five minutes until nothing is left, where the project has that extension, and says whether it has. Call it again after switching the extension on.';
revoke all on function loacl_private.schedule_clean_up() from public;

select loacl_private.schedule_clean_up();


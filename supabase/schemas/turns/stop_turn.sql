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

create function loacl_private.stop_turn(turn_id uuid, claims jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns;
begin
  perform loacl_private.lock_turn(stop_turn.turn_id);
  perform loacl_private.enter_turn(stop_turn.turn_id, stop_turn.claims);
  select t.* into turn from loacl_private.turns t where t.id = stop_turn.turn_id for update;
  if turn.state = 'running' then
    update loacl_private.turns t
    set stop_requested_at = coalesce(t.stop_requested_at, clock_timestamp())
    where t.id = turn.id;
    if loacl_private.end_overdue_turn(turn.id) then
      -- Its worker has gone, and can't be asked.
      perform loacl_private.settle_turn(turn.id);
      turn.state := 'stopped';
    end if;
  elsif turn.state = 'waiting' then
    -- It has no worker to ask.
    perform loacl_private.end_turn(turn.id, '{"state": "stopped"}');
    turn.state := 'stopped';
  end if;
  return jsonb_build_object('state', turn.state);
end
$$;
comment on function loacl_private.stop_turn(uuid, jsonb) is 'Does the work of loacl.stop_turn.';
revoke all on function loacl_private.stop_turn(uuid, jsonb) from public;
grant execute on function loacl_private.stop_turn(uuid, jsonb) to service_role;

create function loacl.stop_turn(turn_id uuid, claims jsonb default null)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.stop_turn(stop_turn.turn_id, stop_turn.claims);
comment on function loacl.stop_turn(uuid, jsonb) is
  'For the functions: asks the worker of a turn to stop, or ends a turn that waits or whose worker has missed two beats, and gives the state that the turn is in. `claims`: of the visitor''s verified access token, where one came along. Errors: session_missing, session_invalid, turn_not_found.';
revoke all on function loacl.stop_turn(uuid, jsonb) from public;
grant execute on function loacl.stop_turn(uuid, jsonb) to service_role;

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
  turn_id := coalesce(turn_id, (
    select t.id
    from loacl.threads thread
    join loacl_private.turns t on t.thread_id = thread.id and t.request_id = stop_message.message_id
    where thread.session_id = any (own_session_ids) and thread.status <> 'deleted'
    limit 1
  ));
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
  'For the functions: as stop_turn, for the latest turn that answers the visitor''s message of this client-made id, or that the request of this id began. Where there is none of that id yet, the stop is kept for two minutes (`{"state": "kept"}`), and a message that comes late is answered with nothing. Errors: session_missing, session_invalid, session_replaced.';
revoke all on function loacl.stop_message(text, jsonb) from public;
grant execute on function loacl.stop_message(text, jsonb) to service_role;

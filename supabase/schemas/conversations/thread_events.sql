create table loacl_private.thread_events (
  thread_id uuid not null references loacl.threads (id) on delete cascade,
  number integer not null,
  kind text not null,
  message_id uuid,
  turn_id uuid,
  created_at timestamptz not null default now(),
  constraint thread_events_pkey primary key (thread_id, number),
  constraint thread_events_number_positive check (number > 0),
  constraint thread_events_kind check (
    kind in (
      'message_added', 'message_changed', 'message_chosen', 'feedback_changed', 'turn_began', 'turn_waiting', 'turn_resumed', 'turn_ended',
      'thread_renamed', 'thread_archived', 'thread_deleted', 'thread_restored'
    )
  )
);
alter table loacl_private.thread_events enable row level security;
revoke all on table loacl_private.thread_events from public, anon, authenticated, service_role;
comment on table loacl_private.thread_events is
  'The log of each thread: what happened in it, in order, for those who have it open elsewhere. It names things and holds no text. Written by triggers alone, read by list_events.';
comment on column loacl_private.thread_events.number is
  'From 1, without a gap. Taken while the thread''s row is locked, so events become visible in the order of their numbers.';
comment on column loacl_private.thread_events.message_id is
  'The message that it is about; of a turn, the answer. No foreign key: the log still says it where the message is gone.';

create function loacl_private.log_thread_event()
returns trigger
language plpgsql
volatile
security definer -- nobody else writes the log
set search_path = pg_catalog, pg_temp
as $$
declare
  event loacl_private.thread_events;
begin
  if tg_table_name = 'threads' then
    event.thread_id := new.id;
    event.message_id := case when tg_argv[0] = 'message_chosen' then new.shown_message_id end;
  elsif tg_table_name = 'messages' then
    event.thread_id := new.thread_id;
    event.message_id := new.id;
  elsif tg_table_name = 'turns' then
    event.thread_id := new.thread_id;
    event.message_id := new.message_id;
    event.turn_id := new.id;
  elsif tg_table_name = 'tool_executions' then
    event.thread_id := new.thread_id;
    event.message_id := new.message_id;
    event.turn_id := new.turn_id;
    -- While the turn runs its stream tells of it, and so does its end.
    if not exists (select from loacl_private.turns t where t.id = new.turn_id and t.state = 'waiting') then
      return null;
    end if;
  else
    event.thread_id := coalesce(new.thread_id, old.thread_id);
    event.message_id := coalesce(new.message_id, old.message_id);
  end if;

  -- Of two transactions the second gets its number when the first has ended, in a statement that sees what that wrote.
  perform from loacl.threads t where t.id = event.thread_id for no key update;
  -- The thread is being deleted, and its log with it.
  if not found then
    return null;
  end if;
  insert into loacl_private.thread_events (thread_id, number, kind, message_id, turn_id)
  select event.thread_id, coalesce(max(e.number), 0) + 1, tg_argv[0], event.message_id, event.turn_id
  from loacl_private.thread_events e
  where e.thread_id = event.thread_id;
  return null;
end
$$;
comment on function loacl_private.log_thread_event() is
  'Trigger: adds an event of the kind that the trigger names to the log of the row''s thread.';
revoke all on function loacl_private.log_thread_event() from public;

-- What is an event. A system message is none of the visitor's, and an answer that is being written is its turn's.
create trigger messages_log_added after insert on loacl.messages
  for each row when (new.author <> 'system' and new.status <> 'streaming')
  execute function loacl_private.log_thread_event('message_added');
create trigger messages_log_changed after update of status, content, parts on loacl.messages
  for each row when (
    new.author <> 'system' and old.status not in ('streaming', 'waiting')
    and (new.status, new.content, new.parts) is distinct from (old.status, old.content, old.parts)
  )
  execute function loacl_private.log_thread_event('message_changed');
-- The suggestions of an answer are stored together: the first stands for all.
create trigger follow_up_suggestions_log_added after insert on loacl.follow_up_suggestions
  for each row when (new.position = 1)
  execute function loacl_private.log_thread_event('message_changed');
create trigger follow_up_suggestions_log_used after update of used_at on loacl.follow_up_suggestions
  for each row when (new.used_at is distinct from old.used_at)
  execute function loacl_private.log_thread_event('message_changed');

create trigger turns_log_began after insert on loacl_private.turns
  for each row execute function loacl_private.log_thread_event('turn_began');
create trigger turns_log_waiting after update of state on loacl_private.turns
  for each row when (new.state = 'waiting' and old.state <> 'waiting')
  execute function loacl_private.log_thread_event('turn_waiting');
create trigger tool_executions_log_changed after update of status on loacl.tool_executions
  for each row when (new.turn_id is not null and new.status is distinct from old.status)
  execute function loacl_private.log_thread_event('turn_waiting');
create trigger turns_log_resumed after update of state on loacl_private.turns
  for each row when (new.state = 'running' and old.state <> 'running')
  execute function loacl_private.log_thread_event('turn_resumed');
create trigger turns_log_ended after update of state on loacl_private.turns
  for each row when (new.ended_at is not null and old.ended_at is null)
  execute function loacl_private.log_thread_event('turn_ended');

create trigger threads_log_renamed after update of title on loacl.threads
  for each row when (new.title is distinct from old.title)
  execute function loacl_private.log_thread_event('thread_renamed');
create trigger threads_log_message_chosen after update of shown_message_id on loacl.threads
  for each row when (new.shown_message_id is not null and new.shown_message_id is distinct from old.shown_message_id)
  execute function loacl_private.log_thread_event('message_chosen');
create trigger threads_log_archived after update of status on loacl.threads
  for each row when (new.status = 'archived' and old.status <> 'archived')
  execute function loacl_private.log_thread_event('thread_archived');
create trigger threads_log_deleted after update of status on loacl.threads
  for each row when (new.status = 'deleted' and old.status <> 'deleted')
  execute function loacl_private.log_thread_event('thread_deleted');
create trigger threads_log_restored after update of status on loacl.threads
  for each row when (new.status = 'active' and old.status <> 'active')
  execute function loacl_private.log_thread_event('thread_restored');

create function loacl_private.find_last_event(thread_id uuid)
returns integer
language plpgsql
stable
security definer -- reads the log; asks itself whose thread it is
set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select coalesce((select max(e.number) from loacl_private.thread_events e where e.thread_id = t.id), 0)
    from loacl.threads t
    where t.id = find_last_event.thread_id
      and (
        t.session_id = any ((select loacl_private.own_session_ids())::uuid[])
        or t.assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[])
      )
  );
end
$$;
comment on function loacl_private.find_last_event(uuid) is 'Number of the latest event of a thread of the caller''s; 0 before the first.';
revoke all on function loacl_private.find_last_event(uuid) from public;
grant execute on function loacl_private.find_last_event(uuid) to anon, authenticated;

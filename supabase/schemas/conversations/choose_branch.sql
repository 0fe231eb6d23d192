create function loacl_private.choose_branch(thread_id uuid, message_id uuid)
returns void
language plpgsql
volatile
security definer -- visitors write neither the column nor the log; asks itself whose thread it is
set search_path = pg_catalog, pg_temp
as $$
declare
  last_id uuid;
begin
  perform from loacl.threads t
  where t.id = choose_branch.thread_id
    and t.session_id = any ((select loacl_private.own_session_ids())::uuid[])
    and t.status <> 'deleted'
  for no key update;
  if not found then
    perform loacl_private.raise_not_found('thread_not_found', 'There is no such conversation.');
  end if;

  with recursive below as (
    select m.id, m.seq
    from loacl.messages m
    where m.id = choose_branch.message_id and m.thread_id = choose_branch.thread_id and m.role <> 'system'
    union all
    select m.id, m.seq
    from below
    join loacl.messages m on m.parent_id = below.id
    where m.role <> 'system'
  )
  select below.id into last_id from below order by below.seq desc limit 1;
  if last_id is null then
    perform loacl_private.raise_error(404, 'message_not_found', 'There is no such message in this conversation.');
  end if;
  if exists (
    select
    from loacl_private.turns turn
    where turn.thread_id = choose_branch.thread_id and turn.state = 'running' and turn.lease_expires_at > now()
  ) then
    perform loacl_private.raise_error(409, 'turn_in_progress', 'An answer is still being written in this conversation.');
  end if;
  update loacl.threads t set shown_message_id = last_id
  where t.id = choose_branch.thread_id and t.shown_message_id is distinct from last_id;
end
$$;
comment on function loacl_private.choose_branch(uuid, uuid) is 'Does the work of loacl.choose_branch.';
revoke all on function loacl_private.choose_branch(uuid, uuid) from public;
grant execute on function loacl_private.choose_branch(uuid, uuid) to anon, authenticated;

create function loacl.choose_branch(thread_id uuid, message_id uuid)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  select loacl_private.choose_branch(choose_branch.thread_id, choose_branch.message_id);
  select loacl.list_messages(choose_branch.thread_id);
end;
comment on function loacl.choose_branch(uuid, uuid) is
  'Shows the branch of a thread of the calling visitor''s that goes through this message, down to the newest message below it, on all their devices until another is chosen or a message comes: the newest `MessagePage`. Errors: thread_not_found, message_not_found, turn_in_progress.';
revoke all on function loacl.choose_branch(uuid, uuid) from public;
grant execute on function loacl.choose_branch(uuid, uuid) to anon, authenticated;

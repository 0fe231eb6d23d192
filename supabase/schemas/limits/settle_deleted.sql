create function loacl_private.settle_deleted()
returns trigger
language plpgsql
volatile
security definer -- a cascade runs as whoever began it
set search_path = pg_catalog, pg_temp
as $$
declare
  gone jsonb := to_jsonb(old);
  -- Where its owner goes as well, so do the budget and the usage.
  turn_ids uuid[] := array(
    select distinct t.id
    from loacl_private.reservations r
    join loacl_private.turns t on t.id = r.turn_id
    join loacl.threads thread on thread.id = t.thread_id
    join loacl.assistants a on a.id = r.assistant_id
    join auth.users owner on owner.id = a.owner_id
    where r.assistant_id = coalesce(gone ->> 'assistant_id', gone ->> 'id')::uuid
      and old.id in (thread.id, thread.session_id, thread.assistant_id)
  );
  running loacl.tool_executions;
begin
  -- Only what was answered to the end has follow-ups.
  perform loacl_private.release_follow_ups(t.id)
  from loacl_private.turns t
  where t.id = any (turn_ids) and t.state <> 'completed';
  perform loacl_private.settle_call(
    t, r.step, r.purpose, null, null,
    case
      when r.purpose <> 'answer' then 0
      when t.ended_at is not null then octet_length(m.content)
      else (
        select coalesce(sum(octet_length(part ->> 'delta')), 0)
        from loacl_private.turn_chunks c
        cross join jsonb_array_elements(c.parts) as p (part)
        where c.turn_id = t.id and part ->> 'type' = 'text-delta'
      )
    end
  )
  from loacl_private.reservations r
  join loacl_private.turns t on t.id = r.turn_id
  join loacl.messages m on m.id = t.message_id
  where r.turn_id = any (turn_ids);
  -- A call of a tool that runs. Once: a cascade comes to the threads as well.
  for running in
    update loacl.tool_executions e
    set status = 'failed', error_code = 'unknown'
    from loacl.threads thread
    join loacl.assistants a on a.id = thread.assistant_id
    join auth.users owner on owner.id = a.owner_id
    where thread.id = e.thread_id and old.id in (thread.id, thread.session_id, thread.assistant_id)
      and e.assistant_id = coalesce(gone ->> 'assistant_id', gone ->> 'id')::uuid
      and e.completed_at is null and e.status = 'executing' and e.cost_usd > 0
    returning e.*
  loop
    perform loacl_private.charge_call(t, running, true) from loacl_private.turns t where t.id = running.turn_id;
  end loop;
  return old;
end
$$;
comment on function loacl_private.settle_deleted() is
  'Trigger: settles what the turns of a deleted row still reserve, and what calls of tools that run may cost, by estimates. Their worker finds no turn any more that it could settle.';
revoke all on function loacl_private.settle_deleted() from public;

create trigger threads_settle_deleted before delete on loacl.threads
  for each row execute function loacl_private.settle_deleted();
-- By the time that a cascade comes to the threads, the session or the assistant of which the usage is has gone.
create trigger sessions_settle_deleted before delete on loacl.sessions
  for each row execute function loacl_private.settle_deleted();
create trigger assistants_settle_deleted before delete on loacl.assistants
  for each row execute function loacl_private.settle_deleted();

create function loacl_private.forget_summaries()
returns trigger
language plpgsql
volatile
security definer -- a cascade runs as whoever began it
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'UPDATE' then
    delete from loacl.context_optimizations c
    where c.thread_id = new.thread_id and c.summary is not null and new.id = any (c.affected_messages);
  else
    delete from loacl.context_optimizations c
    using gone g
    where c.thread_id = g.thread_id and c.summary is not null and g.id = any (c.affected_messages);
  end if;
  return null;
end
$$;
comment on function loacl_private.forget_summaries() is
  'Trigger: a summary goes with the first message that goes of those that it covers, or that says something else than it did.';
revoke all on function loacl_private.forget_summaries() from public;

create trigger messages_forget_summaries after delete on loacl.messages
  referencing old table as gone
  for each statement execute function loacl_private.forget_summaries();
create trigger messages_forget_changed_summaries after update of content on loacl.messages
  for each row when (old.content <> '' and old.content <> new.content)
  execute function loacl_private.forget_summaries();

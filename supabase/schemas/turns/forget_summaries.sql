create function loacl_private.forget_summaries()
returns trigger
language plpgsql
volatile
security definer -- a cascade runs as whoever began it
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from loacl.context_optimizations c
  using gone g
  where c.thread_id = g.thread_id and c.summary is not null and g.id = any (c.affected_messages);
  return null;
end
$$;
comment on function loacl_private.forget_summaries() is 'Trigger: a summary goes with the first message that goes of those that it covers.';
revoke all on function loacl_private.forget_summaries() from public;

create trigger messages_forget_summaries after delete on loacl.messages
  referencing old table as gone
  for each statement execute function loacl_private.forget_summaries();

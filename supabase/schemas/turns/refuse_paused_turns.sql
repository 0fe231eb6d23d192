create function loacl_private.refuse_paused_turn()
returns trigger
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if exists (
    select
    from loacl.threads t
    join loacl.assistants a on a.id = t.assistant_id
    where t.id = new.thread_id and a.paused_at is not null
  ) then
    perform loacl_private.raise_error(403, 'assistant_paused', 'This assistant is paused. Please come back later.');
  end if;
  return new;
end
$$;
comment on function loacl_private.refuse_paused_turn() is
  'Trigger: no turn begins while its assistant is paused, whatever inserts it. The whole transaction fails with it.';
revoke all on function loacl_private.refuse_paused_turn() from public;

create trigger turns_refuse_paused before insert on loacl_private.turns
  for each row execute function loacl_private.refuse_paused_turn();

create or replace function loacl_private.refuse_paused_turn()
returns trigger
language plpgsql
security invoker
set search_path = ''
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

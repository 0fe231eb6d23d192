alter table loacl.assistants
  add column retention_days integer,
  add column paused_at timestamptz,
  add constraint assistants_retention_days_range check (retention_days between 1 and 36500);
comment on column loacl.assistants.retention_days is
  'Days after its last message that a conversation is kept; null: for as long as nobody deletes it.';
comment on column loacl.assistants.paused_at is
  'Since when no new turn may begin, by the owner''s switch; null: it is not paused. Visitors can still open and read.';

create function loacl_private.refuse_paused_turn()
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
    perform loacl_private.raise_error(403, 'assistant_inactive', 'This assistant is paused. Please try again later.');
  end if;
  return new;
end
$$;
comment on function loacl_private.refuse_paused_turn() is
  'Trigger: no turn begins while its assistant is paused, by whatever road. The whole transaction fails with it.';
revoke all on function loacl_private.refuse_paused_turn() from public;

create trigger turns_refuse_paused before insert on loacl_private.turns
  for each row execute function loacl_private.refuse_paused_turn();

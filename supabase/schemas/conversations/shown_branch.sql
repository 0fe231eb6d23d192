-- Which branch of a thread is shown. Messages with one parent are alternatives: another try at an answer, or a question that
-- was edited.
alter table loacl.threads add column shown_message_id uuid;
comment on column loacl.threads.shown_message_id is
  'The last message of the branch that the visitor chose; null, and where that message is gone, for the branch that ends in the newest one. No foreign key: with a second one between the two tables the Data API would no longer know which of them `threads?select=*,messages(*)` goes by.';

create function loacl_private.refuse_another_parent()
returns trigger
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception using errcode = 'PT409', message = 'id_conflict', detail = 'A message stays where it is in its conversation.', hint = '';
end
$$;
comment on function loacl_private.refuse_another_parent() is
  'Trigger: a message follows one that was there before it, and stays there, so that no branch leads back to itself.';
revoke all on function loacl_private.refuse_another_parent() from public;

create trigger messages_refuse_another_parent before update of parent_id on loacl.messages
  for each row when (new.parent_id is not null and new.parent_id is distinct from old.parent_id)
  execute function loacl_private.refuse_another_parent();

create function loacl_private.show_new_message()
returns trigger
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  update loacl.threads t set shown_message_id = null where t.id = new.thread_id and t.shown_message_id is not null;
  return null;
end
$$;
comment on function loacl_private.show_new_message() is
  'Trigger: what somebody of the site writes is shown, whichever branch the visitor has chosen before.';
revoke all on function loacl_private.show_new_message() from public;

create trigger messages_show_new after insert on loacl.messages
  for each row when (new.author = 'person')
  execute function loacl_private.show_new_message();

-- Finds the alternatives of a whole page in one query, as find_suggestions does.
create function loacl_private.find_siblings(message_ids uuid[])
returns table (message_id uuid, ids jsonb)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  with pairs as (
    select m.id, s.id as sibling_id, s.seq
    from loacl.messages m
    join loacl.messages s on s.parent_id = m.parent_id and s.author = m.author
    where m.id = any (find_siblings.message_ids)
      -- An answer of which nothing came is none that could be chosen.
      and (s.id = m.id or s.parts <> '[]' or s.status in ('streaming', 'waiting'))
    union all
    select m.id, s.id, s.seq
    from loacl.messages m
    join loacl.messages s on s.thread_id = m.thread_id and s.parent_id is null and s.author = m.author
    where m.id = any (find_siblings.message_ids) and m.parent_id is null
  )
  select p.id, jsonb_agg(p.sibling_id order by p.seq)
  from pairs p
  group by p.id
  having count(*) > 1;
end
$$;
comment on function loacl_private.find_siblings(uuid[]) is
  'The ids of these messages'' alternatives, themselves included, oldest first; nothing for a message that has none.';
revoke all on function loacl_private.find_siblings(uuid[]) from public;
grant execute on function loacl_private.find_siblings(uuid[]) to anon, authenticated;

-- An answer that moderation refuses holds nothing, whoever writes it and however late: the message's error code says so, and
-- what else is kept of an answer is deleted with it and not stored again.

create function loacl_private.empty_withdrawn_answer()
returns trigger
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  new.content := '';
  new.parts := '[]';
  return new;
end
$$;
comment on function loacl_private.empty_withdrawn_answer() is 'Trigger: an answer that moderation refuses has no text and no parts.';
revoke all on function loacl_private.empty_withdrawn_answer() from public;

create trigger messages_empty_withdrawn before insert or update on loacl.messages
  for each row when (new.error_code in ('input_flagged', 'output_flagged', 'moderation_unavailable'))
  execute function loacl_private.empty_withdrawn_answer();

create function loacl_private.withdraw_answer()
returns trigger
language plpgsql
volatile
security definer -- whoever ends a turn has no rights on all that an answer leaves
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from loacl_private.turn_chunks c using loacl_private.turns t where t.message_id = new.id and c.turn_id = t.id;
  update loacl_private.turns t set is_folded = true where t.message_id = new.id and not t.is_folded;
  update loacl_private.turn_steps s
  set input = '[]', provider_items = '[]'
  from loacl_private.turns t
  where t.message_id = new.id and s.turn_id = t.id and (s.input <> '[]' or s.provider_items <> '[]');
  update loacl.tool_executions e
  set parameters = '{}', result = null, error_message = null, arguments_digest = null, claimed_by = null, metadata = '{}'
  where e.message_id = new.id;
  delete from loacl_private.message_internals i where i.message_id = new.id;
  delete from loacl.message_annotations a where a.message_id = new.id;
  delete from loacl.follow_up_suggestions f where f.message_id = new.id;
  delete from loacl.context_optimizations c
  where c.thread_id = new.thread_id
    and (
      new.id = any (c.affected_messages)
      or (new.error_code = 'input_flagged' and new.parent_id = any (c.affected_messages))
    );
  return null;
end
$$;
comment on function loacl_private.withdraw_answer() is
  'Trigger: deletes what was streamed, reasoned, cited, suggested and summarised, and what tools were told and said, of an answer that moderation refuses, and the provider''s items of its steps; of a message that it refuses, what was summarised.';
revoke all on function loacl_private.withdraw_answer() from public;

create trigger messages_withdraw after update of error_code on loacl.messages
  for each row when (
    new.error_code in ('input_flagged', 'output_flagged', 'moderation_unavailable')
    and new.error_code is distinct from old.error_code
  )
  execute function loacl_private.withdraw_answer();

create function loacl_private.is_withdrawn(message_id uuid)
returns boolean
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return exists (
  select
  from loacl.messages m
  where m.id = is_withdrawn.message_id and m.error_code in ('input_flagged', 'output_flagged', 'moderation_unavailable')
);
comment on function loacl_private.is_withdrawn(uuid) is 'Whether an answer was refused by moderation: nothing of it is stored any more.';
revoke all on function loacl_private.is_withdrawn(uuid) from public;

create function loacl_private.keep_off_withdrawn_answer()
returns trigger
language plpgsql
volatile
security definer -- the functions write these tables and have no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
begin
  return case when loacl_private.is_withdrawn(new.message_id) then null else new end;
end
$$;
comment on function loacl_private.keep_off_withdrawn_answer() is
  'Trigger: nothing is added to an answer that moderation refuses, by a worker that comes late.';
revoke all on function loacl_private.keep_off_withdrawn_answer() from public;

create trigger message_internals_keep_off_withdrawn before insert or update on loacl_private.message_internals
  for each row execute function loacl_private.keep_off_withdrawn_answer();
create trigger message_annotations_keep_off_withdrawn before insert on loacl.message_annotations
  for each row execute function loacl_private.keep_off_withdrawn_answer();
create trigger follow_up_suggestions_keep_off_withdrawn before insert on loacl.follow_up_suggestions
  for each row execute function loacl_private.keep_off_withdrawn_answer();

create function loacl_private.is_unchecked(turn loacl_private.turns)
returns boolean
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return exists (
    select
    from loacl.threads t
    join loacl.assistants a on a.id = t.assistant_id
    where t.id = (turn).thread_id and a.moderates_output and not a.moderation_fails_open
  )
  and (
    select coalesce(string_agg(coalesce(p.part ->> 'delta', p.part ->> 'sourceId'), '' order by c.seq, p.place), '')
    from loacl_private.turn_chunks c
    cross join jsonb_array_elements(c.parts) with ordinality as p (part, place)
    where c.turn_id = (turn).id
  ) <> (
    select coalesce(string_agg(coalesce(p.part ->> 'text', p.part ->> 'sourceId'), '' order by p.place), '')
    from loacl.messages m
    cross join jsonb_array_elements(coalesce(loacl_private.read_reasoned_parts(m), m.parts)) with ordinality as p (part, place)
    where m.id = (turn).message_id
  );
comment on function loacl_private.is_unchecked(loacl_private.turns) is
  'Whether a turn whose worker has gone has said something that is to be moderated: nobody has checked it to its end. What the message holds already was checked: of earlier steps, or of an answer that goes on.';
revoke all on function loacl_private.is_unchecked(loacl_private.turns) from public;

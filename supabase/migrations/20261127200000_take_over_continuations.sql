-- A turn that goes on with an answer begins with all of that, and could be taken over by nobody.
create or replace function loacl_private.is_silent(turn loacl_private.turns)
returns boolean
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.has_missed_beats(turn)
  -- How a turn begins says nothing new, and is stored at once: two parts, and all of an answer that goes on.
  and (
    (turn).last_seq <= 2
    or (
      (turn).is_continuation
      and not exists (select from loacl_private.turn_chunks c where c.turn_id = (turn).id and c.seq > 1)
    )
  )
  and not exists (select from loacl.tool_executions e where e.turn_id = (turn).id);
comment on function loacl_private.is_silent(loacl_private.turns) is
  'Whether a turn of which nothing was said yet, and that has called no tool, has missed two beats of its worker: another may take it over.';

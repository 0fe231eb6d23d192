create function loacl_private.list_unfolded_turns(max_turns integer)
returns jsonb
language plpgsql
stable
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select coalesce(
      jsonb_agg(
        jsonb_build_object(
          'turnId', t.id,
          'parts', (
            select coalesce(jsonb_agg(p.part order by c.seq, p.place), '[]')
            from loacl_private.turn_chunks c
            cross join jsonb_array_elements(c.parts) with ordinality as p (part, place)
            where c.turn_id = t.id
          )
        )
      ),
      '[]'
    )
    from (
      select u.id from loacl_private.turns u where not u.is_folded order by u.ended_at limit least(max_turns, 100)
    ) t
  );
end
$$;
comment on function loacl_private.list_unfolded_turns(integer) is 'Does the work of loacl.list_unfolded_turns.';
revoke all on function loacl_private.list_unfolded_turns(integer) from public;
grant execute on function loacl_private.list_unfolded_turns(integer) to service_role;

create function loacl.list_unfolded_turns(max_turns integer)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.list_unfolded_turns(list_unfolded_turns.max_turns);
comment on function loacl.list_unfolded_turns(integer) is
  'For the functions: turns whose worker died, with what they had streamed, the oldest first and 100 at most: `[{"turnId", "parts"}]`. fold_turn takes what that makes.';
revoke all on function loacl.list_unfolded_turns(integer) from public;
grant execute on function loacl.list_unfolded_turns(integer) to service_role;

create function loacl_private.fold_turn(turn_id uuid, content text, parts jsonb)
returns void
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns;
begin
  perform loacl_private.lock_turn(fold_turn.turn_id);
  update loacl_private.turns t set is_folded = true
  where t.id = fold_turn.turn_id and not t.is_folded
  returning t.* into turn;
  -- Somebody else was first, or it was erased.
  if not found then
    return;
  end if;
  update loacl.messages m
  -- The longest text that is allowed: if this failed, it would fail each time.
  set content = left(fold_turn.content, 1000000), parts = loacl_private.close_calls(loacl_private.without_reasoning(fold_turn.parts), m.id)
  where m.id = turn.message_id;
  perform loacl_private.store_reasoning(turn.message_id, turn.thread_id, fold_turn.parts);
end
$$;
comment on function loacl_private.fold_turn(uuid, text, jsonb) is 'Does the work of loacl.fold_turn.';
revoke all on function loacl_private.fold_turn(uuid, text, jsonb) from public;
grant execute on function loacl_private.fold_turn(uuid, text, jsonb) to service_role;

create function loacl.fold_turn(turn_id uuid, content text, parts jsonb)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  select loacl_private.fold_turn(fold_turn.turn_id, fold_turn.content, fold_turn.parts);
end;
comment on function loacl.fold_turn(uuid, text, jsonb) is
  'For the functions: stores what was streamed of an answer whose worker died, once, as the parts of its message. From then on its chunks may be purged.';
revoke all on function loacl.fold_turn(uuid, text, jsonb) from public;
grant execute on function loacl.fold_turn(uuid, text, jsonb) to service_role;

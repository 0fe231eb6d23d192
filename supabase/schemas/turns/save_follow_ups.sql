create function loacl_private.save_follow_ups(turn_id uuid, lease uuid, title text, suggestions text[], usage jsonb, is_called boolean, moderation jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns := loacl_private.lock_leased_turn(save_follow_ups.turn_id, save_follow_ups.lease);
  last_step integer := (select max(s.step) from loacl_private.turn_steps s where s.turn_id = turn.id);
begin
  if turn.ended_at is null or loacl_private.is_withdrawn(turn.message_id) then
    perform loacl_private.raise_error(409, 'turn_lease_lost', 'This turn is not yours, has not ended, or was refused.');
  end if;

  update loacl.threads t
  set title = left(btrim(save_follow_ups.title), 200)
  where t.id = turn.thread_id and t.title is null and not loacl_private.is_blank(save_follow_ups.title);
  insert into loacl.follow_up_suggestions (message_id, thread_id, session_id, assistant_id, position, suggestion)
  select m.id, m.thread_id, m.session_id, m.assistant_id, row_number() over (order by s.place), left(btrim(s.suggestion), 500)
  from loacl.messages m
  cross join unnest(save_follow_ups.suggestions) with ordinality as s (suggestion, place)
  where m.id = turn.message_id and not loacl_private.is_blank(s.suggestion) and s.place <= 10
  on conflict on constraint follow_up_suggestions_message_id_position_key do nothing;
  -- Once: what is settled was asked for before.
  if exists (
    select from loacl_private.reservations r
    where r.turn_id = turn.id and r.step = last_step and r.purpose in ('title', 'follow_ups')
  ) then
    perform loacl_private.keep_moderation(turn, save_follow_ups.moderation);
  end if;
  if is_called then
    perform loacl_private.settle_call(
      turn, last_step, r.purpose, usage ->> 'model', usage,
      octet_length(concat(save_follow_ups.title, array_to_string(save_follow_ups.suggestions, '')))
    )
    from loacl_private.reservations r
    where r.turn_id = turn.id and r.step = last_step and r.purpose in ('title', 'follow_ups');
  else
    perform loacl_private.release_follow_ups(turn.id);
  end if;

  return (
    select jsonb_build_object('suggestions', loacl_private.to_message(m, false) -> 'suggestions', 'title', t.title)
    from loacl.messages m
    join loacl.threads t on t.id = m.thread_id
    where m.id = turn.message_id
  );
end
$$;
comment on function loacl_private.save_follow_ups(uuid, uuid, text, text[], jsonb, boolean, jsonb) is 'Does the work of loacl.save_follow_ups.';
revoke all on function loacl_private.save_follow_ups(uuid, uuid, text, text[], jsonb, boolean, jsonb) from public;
grant execute on function loacl_private.save_follow_ups(uuid, uuid, text, text[], jsonb, boolean, jsonb) to service_role;

create function loacl.save_follow_ups(
  turn_id uuid, lease uuid, title text, suggestions text[], usage jsonb, is_called boolean default true,
  moderation jsonb default null
)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
return loacl_private.save_follow_ups(
  save_follow_ups.turn_id, save_follow_ups.lease, save_follow_ups.title, save_follow_ups.suggestions, save_follow_ups.usage,
  save_follow_ups.is_called, save_follow_ups.moderation
);
comment on function loacl.save_follow_ups(uuid, uuid, text, text[], jsonb, boolean, jsonb) is
  'For the functions, after finish_turn: stores suggestions, the title if the thread has none yet, and the usage of the call (`model` in it, if it was another; null where nobody knows it: it is estimated). `is_called` false: the model was not called, or refused the call. `moderation`: as finish_turn has it, of what the call made, whether or not that is stored. Gives `{"suggestions": Suggestion[], "title"}`, the title being the one that the thread now has. Errors: turn_lease_lost.';
revoke all on function loacl.save_follow_ups(uuid, uuid, text, text[], jsonb, boolean, jsonb) from public;
grant execute on function loacl.save_follow_ups(uuid, uuid, text, text[], jsonb, boolean, jsonb) to service_role;

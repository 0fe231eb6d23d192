-- U+FFFC, the sign of a missing object, shows nothing: neither a message nor a title nor a suggestion is made of it.
create or replace function loacl_private.is_blank(value text)
returns boolean
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
return value !~ (
  '[^\u0001-\u0020\u007F-\u00A0\u00AD\u034F\u061C\u115F\u1160\u1680\u17B4\u17B5\u180B-\u180F\u2000-\u200F\u2028-\u202F'
  '\u205F-\u206F\u2800\u3000\u3164\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFFC\U00013430-\U00013442\U00016FE4'
  '\U0001BCA0-\U0001BCA3\U0001D159\U0001D173-\U0001D17A\U000E0000-\U000E0FFF]'
);

create or replace function loacl_private.save_follow_ups(turn_id uuid, lease uuid, title text, suggestions text[], usage jsonb)
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
  if turn.ended_at is null then
    perform loacl_private.raise_error(409, 'turn_lease_lost', 'This turn is not yours, or has not ended.');
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
  perform loacl_private.settle_usage(turn, loacl_private.log_usage(turn, last_step, 'follow_ups', usage ->> 'model', usage));

  return (
    select jsonb_build_object('suggestions', loacl_private.to_message(m, false) -> 'suggestions', 'title', t.title)
    from loacl.messages m
    join loacl.threads t on t.id = m.thread_id
    where m.id = turn.message_id
  );
end
$$;

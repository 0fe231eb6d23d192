create function loacl_private.is_free_of_charge(outcome jsonb)
returns boolean
language sql
immutable
security invoker
set search_path = ''
return coalesce(
  outcome ->> 'state' = 'failed'
    -- Before the provider began to answer.
    and outcome ->> 'responseId' is null
    and coalesce(outcome ->> 'content', '') = ''
    and jsonb_typeof(outcome -> 'usage') is distinct from 'object'
    and outcome ->> 'errorCode' in (
      'provider_key_missing', 'provider_key_unusable', 'provider_key_rejected',
      'model_rate_limited', 'model_request_rejected', 'model_unavailable'
    ),
  false
);
comment on function loacl_private.is_free_of_charge(jsonb) is
  'Whether a turn ended without a model call that anybody charges for: none was made, or the provider refused it. A stopped turn may have been charged for, whatever came of it.';
revoke all on function loacl_private.is_free_of_charge(jsonb) from public;

create or replace function loacl_private.finish_turn(turn_id uuid, lease uuid, outcome jsonb)
returns void
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = ''
as $$
declare
  turn loacl_private.turns;
  end_state text := outcome ->> 'state';
  failure text := case when end_state = 'failed' then coalesce(outcome ->> 'errorCode', 'internal') end;
  limit_reached text := case when end_state = 'cut' then coalesce(outcome ->> 'cutReason', 'time_limit') end;
begin
  -- In the order in which begin_turn locks them.
  perform from loacl.threads t
  where t.id = (select r.thread_id from loacl_private.turns r where r.id = finish_turn.turn_id)
  for no key update;
  update loacl_private.turns t
  set state = end_state, error_code = failure, cut_reason = limit_reached, ended_at = clock_timestamp()
  where t.id = finish_turn.turn_id and t.lease = finish_turn.lease and t.state = 'running' and end_state <> 'running'
  returning t.* into turn;
  if not found then
    perform loacl_private.raise_error(409, 'turn_lease_lost', 'This turn is no longer yours.');
  end if;

  update loacl.messages m
  set status = end_state,
    content = coalesce(outcome ->> 'content', ''),
    parts = coalesce(nullif(outcome -> 'parts', 'null'), '[]'),
    model = coalesce(outcome ->> 'model', m.model),
    error_code = failure,
    cut_reason = limit_reached
  where m.id = turn.message_id;
  update loacl.threads t set last_message_at = clock_timestamp() where t.id = turn.thread_id;
  insert into loacl_private.message_internals (message_id, response_id, provider_items)
  values (turn.message_id, outcome ->> 'responseId', nullif(outcome -> 'providerItems', 'null'));
  perform loacl_private.log_usage(turn, 'answer', outcome ->> 'model', outcome -> 'usage');
  if loacl_private.is_free_of_charge(outcome) then
    perform loacl_private.settle_reservation(turn.id, 'answer', 0, 0);
  else
    perform loacl_private.settle_usage(turn, 'answer', outcome ->> 'model', outcome -> 'usage');
  end if;
  -- Only what was answered to the end has follow-ups.
  if end_state <> 'completed' then
    perform loacl_private.settle_reservation(turn.id, 'follow_ups', 0, 0);
  end if;
end
$$;
create or replace function loacl_private.save_follow_ups(turn_id uuid, lease uuid, title text, suggestions text[], usage jsonb)
returns jsonb
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = ''
as $$
declare
  turn loacl_private.turns;
begin
  select t.* into turn
  from loacl_private.turns t
  where t.id = save_follow_ups.turn_id and t.lease = save_follow_ups.lease and t.state <> 'running';
  if not found then
    perform loacl_private.raise_error(409, 'turn_lease_lost', 'This turn is not yours, or has not ended.');
  end if;

  update loacl.threads t
  set title = left(btrim(save_follow_ups.title), 200)
  where t.id = turn.thread_id and t.title is null and btrim(save_follow_ups.title) <> '';
  insert into loacl.follow_up_suggestions (message_id, thread_id, session_id, assistant_id, position, suggestion)
  select m.id, m.thread_id, m.session_id, m.assistant_id, row_number() over (order by s.place), left(btrim(s.suggestion), 500)
  from loacl.messages m
  cross join unnest(save_follow_ups.suggestions) with ordinality as s (suggestion, place)
  where m.id = turn.message_id and btrim(s.suggestion) <> '' and s.place <= 10
  on conflict on constraint follow_up_suggestions_message_id_position_key do nothing;
  perform loacl_private.log_usage(turn, 'follow_ups', usage ->> 'model', usage);
  perform loacl_private.settle_usage(turn, 'follow_ups', usage ->> 'model', usage);

  return (
    select jsonb_build_object('suggestions', loacl_private.to_message(m, false) -> 'suggestions', 'title', t.title)
    from loacl.messages m
    join loacl.threads t on t.id = m.thread_id
    where m.id = turn.message_id
  );
end
$$;

-- What moderation flagged and took is kept with each step: of a turn that waited, what was checked before was nowhere. That of titles and
-- follow-ups is kept too.
create or replace function loacl_private.end_step(turn loacl_private.turns, outcome jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  step loacl_private.turn_steps;
  content_before text := (select m.content from loacl.messages m where m.id = turn.message_id);
begin
  perform loacl_private.keep_moderation(turn, outcome -> 'moderation');
  turn := loacl_private.take_fallback(turn, outcome);
  update loacl_private.turn_steps s
  set state = outcome ->> 'state',
    model = coalesce(outcome ->> 'model', s.model),
    response_id = outcome ->> 'responseId',
    provider_config_id = turn.provider_config_id,
    provider_items = coalesce(nullif(outcome -> 'providerItems', 'null'), '[]'),
    error_code = case when outcome ->> 'state' = 'failed' then coalesce(outcome ->> 'errorCode', 'internal') end,
    ended_at = clock_timestamp()
  where s.turn_id = turn.id and s.state = 'running'
  returning s.* into step;
  if not found then
    return;
  end if;
  if loacl_private.is_free_of_charge(outcome, content_before) then
    perform loacl_private.settle_reservation(turn.id, step.step, 'answer', 0, 0);
    perform loacl_private.settle_reservation(turn.id, step.step, 'tool', 0, 0);
  elsif outcome ? 'usage' then
    perform loacl_private.measure_tokens(turn, step.step, outcome -> 'usage');
    perform loacl_private.settle_call(
      turn, step.step, 'answer', outcome ->> 'model', outcome -> 'usage',
      octet_length(coalesce(outcome ->> 'content', '')) - octet_length(content_before)
        + coalesce(octet_length(loacl_private.take_reasoning(nullif(outcome -> 'parts', 'null'))::text), 0)
    );
    perform loacl_private.settle_hosted_calls(turn, step.step, outcome -> 'hostedCalls');
  end if;
end
$$;
comment on function loacl_private.end_step(loacl_private.turns, jsonb) is
  'Ends the running step of a turn, if there is one: keeps what moderation flagged and took, and the provider''s items, logs what the call used, with the calls of hosted tools that it made, `hostedCalls`, and settles it. Where the outcome is not its worker''s, and so has no `usage`, settle_turn is to do that. To be called before the message changes: what the step said is told by what it held so far.';

create or replace function loacl_private.finish_turn(turn_id uuid, lease uuid, outcome jsonb)
returns void
language plpgsql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns := loacl_private.lock_leased_turn(finish_turn.turn_id, finish_turn.lease);
begin
  if turn.state <> 'running' or outcome ->> 'state' in ('running', 'waiting') then
    perform loacl_private.raise_error(409, 'turn_lease_lost', 'This turn is no longer yours.');
  end if;
  perform loacl_private.end_turn(turn.id, outcome);
  update loacl.threads t set last_message_at = clock_timestamp() where t.id = turn.thread_id;
  -- Only what was answered to the end has follow-ups.
  if outcome ->> 'state' <> 'completed' then
    perform loacl_private.release_follow_ups(turn.id);
  end if;
end
$$;
comment on function loacl_private.finish_turn(uuid, uuid, jsonb) is 'Does the work of loacl.finish_turn.';

drop function loacl.save_follow_ups(uuid, uuid, text, text[], jsonb, boolean);
drop function loacl_private.save_follow_ups(uuid, uuid, text, text[], jsonb, boolean);

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

comment on function loacl_private.keep_moderation(loacl_private.turns, jsonb) is
  'Keeps what the moderation of a step, or of its title and follow-ups, flagged, and what it used: `{"configId", "model", "flags": [{"direction", "categories"}], "usage"}`; null where nothing was moderated. Its checks are one row of usage_logs, and what they cost counts in the budget.';
comment on table loacl.usage_logs is
  'One row per model call, one for the moderation of a step, and one for each call of a tool that cost something: tokens and cost. Operators see their own; it outlives the assistant, the session and the thread.';
comment on column loacl.usage_logs.purpose is 
  'answer: to a message. title: for a thread''s title, with suggestions. follow_ups: suggestions alone. summary: of what a conversation has outgrown. moderation: the checks of a step, together, and those of a title with suggestions. tool: a call of a tool, whose kind is the provider and whose name is the model.';

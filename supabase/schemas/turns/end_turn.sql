create function loacl_private.end_step(turn loacl_private.turns, outcome jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  step loacl_private.turn_steps;
  turn_before loacl_private.turns := turn;
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
  perform loacl_private.charge_given_up(turn_before, step.step, outcome -> 'givenUp');
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
  'Ends the running step of a turn, if there is one: keeps what moderation flagged and took, and the provider''s items, logs what the call used, and one before it that was given up for the fallback, `givenUp`, with the calls of hosted tools that it made, `hostedCalls`, and settles it. Where the outcome is not its worker''s, and so has no `usage`, settle_turn is to do that. To be called before the message changes: what the step said is told by what it held so far.';
revoke all on function loacl_private.end_step(loacl_private.turns, jsonb) from public;

create function loacl_private.end_turn(turn_id uuid, outcome jsonb)
returns boolean
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  turn loacl_private.turns;
  end_state text := outcome ->> 'state';
  failure text := case when end_state = 'failed' then coalesce(outcome ->> 'errorCode', 'internal') end;
  limit_reached text := case when end_state = 'cut' then coalesce(outcome ->> 'cutReason', 'time_limit') end;
begin
  update loacl_private.turns t
  set state = end_state, error_code = failure, cut_reason = limit_reached, wait_expires_at = null, ended_at = clock_timestamp()
  where t.id = end_turn.turn_id and t.state in ('running', 'waiting')
  returning t.* into turn;
  if not found then
    return false;
  end if;
  perform loacl_private.end_step(turn, outcome);
  perform loacl_private.end_calls(turn, outcome);
  update loacl.messages m
  set status = end_state,
    content = coalesce(outcome ->> 'content', m.content),
    parts = loacl_private.close_calls(
      coalesce(loacl_private.without_reasoning(nullif(outcome -> 'parts', 'null')), m.parts), m.id
    ),
    model = coalesce(outcome ->> 'model', m.model),
    error_code = failure,
    cut_reason = limit_reached
  where m.id = turn.message_id;
  perform loacl_private.store_reasoning(turn.message_id, turn.thread_id, nullif(outcome -> 'parts', 'null'));
  return true;
end
$$;
comment on function loacl_private.end_turn(uuid, jsonb) is
  'Ends a turn that runs or waits, with its running step and its calls of tools, and stores its answer; says whether it did. Without `content` and `parts` the answer stays as it was last stored.';
revoke all on function loacl_private.end_turn(uuid, jsonb) from public;

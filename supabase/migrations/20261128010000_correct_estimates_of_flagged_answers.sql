-- What the provider said of a flagged answer that somebody else had ended was lost: the estimate stayed.
alter table loacl_private.turn_steps add column usage_id uuid;
comment on column loacl_private.turn_steps.usage_id is 'The row of usage_logs for its call, once that is settled. It may be gone.';

create or replace function loacl_private.settle_call(
  turn loacl_private.turns, step integer, purpose text, model text, usage jsonb, received_bytes bigint
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  used loacl.usage_logs;
begin
  -- Once: a worker asks again where an answer was lost, and a slow one comes after settle_turn.
  if not exists (
    select
    from loacl_private.reservations r
    where r.turn_id = turn.id and r.step = settle_call.step and r.purpose = settle_call.purpose
  ) then
    return;
  end if;
  if purpose = 'tool' then
    perform loacl_private.settle_tools(turn, step);
    return;
  end if;
  used := loacl_private.log_usage(
    turn, step, purpose, model,
    coalesce(nullif(usage, 'null'), loacl_private.estimate_usage(turn, step, purpose, received_bytes))
  );
  if used.id is null then
    return;
  end if;
  if purpose = 'answer' then
    update loacl_private.turn_steps s set usage_id = used.id where s.turn_id = turn.id and s.step = settle_call.step;
  end if;
  perform loacl_private.settle_reservation(
    turn.id, used.step, used.purpose, used.input_tokens + used.output_tokens, loacl_private.to_cost(turn, used)
  );
end
$$;
comment on function loacl_private.settle_call(loacl_private.turns, integer, text, text, jsonb, bigint) is
  'Logs what a call used and settles it, once: by the provider''s usage, or where that never came by an estimate of what was sent and received, marked as one.';

create function loacl_private.correct_estimate(turn loacl_private.turns, outcome jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  last_step integer := (select max(s.step) from loacl_private.turn_steps s where s.turn_id = turn.id);
  estimate loacl.usage_logs;
  used loacl.usage_logs;
begin
  if jsonb_typeof(outcome -> 'usage') is distinct from 'object' then
    return;
  end if;
  perform loacl_private.settle_call(turn, last_step, 'answer', outcome ->> 'model', outcome -> 'usage', 0);
  delete from loacl.usage_logs u
  using loacl_private.turn_steps s
  where s.turn_id = turn.id and s.step = last_step and u.id = s.usage_id and u.is_estimate
  returning u.* into estimate;
  if not found then
    return;
  end if;
  used := loacl_private.log_usage(turn, last_step, 'answer', outcome ->> 'model', outcome -> 'usage');
  update loacl_private.turn_steps s set usage_id = used.id where s.turn_id = turn.id and s.step = last_step;
  perform loacl_private.spend(
    used.assistant_id,
    used.input_tokens + used.output_tokens - estimate.input_tokens - estimate.output_tokens,
    coalesce(loacl_private.to_cost(turn, used), 0) - coalesce(loacl_private.to_cost(turn, estimate), 0)
  );
end
$$;
comment on function loacl_private.correct_estimate(loacl_private.turns, jsonb) is
  'Puts the provider''s usage of a turn''s last step in place of the estimate that was made when others ended the turn. Holds the budget: to be called last.';
revoke all on function loacl_private.correct_estimate(loacl_private.turns, jsonb) from public;

create or replace function loacl_private.withdraw_late(turn loacl_private.turns, outcome jsonb)
returns boolean
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  refusal text := outcome ->> 'errorCode';
begin
  if turn.ended_at is null
    or refusal is null
    or refusal not in ('input_flagged', 'output_flagged', 'moderation_unavailable')
    or loacl_private.is_withdrawn(turn.message_id)
    -- Nothing has been answered yet to what is refused, and nobody is told of it.
    or (
      refusal = 'input_flagged'
      and not exists (select from loacl.tool_executions e where e.message_id = turn.message_id)
    )
  then
    return false;
  end if;
  perform loacl_private.keep_moderation(turn, outcome -> 'moderation');
  -- Another may have gone on with it: what it wrote on in is gone.
  perform loacl_private.end_turn(t.id, jsonb_build_object('state', 'failed', 'errorCode', refusal))
  from loacl_private.turns t
  where t.message_id = turn.message_id and t.ended_at is null;
  update loacl_private.turns t
  set state = 'failed', error_code = refusal, cut_reason = null
  where t.message_id = turn.message_id and t.created_at >= turn.created_at;
  update loacl_private.turn_steps s
  set state = 'failed', error_code = refusal
  from loacl_private.turns t
  where t.message_id = turn.message_id and t.created_at >= turn.created_at and s.turn_id = t.id and s.state <> 'completed';
  update loacl.messages m
  set status = 'failed', error_code = refusal, cut_reason = null
  where m.id = turn.message_id;
  perform loacl_private.correct_estimate(turn, outcome);
  return true;
end
$$;
comment on function loacl_private.withdraw_late(loacl_private.turns, jsonb) is
  'Withdraws an answer that its worker knows to be refused by moderation, where somebody else has ended the turn meanwhile, with the turns that went on with it, and says whether it did. What the provider says it took is put in place of the estimate. It is the one way in which an end changes.';

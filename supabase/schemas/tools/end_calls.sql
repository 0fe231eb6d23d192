create function loacl_private.to_output_part(execution loacl.tool_executions)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return case
    when execution.status = 'completed' then jsonb_build_object(
      'type', 'tool-output-available',
      'output', (select execution.result from loacl.assistant_tools t where t.id = execution.tool_id and t.visitor_sees = 'result'),
      'dynamic', true
    )
    when execution.error_code = 'denied' then '{"type": "tool-output-denied"}'
    else jsonb_build_object('type', 'tool-output-error', 'errorText', coalesce(execution.error_code, 'unknown'), 'dynamic', true)
  end || jsonb_build_object('toolCallId', execution.id);
end
$$;
comment on function loacl_private.to_output_part(loacl.tool_executions) is
  'How a call that has ended is told on the stream: `ToolStreamPart`, with its result where the visitor may see it.';
revoke all on function loacl_private.to_output_part(loacl.tool_executions) from public;

create function loacl_private.tell_ended_calls(turn_id uuid)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  told jsonb := (
    select jsonb_agg(loacl_private.to_output_part(e) order by e.created_at)
    from loacl.tool_executions e
    where e.turn_id = tell_ended_calls.turn_id and e.kind is distinct from 'hosted' and e.completed_at is not null
      and not exists (
        select
        from loacl_private.turn_chunks c
        cross join jsonb_array_elements(c.parts) as p (part)
        where c.turn_id = e.turn_id and p.part ->> 'toolCallId' = e.id::text and p.part ->> 'type' like 'tool-output-%'
      )
  );
  last_seq integer;
begin
  if told is null then
    return;
  end if;
  update loacl_private.turns t
  set last_seq = t.last_seq + jsonb_array_length(told)
  where t.id = tell_ended_calls.turn_id
  returning t.last_seq into last_seq;
  insert into loacl_private.turn_chunks (turn_id, seq, parts) values (tell_ended_calls.turn_id, last_seq - jsonb_array_length(told) + 1, told);
end
$$;
comment on function loacl_private.tell_ended_calls(uuid) is
  'Tells on a turn''s stream what has become of those of its calls of which no worker has told it, so that whoever folds the stream sees none that goes on for ever.';
revoke all on function loacl_private.tell_ended_calls(uuid) from public;

create function loacl_private.close_calls(parts jsonb, message_id uuid)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if not jsonb_path_exists(parts, '$[*] ? (@.type == "dynamic-tool")') then
    return parts;
  end if;
  return (
    select jsonb_agg(
      case
        when ended.part is null then p.part
        else p.part
          || jsonb_build_object('state', regexp_replace(ended.part ->> 'type', '^tool-', ''))
          || (ended.part - array['type', 'dynamic', 'toolCallId'])
      end
      order by p.place
    )
    from jsonb_array_elements(parts) with ordinality as p (part, place)
    left join lateral (
      select loacl_private.to_output_part(e) as part
      from loacl.tool_executions e
      where e.message_id = close_calls.message_id and e.id::text = p.part ->> 'toolCallId' and e.completed_at is not null
    ) ended on p.part ->> 'type' = 'dynamic-tool' and p.part ->> 'state' not like 'output-%'
  );
end
$$;
comment on function loacl_private.close_calls(jsonb, uuid) is
  'The parts of a message, in which calls that have ended meanwhile say so.';
revoke all on function loacl_private.close_calls(jsonb, uuid) from public;

create function loacl_private.end_calls(turn loacl_private.turns, outcome jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  update loacl.tool_executions e
  set status = case e.status when 'executing' then 'failed' else 'cancelled' end,
    error_code = case
      when e.status = 'executing' then 'unknown'
      when outcome ? 'callError' then outcome ->> 'callError'
      when outcome ->> 'state' = 'stopped' then 'stopped'
      when outcome ->> 'state' = 'cut' then 'expired'
      else 'cancelled'
    end,
    cost_usd = case e.status when 'executing' then e.cost_usd else 0 end
  where e.turn_id = turn.id and e.completed_at is null;
  if not found and not exists (select from loacl.tool_executions e where e.turn_id = turn.id) then
    return;
  end if;
  perform loacl_private.keep_unknown_costs(turn.id);
  perform loacl_private.tell_ended_calls(turn.id);
end
$$;
comment on function loacl_private.end_calls(loacl_private.turns, jsonb) is
  'Ends the calls of a turn that ends: one that runs is failed, for nobody knows what came of it, and what waits is cancelled, for the reason `callError` or the one that the turn''s end gives.';
revoke all on function loacl_private.end_calls(loacl_private.turns, jsonb) from public;

create function loacl_private.expire_calls(turn_id uuid)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  update loacl.tool_executions e
  set status = case e.status when 'executing' then 'failed' else 'cancelled' end,
    error_code = case e.status when 'executing' then 'unknown' else 'page_unavailable' end,
    cost_usd = case e.status when 'executing' then e.cost_usd else 0 end
  where e.turn_id = expire_calls.turn_id and e.kind = 'page' and e.status in ('approved', 'executing')
    and e.expires_at <= clock_timestamp();
  if found then
    perform loacl_private.keep_unknown_costs(expire_calls.turn_id);
    perform loacl_private.renew_wait(expire_calls.turn_id);
  end if;
end
$$;
comment on function loacl_private.expire_calls(uuid) is
  'Ends those of a turn''s calls that no page took in time, and those of a page that has not answered in time. The caller holds the thread.';
revoke all on function loacl_private.expire_calls(uuid) from public;

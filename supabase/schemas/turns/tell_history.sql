create function loacl_private.log_optimization(
  thread_id uuid, optimization_type text, message_ids uuid[], tokens_before numeric, tokens_after numeric
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  new_ids uuid[] := array(
    select n.id
    from unnest(message_ids) with ordinality as n (id, place)
    where n.id not in (
      select unnest(c.affected_messages)
      from loacl.context_optimizations c
      where c.thread_id = log_optimization.thread_id and c.optimization_type = log_optimization.optimization_type
    )
    order by n.place
  );
begin
  if new_ids = '{}' then
    return;
  end if;
  insert into loacl.context_optimizations (
    thread_id, trigger_reason, optimization_type, tokens_before, tokens_after, affected_messages
  )
  values (
    log_optimization.thread_id, 'token_limit', log_optimization.optimization_type,
    -- More than an integer holds is as much as nobody was ever told.
    least(round(log_optimization.tokens_before), 2147483647), least(round(log_optimization.tokens_after), 2147483647), new_ids
  );
end
$$;
comment on function loacl_private.log_optimization(uuid, text, uuid[], numeric, numeric) is
  'Logs that messages of a thread were left out or shortened, where that is new of any of them.';
revoke all on function loacl_private.log_optimization(uuid, text, uuid[], numeric, numeric) from public;

create function loacl_private.tell_history(
  thread_id uuid, message_id uuid, assistant loacl.assistants, out history jsonb, out wish jsonb
)
returns record
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  context record := loacl_private.read_context(tell_history.thread_id, tell_history.message_id, assistant);
begin
  history := context.history;
  wish := case
    when assistant.context_strategy <> 'summarization' then '{}'
    when context.left_ids = '{}' or loacl_private.is_summary_tried(tell_history.thread_id) then '{"summary": "later"}'
    else '{"summary": "due"}'
  end;
  perform loacl_private.log_optimization(
    tell_history.thread_id, 'compression', context.shortened_ids,
    context.tokens_whole * context.ratio, context.tokens_shortened * context.ratio
  );
  perform loacl_private.log_optimization(
    tell_history.thread_id, 'truncation', context.left_ids,
    greatest(context.tokens_shortened, context.tokens_told) * context.ratio, context.tokens_told * context.ratio
  );
end
$$;
comment on function loacl_private.tell_history(uuid, uuid, loacl.assistants) is
  'What the model is told of the conversation up to this message, as read_context, with what is left out of it logged. `wish` is for the worker: `summary` is due, where messages are left out for want of one, or later, where begin_summary is to be asked after the answer; it is not there where the assistant does not summarize.';
revoke all on function loacl_private.tell_history(uuid, uuid, loacl.assistants) from public;

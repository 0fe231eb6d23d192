create function loacl.usage_metrics(
  by text,
  since timestamptz default now() - interval '30 days',
  until timestamptz default now(),
  assistant_id uuid default null
)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  select loacl_private.raise_error(400, 'invalid_body', '"by" must be day, assistant, session, thread or user.')
  where coalesce(usage_metrics.by, '') not in ('day', 'assistant', 'session', 'thread', 'user');

  with events as (
    select u.created_at, u.assistant_id, u.session_id, u.thread_id,
      u.input_tokens, u.cached_input_tokens, u.output_tokens, u.reasoning_tokens,
      1 as calls, 0 as messages, 0 as files, u.cost_usd, (u.cost_usd is null)::integer as unpriced_calls
    from loacl.usage_logs u
    where u.created_at >= usage_metrics.since
      and u.created_at < usage_metrics.until
      and (usage_metrics.assistant_id is null or u.assistant_id = usage_metrics.assistant_id)
    union all
    select m.created_at, m.assistant_id, m.session_id, m.thread_id, 0, 0, 0, 0, 0, 1, 0, null, 0
    from loacl.messages m
    where m.assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[])
      and m.created_at >= usage_metrics.since
      and m.created_at < usage_metrics.until
      and m.role = 'user'
      and (usage_metrics.assistant_id is null or m.assistant_id = usage_metrics.assistant_id)
    union all
    select f.created_at, f.assistant_id, f.session_id, f.thread_id, 0, 0, 0, 0, 0, 0, 1, null, 0
    from loacl.files f
    where f.assistant_id = any ((select loacl_private.own_assistant_ids())::uuid[])
      and f.created_at >= usage_metrics.since
      and f.created_at < usage_metrics.until
      and (usage_metrics.assistant_id is null or f.assistant_id = usage_metrics.assistant_id)
  ),
  sums as (
    select
      case usage_metrics.by
        when 'day' then to_char(e.created_at at time zone 'utc', 'YYYY-MM-DD')
        when 'assistant' then e.assistant_id::text
        when 'session' then e.session_id::text
        when 'thread' then e.thread_id::text
        when 'user' then coalesce(s.user_id::text, s.external_id)
      end as key,
      sum(e.input_tokens) as input_tokens,
      sum(e.cached_input_tokens) as cached_input_tokens,
      sum(e.output_tokens) as output_tokens,
      sum(e.reasoning_tokens) as reasoning_tokens,
      sum(e.calls) as calls,
      sum(e.messages) as messages,
      sum(e.files) as files,
      trim_scale(coalesce(sum(e.cost_usd), 0)) as cost_usd,
      sum(e.unpriced_calls) as unpriced_calls
    from events e
    left join loacl.sessions s on s.id = e.session_id and usage_metrics.by = 'user'
    group by 1
  )
  select coalesce(
    jsonb_agg(
      jsonb_build_object(
        'key', s.key,
        'inputTokens', s.input_tokens,
        'cachedInputTokens', s.cached_input_tokens,
        'outputTokens', s.output_tokens,
        'reasoningTokens', s.reasoning_tokens,
        'calls', s.calls,
        'messages', s.messages,
        'files', s.files,
        'costUsd', s.cost_usd,
        'unpricedCalls', s.unpriced_calls
      )
      order by s.key nulls last
    ),
    '[]'
  )
  from sums s;
end;
comment on function loacl.usage_metrics(text, timestamptz, timestamptz, uuid) is
  'What the calling operator''s assistants used, by `day` (UTC), `assistant`, `session`, `thread` or `user`, from `since` until before `until`: `[{key, inputTokens, cachedInputTokens, outputTokens, reasoningTokens, calls, messages, files, costUsd, unpricedCalls}]`. A null key gathers what no longer has one (deleted, erased) or never had (guests, by user). `messages` are visitors'' messages. `costUsd` leaves out the calls that `unpricedCalls` counts: their model has no price. Errors: invalid_body.';
revoke all on function loacl.usage_metrics(text, timestamptz, timestamptz, uuid) from public;
grant execute on function loacl.usage_metrics(text, timestamptz, timestamptz, uuid) to authenticated;

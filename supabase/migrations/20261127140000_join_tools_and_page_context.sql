-- Functions that two migrations have replaced, with what both put in.

create or replace function loacl_private.bound_calls(
  assistant loacl.assistants, history jsonb, is_first_turn boolean, added_bytes bigint default 0
)
returns table (purpose text, tokens bigint, usd numeric, output_tokens bigint)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  with said as (
    select h.place, concat(h.message ->> 'content', h.message ->> 'context') as content
    from jsonb_array_elements(history) with ordinality as h (message, place)
  ),
  calls (purpose, model, input, output) as (
    select 'answer', assistant.model,
      loacl_private.bound_tokens(assistant.instructions) + loacl_private.bound_tools(assistant.id) + sum(loacl_private.bound_tokens(s.content))::bigint + added_bytes,
      assistant.max_output_tokens
    from said s
    union all
    -- One call that is shown 4,000 characters of each of the last three messages and of the answer, and 4,000 bytes of
    -- instructions and schema.
    select case when is_first_turn then 'title' else 'follow_ups' end, coalesce(assistant.follow_up_model, assistant.model),
      4000 + least(assistant.max_output_tokens, 12000) + sum(loacl_private.bound_tokens(left(s.content, 4000)))::bigint,
      1000
    from (select * from said order by place desc limit 3) s
    where is_first_turn or assistant.follow_ups
    having count(*) > 0
  )
  select c.purpose, c.input + c.output,
    loacl_private.bound_cost(assistant.owner_id, array[c.model, assistant.fallback_model], c.input, c.output),
    c.output::bigint
  from calls c
  union all
  select 'tool', 0, case when bool_and(t.cost_usd is not null) then max(t.cost_usd) * loacl_private.max_hosted_calls() end, 0
  from loacl.assistant_tools t
  where t.assistant_id = assistant.id and t.kind = 'hosted' and t.is_active and t.cost_usd is distinct from 0
  having count(*) > 0;
end
$$;
comment on function loacl_private.bound_calls(loacl.assistants, jsonb, boolean, bigint) is
  'The model calls that a step may make, with the most that each can take, at the dearer of the assistant''s two providers, and the fees of the hosted tools; `usd` null where a model or such a tool has no price. `added_bytes`: what earlier steps added to the conversation, as JSON.';

create or replace function loacl_private.export_message(message loacl.messages, for_operator boolean)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  suggestions jsonb := (
    select jsonb_agg(
      jsonb_build_object(
        'id', f.id,
        'suggestion', f.suggestion,
        'used', f.used_at is not null,
        'usedAt', f.used_at,
        'metadata', f.metadata
      )
      order by f.position
    )
    from loacl.follow_up_suggestions f
    where f.message_id = message.id
  );
  annotations jsonb := (
    select jsonb_agg(
      jsonb_build_object(
        'type', a.type,
        'text', a.text,
        'title', a.title,
        'url', a.url,
        'fileId', a.file_id,
        'quote', a.quote,
        'startIndex', a.start_index,
        'endIndex', a.end_index
      )
      order by a.position
    )
    from loacl.message_annotations a
    where a.message_id = message.id
  );
  exported jsonb := loacl_private.to_message(
    message, true, suggestions, loacl_private.read_reasoned_parts(message)
  ) || jsonb_build_object(
    'parentId', message.parent_id,
    'model', message.model,
    'metadata', message.metadata,
    'context', message.context,
    'annotations', coalesce(annotations, '[]'),
    'denials', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object('toolCallId', e.id, 'reason', e.error_message, 'createdAt', e.completed_at) order by e.created_at, e.id
        ),
        '[]'
      )
      from loacl.tool_executions e
      where e.message_id = message.id and e.error_code = 'denied'
    ),
    'feedback', (
      select jsonb_build_object('value', f.value, 'comment', f.comment, 'updatedAt', f.updated_at)
      from loacl.message_feedback f
      where f.message_id = message.id
    )
  );
begin
  if not for_operator then
    return exported;
  end if;
  return exported || jsonb_build_object(
    'moderationFlags', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object(
            'direction', g.direction, 'categories', g.categories, 'model', g.model, 'createdAt', g.created_at
          )
          order by g.created_at, g.id
        ),
        '[]'
      )
      from loacl.moderation_flags g
      where g.message_id = message.id
    ),
    'toolCalls', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object(
            'id', e.id,
            'turnId', e.turn_id,
            'step', e.step,
            'kind', e.kind,
            'toolId', e.tool_id,
            'callId', e.call_id,
            'toolName', e.tool_name,
            'parameters', e.parameters,
            'result', e.result,
            'status', e.status,
            'errorCode', e.error_code,
            'errorMessage', e.error_message,
            'costUsd', e.cost_usd,
            'toolDigest', e.tool_digest,
            'argumentsDigest', e.arguments_digest,
            'idempotencyKey', e.idempotency_key,
            'claimedBy', e.claimed_by,
            'approvalRequestedAt', e.approval_requested_at,
            'approvedAt', e.approved_at,
            'executedAt', e.executed_at,
            'completedAt', e.completed_at,
            'expiresAt', e.expires_at,
            'metadata', e.metadata,
            'createdAt', e.created_at
          )
          order by e.created_at, e.id
        ),
        '[]'
      )
      from loacl.tool_executions e
      where e.message_id = message.id
    ),
    'steps', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object(
            'step', s.step,
            'state', s.state,
            'model', s.model,
            'input', s.input,
            'responseId', s.response_id,
            'providerItems', s.provider_items,
            'errorCode', s.error_code,
            'createdAt', s.created_at,
            'endedAt', s.ended_at
          )
          order by r.created_at, s.step
        ),
        '[]'
      )
      from loacl_private.turn_steps s
      join loacl_private.turns r on r.id = s.turn_id
      where r.message_id = message.id
    ),
    'reasoning', (
      select i.reasoning from loacl_private.message_internals i where i.message_id = message.id
    ),
    'internalMetadata', (
      select i.metadata from loacl_private.message_internals i where i.message_id = message.id
    )
  );
end
$$;
comment on function loacl_private.export_message(loacl.messages, boolean) is 'A message with what hangs on it, as it is exported.';

-- A function for each level. What operators get and visitors don't is under `for_operator`; what neither gets, and why, is in
-- docs/personal-data.md.

create function loacl_private.export_message(message loacl.messages, for_operator boolean)
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
revoke all on function loacl_private.export_message(loacl.messages, boolean) from public;

create function loacl_private.export_thread(thread loacl.threads, for_operator boolean)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  messages jsonb := (
    select jsonb_agg(loacl_private.export_message(m, for_operator) order by m.seq)
    from loacl.messages m
    where m.thread_id = thread.id and (m.role <> 'system' or for_operator)
  );
  exported jsonb := loacl_private.to_thread_summary(thread) || jsonb_build_object(
    'clientId', thread.client_id,
    'sessionId', thread.session_id,
    'deletedAt', thread.deleted_at,
    'metadata', thread.metadata,
    'shownMessageId', thread.shown_message_id,
    'messages', coalesce(messages, '[]'),
    'events', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object(
            'number', e.number, 'kind', e.kind, 'messageId', e.message_id, 'turnId', e.turn_id, 'createdAt', e.created_at
          )
          order by e.number
        ),
        '[]'
      )
      from loacl_private.thread_events e
      where e.thread_id = thread.id
    )
  );
begin
  if not for_operator then
    return exported;
  end if;
  return exported || jsonb_build_object(
    'tags', array(
      select g.name
      from loacl.thread_tags l
      join loacl.conversation_tags g on g.id = l.tag_id
      where l.thread_id = thread.id
      order by g.name
    ),
    'overrides', (
      select jsonb_build_object(
        'model', o.model,
        'instructions', o.instructions,
        'contextTokenBudget', o.context_token_budget,
        'autoApproval', o.auto_approval,
        'metadata', o.metadata
      )
      from loacl.thread_overrides o
      where o.thread_id = thread.id
    ),
    'optimizations', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object(
            'type', c.optimization_type,
            'reason', c.trigger_reason,
            'summary', c.summary,
            'affectedMessages', c.affected_messages,
            'tokensBefore', c.tokens_before,
            'tokensAfter', c.tokens_after,
            'createdAt', c.created_at
          )
          order by c.created_at, c.id
        ),
        '[]'
      )
      from loacl.context_optimizations c
      where c.thread_id = thread.id
    )
  );
end
$$;
comment on function loacl_private.export_thread(loacl.threads, boolean) is 'A conversation with its messages, as it is exported.';
revoke all on function loacl_private.export_thread(loacl.threads, boolean) from public;

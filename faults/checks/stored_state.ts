import { setTimeout as delay } from 'node:timers/promises'
import type { Visitor } from '../visitor.ts'

interface StoredMessage {
  id: string
  role: string
  status: string
  /** Its words, or else the name of the file that it is. */
  content: string
  parentId: string | null
  errorCode: string | null
  /** Whether what moderation flagged is in its log: of an answer, or of the message that it is for. */
  isLogged: boolean
}

interface StoredTurn {
  id: string
  state: string
  messageId: string
  userMessageId: string
  errorCode: string | null
  /** How its last step ended. */
  stepState: string
}

export interface StoredCall {
  id: string
  turnId: string | null
  tool: string
  status: string
  errorCode: string | null
  isAsked: boolean
  isApproved: boolean
  hasRun: boolean
  result: unknown
  /** Whether moderation refused its answer: nothing of the call is kept then but that it was made. */
  isWithdrawn: boolean
}

interface StoredUsage {
  purpose: string
  outputTokens: number
  /** Whether it is marked as an estimate; `null` where the schema has no such mark. */
  isEstimate: boolean | null
}

/** What the database holds of a visitor's assistant. */
export interface StoredState {
  messages: StoredMessage[]
  turns: StoredTurn[]
  usage: StoredUsage[]
  reservations: number
  /** Tokens in today's budget. */
  budgetTokens: number
  /** Tokens in the usage log, but for moderation's, which no budget counts. */
  usedTokens: number
  titles: (string | null)[]
  calls: StoredCall[]
  /** Calls in messages whose end is not told: what they show. */
  openCalls: { messageId: string; state: string }[]
  /** How often the log of a thread says that a turn ended. */
  endings: { turnId: string; times: number }[]
}

/** Reads again while the database is away. */
export async function readState(visitor: Visitor): Promise<StoredState> {
  const { sql } = visitor.world
  for (let tries = 0; ; tries++) {
    try {
      const [row] = await sql<{ state: StoredState }[]>`
        with own_threads as (select * from loacl.threads where assistant_id = ${visitor.assistant.id}),
        own_turns as (select * from loacl_private.turns where thread_id in (select id from own_threads)),
        own_usage as (select to_jsonb(u) as u from loacl.usage_logs u where assistant_id = ${visitor.assistant.id})
        select jsonb_build_object(
          'messages', coalesce((
            select jsonb_agg(jsonb_build_object(
              'id', m.id, 'role', role, 'status', status, 'content', coalesce(nullif(content, ''), parts -> 0 ->> 'filename', ''), 'parentId', parent_id, 'errorCode', error_code,
              'isLogged', exists (select from loacl.moderation_flags f where f.message_id in (m.id, m.parent_id))
            ) order by seq)
            from loacl.messages m where assistant_id = ${visitor.assistant.id}
          ), '[]'),
          'turns', coalesce((
            select jsonb_agg(jsonb_build_object(
              'id', t.id, 'state', state, 'messageId', message_id, 'userMessageId', user_message_id,
              'errorCode', error_code, 'stepState', (
                select s.state from loacl_private.turn_steps s where s.turn_id = t.id order by s.step desc limit 1
              )
            ) order by created_at)
            from own_turns t
          ), '[]'),
          'usage', coalesce((
            select jsonb_agg(jsonb_build_object(
              'purpose', u -> 'purpose', 'outputTokens', u -> 'output_tokens',
              -- Whichever name the mark has.
              'isEstimate', coalesce(u -> 'is_estimate', u -> 'is_estimated', u -> 'estimated', 'null')
            ))
            from own_usage
          ), '[]'),
          'reservations', (select count(*) from loacl_private.reservations where assistant_id = ${visitor.assistant.id}),
          'budgetTokens', coalesce((select day_tokens from loacl_private.budgets where assistant_id = ${visitor.assistant.id}), 0),
          'usedTokens', (select coalesce(sum((u ->> 'input_tokens')::bigint + (u ->> 'output_tokens')::bigint), 0) from own_usage where u ->> 'purpose' <> 'moderation'),
          'endings', coalesce((
            select jsonb_agg(jsonb_build_object('turnId', turn_id, 'times', times))
            from (
              select turn_id, count(*) as times
              from loacl_private.thread_events
              where kind = 'turn_ended' and thread_id in (select id from own_threads)
              group by turn_id
            ) e
          ), '[]'),
          'calls', coalesce((
            select jsonb_agg(jsonb_build_object(
              'id', e.id, 'turnId', e.turn_id, 'tool', e.tool_name, 'status', e.status, 'errorCode', e.error_code,
              'isAsked', e.approval_requested_at is not null, 'isApproved', e.approved_at is not null,
              'hasRun', e.executed_at is not null, 'result', e.result, 'isWithdrawn', exists (
                select from loacl.messages m where m.id = e.message_id and loacl_private.is_withdrawn(m.id)
              )
            ) order by e.created_at)
            from loacl.tool_executions e where e.assistant_id = ${visitor.assistant.id}
          ), '[]'),
          'openCalls', coalesce((
            select jsonb_agg(jsonb_build_object('messageId', m.id, 'state', p ->> 'state'))
            from loacl.messages m cross join jsonb_array_elements(m.parts) p
            where m.assistant_id = ${visitor.assistant.id} and p ->> 'type' = 'dynamic-tool'
              and p ->> 'state' not like 'output-%' and m.status <> 'waiting'
          ), '[]'),
          'titles', coalesce((select jsonb_agg(title) from own_threads), '[]')
        ) as state
      `
      return row!.state
    } catch (error) {
      if (tries === 150) throw error
      await delay(300)
    }
  }
}

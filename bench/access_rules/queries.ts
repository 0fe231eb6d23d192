import { randomUUID } from 'node:crypto'
import type postgres from 'postgres'
import type { Caller, Statement } from './request.ts'
import type { Visit } from './visits.ts'

export interface Query {
  name: string
  caller: Caller
  /** The statement that counts, after what must go before it in the same transaction. */
  prepare(sql: postgres.TransactionSql): Promise<Statement>
  /** The statement of a program that relies on no policies. Left out: the same statement. */
  unsecured?: Statement
}

const CONVERSATIONS = 'select t.id, t.title, t.status, t.last_message_at from loacl.threads t'
const LATEST_CONVERSATIONS = 'order by t.last_message_at desc, t.id desc limit 50'
const MESSAGES = 'select m.id, m.role, m.status, m.content, m.parts, m.created_at from loacl.messages m'
const LATEST_MESSAGES = 'order by m.seq desc limit 50'

/** What one caller asks: by the functions that the widget calls, and of the tables by way of the Data API. */
export function createQueries(visit: Visit): Query[] {
  const { caller, assistantId, threadId, sessionIds, assistantIds } = visit
  const isOperator = assistantIds.length > 0
  // An operator's own pages know of no visitor's session.
  const reader = isOperator ? { ...caller, headers: {} } : caller
  const opening = [
    ask('open_session', caller, 'select loacl.open_session($1)', [assistantId]),
    ask('list_threads', caller, 'select loacl.list_threads($1)', [assistantId]),
  ]
  const reading = [
    ask('list_messages', reader, 'select loacl.list_messages($1)', [threadId]),
    ask('list_events', reader, 'select loacl.list_events($1)', [threadId]),
    ask('newest 50 messages', reader, `${MESSAGES} where m.thread_id = $1 ${LATEST_MESSAGES}`, [threadId]),
  ]
  if (isOperator) {
    const ofOne = `${CONVERSATIONS} where t.assistant_id = $1 ${LATEST_CONVERSATIONS}`
    return [
      ...opening,
      ...reading,
      ask('latest conversations', reader, ofOne, [assistantId]),
      ask('usage of 30 days', reader, "select loacl.usage_metrics('day', assistant_id => $1)", [assistantId]),
      ask('latest conversations, all assistants', reader, `${CONVERSATIONS} ${LATEST_CONVERSATIONS}`, [], {
        text: `${CONVERSATIONS} where t.assistant_id = any ($1) ${LATEST_CONVERSATIONS}`,
        values: [assistantIds],
      }),
    ]
  }
  return [
    ...opening,
    ...reading,
    ask('all own threads', reader, `${CONVERSATIONS} ${LATEST_CONVERSATIONS}`, [], {
      text: `${CONVERSATIONS} where t.session_id = any ($1) and t.status <> 'deleted' ${LATEST_CONVERSATIONS}`,
      values: [sessionIds],
    }),
    ask('all own messages', reader, `${MESSAGES} ${LATEST_MESSAGES}`, [], {
      text: `${MESSAGES} where m.session_id = any ($1) and m.role <> 'system' ${LATEST_MESSAGES}`,
      values: [sessionIds],
    }),
    ...createTurnQueries(visit),
  ]
}

/** What a visitor gets who asks for a whole table. */
export const askForAll = (table: string, { caller }: Visit): Query =>
  ask(`all of ${table}`, caller, `select * from loacl.${table}`, [])

/** A statement that needs nothing before it. */
export function ask(
  name: string,
  caller: Caller,
  text: string,
  values: Statement['values'],
  unsecured?: Statement,
): Query {
  return { name, caller, prepare: async () => ({ text, values }), ...(unsecured && { unsecured }) }
}

/** As the functions call for a visitor. */
function createTurnQueries({ caller, assistantId, threadId }: Visit): Query[] {
  const server: Caller = { role: 'service_role', headers: caller.headers, claims: null }
  const createBegin = (): Statement => ({
    text: 'select loacl.begin_turn($1) as begun',
    values: [
      {
        type: 'message',
        assistantId,
        id: randomUUID(),
        threadId,
        text: 'And what of the policies?',
        origin: 'https://site.test',
        address: '203.0.113.7',
        claims: caller.claims,
        deadlineMs: 65_000,
      },
    ],
  })
  return [
    { name: 'begin_turn', caller: server, prepare: async () => createBegin() },
    {
      name: 'finish_turn',
      caller: server,
      prepare: async (sql) => {
        const { text, values } = createBegin()
        const [row] = await sql.unsafe<{ begun: { turn: { id: string; lease: string } } }[]>(text, values)
        const { id, lease } = row!.begun.turn
        const outcome = {
          state: 'completed',
          parts: [{ type: 'text', text: 'They apply.' }],
          content: 'They apply.',
          errorCode: null,
          cutReason: null,
          providerItems: [],
          responseId: 'resp_1',
          model: 'gpt-6-luna',
          usage: { inputTokens: 1000, cachedInputTokens: 0, outputTokens: 10, reasoningTokens: 0 },
        }
        return { text: 'select loacl.finish_turn($1, $2, $3)', values: [id, lease, outcome] }
      },
    },
  ]
}

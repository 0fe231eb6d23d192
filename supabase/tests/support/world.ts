import { randomBytes, randomUUID } from 'node:crypto'
import postgres from 'postgres'
import { createApi, type Answer, type Api, type Caller, type StackAddress } from './api.ts'

export interface Operator {
  userId: string
  jwt: string
}

export interface TurnKey {
  id: string
  lease: string
}

export interface BegunTurn {
  turn: TurnKey
  threadId: string
  userMessageId: string
  messageId: string
}

export interface World {
  api: Api
  /** As the owner of the database, past every policy. */
  sql: postgres.Sql
  /** As the functions call. */
  asServer: (token?: string) => Caller
  createOperator(): Promise<Operator>
  /** With an operator of its own unless one is given, and with a provider key unless told otherwise. */
  createAssistant(options?: {
    owner?: Operator
    providerKey?: boolean
    settings?: Record<string, postgres.SerializableParameter>
  }): Promise<{
    id: string
    owner: Operator
  }>
  beginTurn(assistantId: string, token: string | undefined, request?: Record<string, unknown>): Promise<Answer>
  /** Asks and begins to answer, or fails the test. */
  ask(
    assistantId: string,
    token: string,
    text?: string,
    threadId?: string | null,
  ): Promise<BegunTurn & { history: unknown }>
  finish(turn: TurnKey, outcome?: Record<string, unknown>): Promise<Answer>
  /** Asks, answers and suggests. */
  converse(
    assistantId: string,
    token: string,
    options?: { text?: string; answer?: string; threadId?: string },
  ): Promise<BegunTurn>
  /** Every row that hangs on an assistant, by table. */
  readRows(assistantId: string): Promise<Record<string, unknown>>
  close(): Promise<void>
}

export function createWorld(stack: StackAddress): World {
  const api = createApi(stack)
  const sql = postgres(stack.dbUrl, { max: 3, onnotice: () => {} })
  const asServer = (token?: string): Caller => ({ key: stack.secretKey, token })

  const createOperator: World['createOperator'] = async () => {
    const operator = await api.signUp(`${randomUUID()}@example.com`)
    await sql`insert into loacl_private.operators (user_id) values (${operator.userId})`
    return operator
  }

  const createAssistant: World['createAssistant'] = async ({ owner, providerKey = true, settings = {} } = {}) => {
    const operator = owner ?? (await createOperator())
    const [assistant] = await sql<{ id: string }[]>`
      insert into loacl.assistants ${sql({
        owner_id: operator.userId,
        name: randomUUID(),
        model: 'gpt-6-luna',
        instructions: 'The secret instructions.',
        allowed_origins: ['https://site.test'],
        ...settings,
      })} returning id
    `
    if (providerKey && owner === undefined) {
      await sql`
        with secret as (
          insert into loacl_private.secrets (owner_id, purpose, key_id, ciphertext)
          values (${operator.userId}, 'provider_key', 'test', ${randomBytes(48).toString('base64')})
          returning id
        )
        insert into loacl.provider_configs (owner_id, secret_id, key_last_four, is_default)
        select ${operator.userId}, id, 'abcd', true from secret
      `
    }
    return { id: assistant!.id, owner: operator }
  }

  const beginTurn: World['beginTurn'] = (assistantId, token, request = {}) =>
    api.rpc(
      'begin_turn',
      {
        request: {
          type: 'message',
          assistantId,
          id: randomUUID(),
          threadId: null,
          text: 'What is it?',
          origin: 'https://site.test',
          // The machine's own, to which limits by address don't apply.
          address: '127.0.0.1',
          userId: null,
          deadlineMs: 65_000,
          ...request,
        },
      },
      asServer(token),
    )

  const ask: World['ask'] = async (assistantId, token, text = 'What is it?', threadId = null) => {
    const { status, body } = await beginTurn(assistantId, token, { text, threadId })
    if (status !== 200) throw new Error(`begin_turn: ${JSON.stringify(body)}`)
    return body
  }

  const finish: World['finish'] = ({ id, lease }, outcome = {}) => {
    const content = (outcome['content'] as string | undefined) ?? 'It is this.'
    return api.rpc(
      'finish_turn',
      {
        turn_id: id,
        lease,
        outcome: {
          state: 'completed',
          parts: [{ type: 'text', text: content }],
          content,
          errorCode: null,
          cutReason: null,
          providerItems: [{ type: 'reasoning', encrypted_content: 'sealed by the provider' }],
          responseId: 'resp_1',
          model: 'gpt-6-luna',
          usage: { inputTokens: 100, cachedInputTokens: 0, outputTokens: 10, reasoningTokens: 0 },
          ...outcome,
        },
      },
      asServer(),
    )
  }

  const converse: World['converse'] = async (assistantId, token, { text, answer = 'It is this.', threadId } = {}) => {
    const begun = await ask(assistantId, token, text, threadId)
    await finish(begun.turn, { content: answer })
    await api.rpc(
      'save_follow_ups',
      {
        turn_id: begun.turn.id,
        lease: begun.turn.lease,
        title: 'About it',
        suggestions: ['And why?', 'And how?'],
        usage: null,
        is_called: false,
      },
      asServer(),
    )
    return begun
  }

  const readRows: World['readRows'] = async (assistantId) => {
    const [row] = await sql<{ rows: Record<string, unknown> }[]>`
      with own_sessions as (select * from loacl.sessions where assistant_id = ${assistantId}),
      own_threads as (select * from loacl.threads where assistant_id = ${assistantId}),
      own_turns as (select * from loacl_private.turns where thread_id in (select id from own_threads))
      select jsonb_build_object(
        'sessions', (select jsonb_agg(s order by id) from own_sessions s),
        'tokens', (select jsonb_agg(k order by session_id) from loacl_private.session_tokens k where session_id in (select id from own_sessions)),
        'threads', (select jsonb_agg(t order by id) from own_threads t),
        'messages', (select jsonb_agg(m order by seq) from loacl.messages m where assistant_id = ${assistantId}),
        'turns', (select jsonb_agg(t order by id) from own_turns t),
        'chunks', (select jsonb_agg(c order by turn_id, seq) from loacl_private.turn_chunks c where turn_id in (select id from own_turns)),
        'suggestions', (select jsonb_agg(f order by id) from loacl.follow_up_suggestions f where assistant_id = ${assistantId}),
        'usage', (select jsonb_agg(u order by id) from loacl.usage_logs u where assistant_id = ${assistantId})
      ) as rows
    `
    return row!.rows
  }

  return {
    api,
    sql,
    asServer,
    createOperator,
    createAssistant,
    beginTurn,
    ask,
    finish,
    converse,
    readRows,
    close: () => sql.end(),
  }
}

/** Whole rows of tables that name one of these ids in any column: what other tests left isn't among them. */
export async function readRowsNaming(
  sql: postgres.Sql,
  tables: readonly string[],
  ids: readonly string[],
): Promise<Record<string, string[]>> {
  const rows = tables.map(async (table) => {
    const found = await sql<{ row: string }[]>`
      select to_jsonb(t)::text as row from ${sql(table)} t
      where exists (select from jsonb_each_text(to_jsonb(t)) e where e.value = any (${[...ids]}))
      order by 1
    `
    return [table, found.map(({ row }) => row)] as const
  })
  return Object.fromEntries(await Promise.all(rows))
}

import { randomBytes, randomUUID } from 'node:crypto'
import postgres from 'postgres'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld, type BegunTurn } from '../support/world.ts'
import { createTurnCalls } from '../turns/turn_calls.ts'
import { createEventCalls } from './event_calls.ts'

const stack = workerStack()
const world = createWorld(stack)
const { api, sql } = world
const { read } = createEventCalls(world)
const { abandon, read: readTurn } = createTurnCalls(world)
let assistantId: string
let token: string
let begun: BegunTurn

beforeAll(async () => {
  ;({ id: assistantId } = await world.createAssistant())
})
beforeEach(async () => {
  token = createToken()
  begun = await world.converse(assistantId, token)
})
afterAll(() => world.close())

const ofPerson = (thread_id: string) => ({
  thread_id,
  session_id: randomUUID(),
  assistant_id: assistantId,
  role: 'assistant',
  author: 'person',
  content: 'Hello',
})

/** Resolves once somebody waits for what the transaction has locked. */
const isAwaited = async (transaction: postgres.TransactionSql): Promise<void> => {
  const [{ pid } = { pid: 0 }] = await transaction<{ pid: number }[]>`select pg_backend_pid() as pid`
  await expect.poll(() => sql`select from pg_stat_activity where ${pid} = any (pg_blocking_pids(pid))`).toHaveLength(1)
}

it('a later event waits for an earlier one, so that no reader finds its number first', async () => {
  const { threadId, messageId } = begun
  const feedback = await sql.begin(async (writing) => {
    await writing`insert into loacl.messages ${writing(ofPerson(threadId))}`
    const given = api.rpc('set_feedback', { message_id: messageId, value: 'up' }, { token })
    await isAwaited(writing)
    expect(await read(threadId, { token }, 5)).toMatchObject({ items: [], lastEvent: 5 })
    return { given }
  })
  expect((await feedback.given).status).toBe(200)
  expect((await read(threadId, { token }, 5)).items).toMatchObject([
    { number: 6, kind: 'message_added' },
    { number: 7, kind: 'feedback_changed' },
  ])
})

it('an event that is undone leaves no gap', async () => {
  const undo = new Error('undo')
  const undone = sql.begin(async (writing) => {
    await writing`update loacl.threads set title = 'No' where id = ${begun.threadId}`
    throw undo
  })
  await expect(undone).rejects.toBe(undo)
  await api.rpc('update_thread', { thread_id: begun.threadId, title: 'Yes' }, { token })
  expect((await read(begun.threadId, { token }, 5)).items).toMatchObject([{ number: 6, kind: 'thread_renamed' }])
})

it('many writers at once number theirs without a gap, and who reads along misses none', async () => {
  const { threadId } = begun
  const writers = postgres(stack.dbUrl, { max: 8, onnotice: () => {} })
  let isDone = false
  const write = async (n: number) => {
    if (n % 2) await writers`update loacl.threads set title = ${randomBytes(6).toString('hex')} where id = ${threadId}`
    else await writers`insert into loacl.messages ${writers(ofPerson(threadId))}`
  }
  const writing = Promise.all(Array.from({ length: 80 }, (_, n) => write(n))).finally(() => (isDone = true))
  const seen: number[] = []
  for (let isLast = false; !isLast;) {
    isLast = isDone
    const { items } = await read(threadId, { token }, 5 + seen.length)
    seen.push(...items.map(({ number }) => number))
  }
  await writing
  await writers.end()
  expect(seen).toEqual(Array.from({ length: 80 }, (_, at) => at + 6))
})

it('who finds a turn abandoned waits for its thread before the turn, as who ends it does', async () => {
  const asked = await world.ask(assistantId, token, 'Again', begun.threadId)
  await abandon(asked.turn)
  const found = await sql.begin(async (ending) => {
    await ending`select from loacl.threads where id = ${begun.threadId} for no key update`
    const reading = readTurn(asked.turn, 0, token)
    await isAwaited(ending)
    await ending`select from loacl_private.turns where id = ${asked.turn.id} for update nowait`
    return { reading }
  })
  expect((await found.reading).body).toMatchObject({ state: 'failed' })
})

import { afterAll, beforeAll, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { avoidMidnight } from '../support/day.ts'
import { createWorld, type BegunTurn, type Operator } from '../support/world.ts'

const world = createWorld(workerStack())
const { api, sql } = world

let operator: Operator
let assistants: [string, string]
let turns: [BegunTurn, BegunTurn, BegunTurn]
let caller: { jwt: string }

beforeAll(async () => {
  await avoidMidnight()
  const first = await world.createAssistant()
  operator = first.owner
  caller = { jwt: operator.jwt }
  assistants = [first.id, (await world.createAssistant({ owner: operator })).id]
  const token = createToken()
  turns = [
    await world.converse(assistants[0], token),
    await world.converse(assistants[0], createToken()),
    await world.converse(assistants[1], createToken()),
  ]
  await world.converse(assistants[0], token, { threadId: turns[0].threadId })
  await sql`
    update loacl.sessions set session_type = 'authenticated', external_id = 'ada'
    where id = (select session_id from loacl.threads where id = ${turns[0].threadId})
  `
  const unpriced = await world.ask(assistants[1], createToken())
  await world.finish(unpriced.turn, { model: 'nobody-knows' })
  await sql`select loacl.add_file(session_id, id, 'a', 'text/plain', 1, ${'cd'.repeat(32)}) from loacl.threads where id = ${turns[0].threadId}`
  // Somebody else's, which is in none of the sums.
  await world.converse((await world.createAssistant()).id, createToken())
})
afterAll(() => world.close())

const metrics = (args: object) => api.rpc('usage_metrics', args, caller)
// 100 tokens in and 10 out at gpt-6-luna's prices.
const call = (count: number) => ({
  inputTokens: 100 * count,
  cachedInputTokens: 0,
  outputTokens: 10 * count,
  reasoningTokens: 0,
  calls: count,
  messages: count,
})
const cost = (count: number): number => expect.closeTo(0.000015 * count, 9)

it('sums by assistant, with what has no price apart', async () => {
  const { status, body } = await metrics({ by: 'assistant' })
  expect(status).toBe(200)
  const expected = [
    { key: assistants[0], ...call(3), files: 1, costUsd: cost(3), unpricedCalls: 0 },
    { key: assistants[1], ...call(2), files: 0, costUsd: cost(1), unpricedCalls: 1 },
  ]
  expect(body).toEqual(expected.toSorted((a, b) => (a.key < b.key ? -1 : 1)))
})

it('sums by day, thread, session and user', async () => {
  const day = new Date().toISOString().slice(0, 10)
  expect((await metrics({ by: 'day', assistant_id: assistants[0] })).body).toEqual([
    { key: day, ...call(3), files: 1, costUsd: cost(3), unpricedCalls: 0 },
  ])
  const byThread = (await metrics({ by: 'thread' })).body
  expect(byThread).toHaveLength(4)
  expect(byThread).toContainEqual({
    key: turns[0].threadId,
    ...call(2),
    files: 1,
    costUsd: cost(2),
    unpricedCalls: 0,
  })
  expect((await metrics({ by: 'session' })).body).toHaveLength(4)
  expect((await metrics({ by: 'user', assistant_id: assistants[0] })).body).toEqual([
    { key: 'ada', ...call(2), files: 1, costUsd: cost(2), unpricedCalls: 0 },
    { key: null, ...call(1), files: 0, costUsd: cost(1), unpricedCalls: 0 },
  ])
})

it('keeps to the time that is asked for', async () => {
  expect((await metrics({ by: 'day', until: '2026-01-01' })).body).toEqual([])
  expect(
    (await metrics({ by: 'day', since: new Date(Date.now() + 60_000).toISOString(), until: '2100-01-01' })).body,
  ).toEqual([])
})

it('still counts what was erased or deleted, without a name', async () => {
  const gone = await world.createAssistant({ owner: operator })
  await world.converse(gone.id, createToken())
  await sql`delete from loacl.assistants where id = ${gone.id}`
  const { body } = await metrics({ by: 'assistant' })
  expect(body).toContainEqual({ key: null, ...call(1), messages: 0, files: 0, costUsd: cost(1), unpricedCalls: 0 })
})

it('says what it can’t sum by', async () => {
  expect(await metrics({ by: 'colour' })).toMatchObject({ status: 400, body: { message: 'invalid_body' } })
})

it('tells nobody else anything', async () => {
  const other = await world.createOperator()
  const stranger = await api.signUp(`${crypto.randomUUID()}@example.com`)
  for (const { jwt } of [other, stranger]) {
    expect((await api.rpc('usage_metrics', { by: 'assistant' }, { jwt })).body).toEqual([])
    expect((await api.rpc('usage_metrics', { by: 'day', assistant_id: assistants[0] }, { jwt })).body).toEqual([])
  }
  expect((await api.rpc('usage_metrics', { by: 'day' }, { token: createToken() })).status).toBe(401)
})

import { afterAll, beforeAll, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld, type BegunTurn, type Operator } from '../support/world.ts'

const world = createWorld(workerStack())
const { api, sql } = world
const token = createToken()

let assistantId: string
let operator: Operator
let turn: BegunTurn

beforeAll(async () => {
  ;({ id: assistantId, owner: operator } = await world.createAssistant())
  turn = await world.converse(assistantId, token)
})
afterAll(() => world.close())

const setFeedback = (args: object, caller: object = { token }) =>
  api.rpc('set_feedback', { message_id: turn.messageId, ...args }, caller)
const read = async (): Promise<unknown[]> => [
  ...(await sql`select value, comment from loacl.message_feedback where message_id = ${turn.messageId}`),
]

it('gives, changes and takes back feedback on an answer', async () => {
  expect(await setFeedback({ value: 'up' })).toEqual({ status: 200, body: { value: 'up', comment: null } })
  expect((await setFeedback({ value: 'down', comment: ' Wrong. ' })).body).toEqual({ value: 'down', comment: 'Wrong.' })
  expect(await read()).toEqual([{ value: 'down', comment: 'Wrong.' }])
  const seen = await api.select('message_feedback?select=value,comment', { jwt: operator.jwt })
  expect(seen.body).toEqual([{ value: 'down', comment: 'Wrong.' }])
  expect((await setFeedback({ value: null })).body).toBeNull()
  expect(await read()).toEqual([])
})

it.each([
  ['another visitor', { token: createToken() }],
  ['nobody', {}],
])('%s has no say', async (_, caller) => {
  expect(await setFeedback({ value: 'up' }, caller)).toMatchObject({
    status: 404,
    body: { message: 'message_not_found' },
  })
  expect((await api.insert('message_feedback', { message_id: turn.messageId, value: 'up' }, caller)).status).toBe(404)
  expect(await read()).toEqual([])
})

it('the operator has none either: it is the visitor’s', async () => {
  expect(await setFeedback({ value: 'up' }, { jwt: operator.jwt })).toMatchObject({ status: 404 })
  const inserted = await api.insert(
    'message_feedback',
    { message_id: turn.messageId, value: 'up' },
    { jwt: operator.jwt },
  )
  expect(inserted).toMatchObject({ status: 403, body: { code: '42501' } })
  expect(await read()).toEqual([])
})

it('is about answers alone, and is up or down, with a comment of some length', async () => {
  const refusals = [
    [{ message_id: turn.userMessageId, value: 'up' }, 404],
    [{ value: 'sideways' }, 400],
    [{ value: 'up', comment: 'x'.repeat(2001) }, 400],
  ] as const
  for (const [args, status] of refusals) expect((await setFeedback(args)).status).toBe(status)
  const inserted = await api.insert('message_feedback', { message_id: turn.userMessageId, value: 'up' }, { token })
  expect(inserted).toMatchObject({ status: 401, body: { code: '42501' } })
  expect(await read()).toEqual([])
})

it('can be written through the table too, by nobody but its visitor, and only value and comment', async () => {
  const row = `message_feedback?message_id=eq.${turn.messageId}`
  expect(
    (await api.insert('message_feedback', { message_id: turn.messageId, value: 'up' }, { token })).body,
  ).toMatchObject([{ thread_id: turn.threadId, assistant_id: assistantId }])
  expect((await api.update(row, { value: 'down' }, { token: createToken() })).body).toEqual([])
  expect((await api.remove(row, { token: createToken() })).body).toEqual([])
  expect((await api.update(row, { assistant_id: assistantId }, { token })).status).toBe(401)
  expect((await api.update(row, { value: 'down' }, { token })).body).toMatchObject([{ value: 'down' }])
  expect((await api.remove(row, { token })).body).toHaveLength(1)
})

it('goes with its thread', async () => {
  const gone = await world.converse(assistantId, token)
  await setFeedback({ message_id: gone.messageId, value: 'up' })
  await sql`delete from loacl.threads where id = ${gone.threadId}`
  expect(await sql`select from loacl.message_feedback where message_id = ${gone.messageId}`).toHaveLength(0)
})

import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld } from '../support/world.ts'
import { createTurnCalls } from './turn_calls.ts'

const world = createWorld(workerStack())
const { sql } = world
const { listMessages } = createTurnCalls(world)
let assistantId: string

beforeAll(async () => {
  ;({ id: assistantId } = await world.createAssistant())
})
afterAll(() => world.close())

describe('a retry', () => {
  it('answers the same message again, and only the new answer is shown', async () => {
    const token = createToken()
    const id = randomUUID()
    const first = (await world.beginTurn(assistantId, token, { id, text: 'Hello' })).body
    await world.finish(first.turn, { state: 'failed', errorCode: 'model_unavailable', content: '' })
    const { body } = await world.beginTurn(assistantId, token, {
      type: 'retry',
      id,
      threadId: first.threadId,
      text: undefined,
    })
    expect(body).toMatchObject({
      joined: false,
      userMessageId: first.userMessageId,
      history: [{ role: 'user', content: 'Hello' }],
    })
    expect(body.messageId).not.toBe(first.messageId)
    await world.finish(body.turn, { content: 'Hello yourself' })
    const { items } = await listMessages(first.threadId, token)
    expect(items.map((item: { id: string }) => item.id)).toEqual([body.messageId, first.userMessageId])
    const [replaced] = await sql`select parent_id, status from loacl.messages where id = ${first.messageId}`
    expect(replaced).toEqual({ parent_id: first.userMessageId, status: 'failed' })
    const next = await world.ask(assistantId, token, 'Next', first.threadId)
    expect((next.history as { content: string }[]).map(({ content }) => content)).toEqual([
      'Hello',
      'Hello yourself',
      'Next',
    ])
  })

  it('joins the try that runs, by the message’s own id too, and the answer that came', async () => {
    const token = createToken()
    const first = await world.ask(assistantId, token)
    await world.finish(first.turn, { state: 'stopped' })
    const retry = { type: 'retry', id: first.userMessageId, threadId: first.threadId }
    const answers = await Promise.all(
      [retry, retry, retry].map((request) => world.beginTurn(assistantId, token, request)),
    )
    const begun = answers.filter(({ body }) => !body.joined)
    expect(begun).toHaveLength(1)
    await world.finish(begun[0]!.body.turn)
    const late = await world.beginTurn(assistantId, token, retry)
    expect(late.body).toMatchObject({ joined: true, turn: { id: begun[0]!.body.turn.id } })
  })

  it('is for the latest message alone: what was said after it is not put aside', async () => {
    const token = createToken()
    const first = await world.ask(assistantId, token)
    await world.finish(first.turn, { state: 'failed', errorCode: 'internal' })
    await world.converse(assistantId, token, { threadId: first.threadId })
    const retry = { type: 'retry', id: first.userMessageId, threadId: first.threadId }
    expect(await world.beginTurn(assistantId, token, retry)).toMatchObject({
      status: 409,
      body: { message: 'id_conflict' },
    })
  })
})

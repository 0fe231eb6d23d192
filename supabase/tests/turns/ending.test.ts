import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld } from '../support/world.ts'
import { createTurnCalls, delta, leaseLost } from './turn_calls.ts'

const world = createWorld(workerStack())
const { api, sql } = world
const { append, listMessages, read } = createTurnCalls(world)
let assistantId: string

beforeAll(async () => {
  ;({ id: assistantId } = await world.createAssistant())
})
afterAll(() => world.close())

describe('a turn ends once', () => {
  it.each(['completed', 'stopped', 'cut', 'failed'] as const)('as %s, and takes nothing after', async (state) => {
    const token = createToken()
    const { turn, threadId, messageId } = await world.ask(assistantId, token)
    const outcome = {
      state,
      errorCode: state === 'failed' ? 'model_unavailable' : null,
      cutReason: state === 'cut' ? 'time_limit' : null,
    }
    expect((await world.finish(turn, { ...outcome, content: 'So far' })).status).toBe(204)
    const expected = {
      id: messageId,
      status: state,
      content: 'So far',
      parts: [{ type: 'text', text: 'So far' }],
      errorCode: outcome.errorCode,
      cutReason: outcome.cutReason,
    }
    const page = await listMessages(threadId, token)
    expect(page.items[0]).toMatchObject(expected)
    expect(page.activeTurnId).toBeNull()
    expect((await read(turn, 0, token)).body).toMatchObject({
      state,
      errorCode: outcome.errorCode,
      cutReason: outcome.cutReason,
      message: expected,
    })
    const before = await world.readRows(assistantId)
    expect(await world.finish(turn, { state: 'completed', content: 'Other' })).toMatchObject(leaseLost)
    expect(await append(turn, 1, [delta('a')])).toMatchObject(leaseLost)
    expect(await world.readRows(assistantId)).toEqual(before)
  })

  it('by one of two that try at once', async () => {
    const { turn } = await world.ask(assistantId, createToken())
    const answers = await Promise.all(['completed', 'stopped'].map((state) => world.finish(turn, { state })))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([204, 409])
    expect(
      await sql`select from loacl.usage_logs where thread_id = (select thread_id from loacl_private.turns where id = ${turn.id})`,
    ).toHaveLength(1)
  })

  it('for its worker alone', async () => {
    const { turn } = await world.ask(assistantId, createToken())
    const stolen = { id: turn.id, lease: randomUUID() }
    const before = await world.readRows(assistantId)
    expect(await append(stolen, 1, [delta('a')])).toMatchObject(leaseLost)
    expect(await world.finish(stolen)).toMatchObject(leaseLost)
    const followUps = { turn_id: turn.id, lease: stolen.lease, title: 'x', suggestions: ['x'], usage: null }
    expect(await api.rpc('save_follow_ups', followUps, world.asServer())).toMatchObject(leaseLost)
    expect(await world.readRows(assistantId)).toEqual(before)
  })

  it('and keeps the provider’s items where only the functions read', async () => {
    const { turn } = await world.ask(assistantId, createToken())
    await world.finish(turn)
    const steps = await sql`
      select step, state, model, response_id, provider_items from loacl_private.turn_steps where turn_id = ${turn.id}
    `
    expect(steps).toEqual([
      {
        step: 1,
        state: 'completed',
        model: 'gpt-6-luna',
        response_id: 'resp_1',
        provider_items: [{ type: 'reasoning', encrypted_content: 'sealed by the provider' }],
      },
    ])
  })
})

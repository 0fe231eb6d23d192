import { afterAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld, type Operator } from '../support/world.ts'
import { createSpending } from './spending.ts'

const world = createWorld(workerStack())
const { api } = world
const { begin, readBudget } = createSpending(world)
afterAll(() => world.close())

const pause = (id: string, { jwt }: Operator, paused_at: string | null) =>
  api.update(`assistants?id=eq.${id}`, { paused_at }, { jwt })

describe('the pause switch', () => {
  it('stops new turns by a code of its own, and lets what runs come to its end', async () => {
    const { id, owner } = await world.createAssistant()
    const token = createToken()
    const { turn, threadId } = await world.ask(id, token)
    await pause(id, owner, new Date().toISOString())
    const before = [await world.readRows(id), await readBudget(id)]
    expect(await begin(id)).toMatchObject({ status: 403, body: { message: 'assistant_paused' } })
    expect([await world.readRows(id), await readBudget(id)]).toEqual(before)
    expect(
      (await api.rpc('append_turn_parts', { turn_id: turn.id, lease: turn.lease, seq: 1, parts: [] }, world.asServer()))
        .status,
    ).toBe(200)
    expect((await world.finish(turn)).status).toBe(204)
    await pause(id, owner, null)
    expect((await world.beginTurn(id, token, { threadId })).status).toBe(200)
  })

  it('stops new turns at once and leaves the rest', async () => {
    const { id, owner } = await world.createAssistant()
    const token = createToken()
    const { threadId } = await world.converse(id, token)
    expect((await pause(id, owner, new Date().toISOString())).status).toBe(200)
    const before = await world.readRows(id)
    for (const request of [{}, { threadId }])
      expect(await world.beginTurn(id, token, request)).toMatchObject({
        status: 403,
        body: { message: 'assistant_paused' },
      })
    expect(await world.readRows(id)).toEqual(before)
    expect((await api.rpc('list_messages', { thread_id: threadId }, { token })).status).toBe(200)
    await pause(id, owner, null)
    expect((await world.beginTurn(id, token, { threadId })).status).toBe(200)
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld } from '../support/world.ts'
import { createTurnCalls, delta, leaseLost } from './turn_calls.ts'

const world = createWorld(workerStack())
const { sql } = world
const { abandon, append, read, stop } = createTurnCalls(world)
let assistantId: string

beforeAll(async () => {
  ;({ id: assistantId } = await world.createAssistant())
})
afterAll(() => world.close())

describe('a turn whose worker has gone', () => {
  it('is renewed by each append', async () => {
    const { turn } = await world.ask(assistantId, createToken())
    await abandon(turn)
    await append(turn, 1, [])
    const [row] =
      await sql`select lease_expires_at > now() + interval '10 seconds' as renewed from loacl_private.turns where id = ${turn.id}`
    expect(row).toEqual({ renewed: true })
  })

  it('is failed by whoever reads it, and keeps what was streamed', async () => {
    const token = createToken()
    const { turn } = await world.ask(assistantId, token)
    await append(turn, 1, [{ type: 'start' }, delta('So '), delta('far')])
    await abandon(turn)
    expect((await read(turn, 0, token)).body).toMatchObject({
      state: 'failed',
      errorCode: 'turn_abandoned',
      message: {
        status: 'failed',
        errorCode: 'turn_abandoned',
        content: 'So far',
        parts: [{ type: 'text', text: 'So far' }],
      },
    })
    expect(await append(turn, 4, [delta('late')])).toMatchObject(leaseLost)
    expect(await world.finish(turn)).toMatchObject(leaseLost)
  })

  it('is failed by a stop', async () => {
    const token = createToken()
    const { turn } = await world.ask(assistantId, token)
    await abandon(turn)
    expect((await stop(turn, token)).body).toEqual({ state: 'failed' })
  })

  it('makes way for the next message, and for a retry', async () => {
    const token = createToken()
    const first = await world.ask(assistantId, token)
    await abandon(first.turn)
    const second = await world.ask(assistantId, token, 'Next', first.threadId)
    expect(await world.finish(first.turn)).toMatchObject(leaseLost)
    await abandon(second.turn)
    const retry = { type: 'retry', id: second.userMessageId, threadId: first.threadId }
    expect((await world.beginTurn(assistantId, token, retry)).body).toMatchObject({ joined: false })
  })

  it('is failed by the clean-up too', async () => {
    const token = createToken()
    const { turn } = await world.ask(assistantId, token)
    await abandon(turn)
    await sql`select loacl_private.clean_up()`
    expect(await sql`select state, error_code from loacl_private.turns where id = ${turn.id}`).toEqual([
      { state: 'failed', error_code: 'turn_abandoned' },
    ])
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld } from '../support/world.ts'
import { createTurnCalls, delta } from './turn_calls.ts'

const world = createWorld(workerStack())
const { sql } = world
const { append, read, stop } = createTurnCalls(world)
let assistantId: string

beforeAll(async () => {
  ;({ id: assistantId } = await world.createAssistant())
})
afterAll(() => world.close())

describe('the parts of a turn', () => {
  it('are read from any place on, and end with the message', async () => {
    const token = createToken()
    const { turn, threadId, messageId, userMessageId } = await world.ask(assistantId, token)
    await append(turn, 1, [{ type: 'start', messageId }, delta('Hel')])
    await append(turn, 3, [delta('lo')])
    await append(turn, 4, [delta(' '), delta('there')])
    expect((await read(turn, 0, token)).body).toMatchObject({
      state: 'running',
      threadId,
      messageId,
      userMessageId,
      message: null,
      errorCode: null,
      cutReason: null,
    })
    for (const after of [0, 1, 2, 3, 4, 5, 9]) {
      const { parts } = (await read(turn, after, token)).body
      expect(parts.map(({ seq }: { seq: number }) => seq)).toEqual([1, 2, 3, 4, 5].filter((seq) => seq > after))
    }
    expect((await read(turn, 3, token)).body.parts).toEqual([
      { seq: 4, part: delta(' ') },
      { seq: 5, part: delta('there') },
    ])
    await world.finish(turn, { content: 'Hello there' })
    const ended = (await read(turn, 5, token)).body
    expect(ended).toMatchObject({
      state: 'completed',
      parts: [],
      message: { id: messageId, status: 'completed', content: 'Hello there' },
    })
  })

  it('are stored once, however often they are sent', async () => {
    const token = createToken()
    const { turn } = await world.ask(assistantId, token)
    await append(turn, 1, [delta('a'), delta('b')])
    await append(turn, 1, [delta('a'), delta('b')])
    await append(turn, 2, [delta('b'), delta('c')])
    await append(turn, 1, [delta('a')])
    const { parts } = (await read(turn, 0, token)).body
    expect(parts.map(({ part }: { part: { delta: string } }) => part.delta)).toEqual(['a', 'b', 'c'])
    expect(await append(turn, 5, [delta('e')])).toMatchObject({ status: 500, body: { message: 'internal' } })
  })

  it('carry the visitor’s request to stop back to the worker', async () => {
    const token = createToken()
    const { turn } = await world.ask(assistantId, token)
    expect((await append(turn, 1, [delta('a')])).body).toEqual({ stopRequested: false })
    expect((await stop(turn, token)).body).toEqual({ state: 'running' })
    expect((await append(turn, 2, [])).body).toEqual({ stopRequested: true })
    await world.finish(turn, { state: 'stopped' })
    expect((await stop(turn, token)).body).toEqual({ state: 'stopped' })
  })

  it('go some minutes after the end, with the next turn of anybody, and the message stays', async () => {
    const token = createToken()
    const { turn } = await world.ask(assistantId, token)
    await append(turn, 1, [delta('a')])
    await world.finish(turn, { content: 'a' })
    await sql`update loacl_private.turns set ended_at = now() - interval '11 minutes' where id = ${turn.id}`
    await world.ask(assistantId, createToken())
    expect(await sql`select from loacl_private.turn_chunks where turn_id = ${turn.id}`).toHaveLength(0)
    expect((await read(turn, 0, token)).body).toMatchObject({
      state: 'completed',
      parts: [],
      message: { content: 'a' },
    })
  })
})

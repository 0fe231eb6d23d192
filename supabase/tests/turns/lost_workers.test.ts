import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld, type TurnKey } from '../support/world.ts'
import { createTurnCalls, delta, leaseLost } from './turn_calls.ts'

const world = createWorld(workerStack())
const { api, sql } = world
const { abandon, append, listMessages, read, resume, stop } = createTurnCalls(world)
let assistantId: string

beforeAll(async () => {
  ;({ id: assistantId } = await world.createAssistant())
})
afterAll(() => world.close())

const source = { type: 'source-url', sourceId: 's', url: 'https://x.example/' }
const erase = (token: string) => api.rpc('erase_visitor_data', {}, { token })

const unfolded = async (turn: TurnKey) => {
  const { body } = await api.rpc('list_unfolded_turns', { max_turns: 100 }, world.asServer())
  return (body as { turnId: string }[]).filter(({ turnId }) => turnId === turn.id)
}

describe('a turn whose worker died', () => {
  const stream = [{ type: 'start' }, delta('So far'), source, { type: 'reasoning-delta', id: 'r', delta: 'Hm' }]
  const die = async (token: string) => {
    const begun = await world.ask(assistantId, token)
    await append(begun.turn, 1, stream)
    await abandon(begun.turn)
    return begun
  }

  it('is ended by who lists its messages, and what it streamed comes along', async () => {
    const token = createToken()
    const { turn, threadId } = await die(token)
    const page = await listMessages(threadId, token)
    expect(page.activeTurnId).toBeNull()
    expect(page.items[0]).toMatchObject({
      status: 'failed',
      errorCode: 'turn_abandoned',
      content: 'So far',
      // Without the reasoning, which the assistant doesn't show.
      streamed: stream.slice(0, 3),
    })
    expect(page.items[1]).not.toHaveProperty('streamed')
    expect(await sql`select state from loacl_private.turns where id = ${turn.id}`).toEqual([{ state: 'failed' }])
    expect(await sql`select from loacl_private.reservations where turn_id = ${turn.id}`).toHaveLength(0)
  })

  it('is not ended by a stranger, another visitor or another owner who asks for them', async () => {
    const token = createToken()
    const { turn, threadId } = await die(token)
    const { jwt } = await world.createOperator()
    for (const caller of [{}, { token: createToken() }, { jwt }])
      expect(await api.rpc('list_messages', { thread_id: threadId }, caller)).toMatchObject({ status: 404 })
    expect(await sql`select state from loacl_private.turns where id = ${turn.id}`).toEqual([{ state: 'running' }])
  })

  it('keeps its chunks until a function has folded them into the message, once', async () => {
    const token = createToken()
    const { turn, threadId } = await die(token)
    await listMessages(threadId, token)
    await sql`update loacl_private.turns set ended_at = ended_at - interval '1 hour' where id = ${turn.id}`
    await sql`select loacl_private.clean_up()`
    expect(await unfolded(turn)).toMatchObject([{ parts: stream }])

    const parts = [{ type: 'text', text: 'So far' }, source]
    const fold = (content: string) => api.rpc('fold_turn', { turn_id: turn.id, content, parts }, world.asServer())
    await fold('So far')
    await fold('Late')
    const [answer] = (await listMessages(threadId, token)).items
    expect(answer).toMatchObject({ content: 'So far', parts, status: 'failed' })
    expect(answer).not.toHaveProperty('streamed')
    await sql`select loacl_private.clean_up()`
    expect(await sql`select from loacl_private.turn_chunks where turn_id = ${turn.id}`).toHaveLength(0)
    expect(await unfolded(turn)).toEqual([])
  })

  it('is ended and settled by the next question of anybody to the same assistant, where nobody looks', async () => {
    const { turn } = await die(createToken())
    const stateOf =
      () => sql`select state, (select count(*)::int from loacl_private.reservations r where r.turn_id = t.id) as held
      from loacl_private.turns t where id = ${turn.id}`
    const other = await world.createAssistant()
    await world.ask(other.id, createToken())
    expect(await stateOf()).toEqual([{ state: 'running', held: 2 }])
    await world.ask(assistantId, createToken())
    expect(await stateOf()).toEqual([{ state: 'failed', held: 0 }])
  })

  it('brings nothing back of who was erased', async () => {
    const token = createToken()
    const { turn, messageId } = await die(token)
    await erase(token)
    await api.rpc('fold_turn', { turn_id: turn.id, content: 'Late', parts: [] }, world.asServer())
    expect(await unfolded(turn)).toEqual([])
    expect(await append(turn, 5, [delta('late')])).toMatchObject(leaseLost)
    expect(await resume(turn, token)).toMatchObject({ status: 401 })
    const late = { turn_id: turn.id, lease: turn.lease, title: 'Late', suggestions: ['Late?'], usage: null }
    expect(await api.rpc('save_follow_ups', late, world.asServer())).toMatchObject(leaseLost)
    expect(await sql`select from loacl.messages where id = ${messageId}`).toHaveLength(0)
  })
})

/** As if its worker had missed two beats. */
const silence = ({ id }: TurnKey) =>
  sql`update loacl_private.turns set lease_expires_at = lease_expires_at - interval '2 seconds' where id = ${id}`

describe('a turn of which nothing was said yet', () => {
  it('is taken over by one of those who try, once its worker has missed two beats', async () => {
    const token = createToken()
    const { turn, messageId } = await world.ask(assistantId, token)
    await append(turn, 1, [{ type: 'start' }, { type: 'data-turn' }])
    expect((await read(turn, 0, token)).body).toMatchObject({ isSilent: false })
    expect((await resume(turn, token)).body).toMatchObject({ joined: true })
    await silence(turn)
    expect((await read(turn, 0, token)).body).toMatchObject({ state: 'running', isSilent: true })
    const lease = randomUUID()
    const { body } = await resume(turn, token, 1, lease)
    expect(body).toMatchObject({ joined: false, turn: { id: turn.id, lease }, messageId, lastSeq: 2, steps: [] })
    expect((await resume(turn, token)).body).toMatchObject({ joined: true })
    // The old one is fenced off.
    expect(await append(turn, 3, [delta('late')])).toMatchObject(leaseLost)
    expect(await world.finish(turn)).toMatchObject(leaseLost)
    expect(await append(body.turn, 3, [delta('Here')])).toMatchObject({ status: 200 })
    expect(await world.finish(body.turn)).toMatchObject({ status: 204 })
  })

  it('is its worker’s again after a beat, and once something was said', async () => {
    const token = createToken()
    const { turn } = await world.ask(assistantId, token)
    await silence(turn)
    await append(turn, 1, [{ type: 'start' }, { type: 'data-turn' }])
    expect((await resume(turn, token)).body).toMatchObject({ joined: true })
    await append(turn, 3, [delta('Here')])
    await silence(turn)
    expect((await resume(turn, token)).body).toMatchObject({ joined: true })
  })

  it('goes on with an answer that was cut: what that had said is told again, and nothing after it', async () => {
    const token = createToken()
    const { turn: first, threadId, messageId } = await world.ask(assistantId, token)
    const cut = { state: 'cut', cutReason: 'time_limit', content: 'Half', parts: [{ type: 'text', text: 'Half' }] }
    await world.finish(first, cut)
    const request = { type: 'continue', threadId, messageId, text: undefined }
    const { turn } = (await world.beginTurn(assistantId, token, request)).body
    const told = [{ type: 'start' }, { type: 'data-turn' }, { type: 'text-start', id: 't' }, delta('Half')]
    await append(turn, 1, told)
    expect((await read(turn, 0, token)).body).toMatchObject({ isSilent: false })
    await silence(turn)
    expect((await read(turn, 0, token)).body).toMatchObject({ state: 'running', isSilent: true })
    const { body } = await resume(turn, token)
    expect(body).toMatchObject({ joined: false, messageId, lastSeq: told.length, parts: cut.parts })
    expect(body.history.at(-1)).toMatchObject({ role: 'assistant', content: 'Half' })
    expect(await append(turn, 5, [delta('late')])).toMatchObject(leaseLost)
    await append(body.turn, 5, [delta(' and more')])
    await silence(body.turn)
    expect((await read(turn, 0, token)).body).toMatchObject({ isSilent: false })
    expect((await resume(turn, token)).body).toMatchObject({ joined: true })
    expect(await world.finish(body.turn)).toMatchObject({ status: 204 })
  })

  it('counts both calls, and is cut where the budget has no room for the second', async () => {
    const { id } = await world.createAssistant()
    const token = createToken()
    const { turn } = await world.ask(id, token)
    const [{ tokens }] = await sql<[{ tokens: number }]>`
      select sum(tokens)::int as tokens from loacl_private.reservations where turn_id = ${turn.id}
    `
    await silence(turn)
    const { body } = await resume(turn, token)
    await world.finish(body.turn)
    const logs = await sql`
      select is_estimate from loacl.usage_logs where assistant_id = ${id} and purpose = 'answer' order by created_at
    `
    expect(logs).toEqual([{ is_estimate: true }, { is_estimate: false }])

    const other = await world.createAssistant({ settings: { tokens_per_day: tokens + 10 } })
    const late = createToken()
    const second = await world.ask(other.id, late)
    await silence(second.turn)
    expect((await resume(second.turn, late)).body).toMatchObject({ joined: true })
    expect((await read(second.turn, 0, late)).body).toMatchObject({ state: 'cut', cutReason: 'budget' })
    expect(await sql`select from loacl_private.reservations where turn_id = ${second.turn.id}`).toHaveLength(0)
  })

  it('is not taken over by another visitor, and comes to nobody who was erased', async () => {
    const token = createToken()
    const { turn } = await world.ask(assistantId, token)
    await silence(turn)
    await world.ask(assistantId, createToken())
    expect(await resume(turn, createToken())).toMatchObject({ status: 404 })
    await erase(token)
    expect(await resume(turn, token)).toMatchObject({ status: 401 })
  })
})

const stopMessage = (id: string, token: string) => api.rpc('stop_message', { message_id: id }, world.asServer(token))
const send = async (id: string, token: string) =>
  (await world.beginTurn(assistantId, token, { id, text: 'Late' })).body as { turn: TurnKey; stopRequested: boolean }

/** A turn that has said something. */
const beginSaying = async () => {
  const token = createToken()
  const begun = await world.ask(assistantId, token)
  await append(begun.turn, 1, [{ type: 'start' }, { type: 'data-turn' }, delta('So far')])
  return { ...begun, token }
}

describe('a stop of a turn whose worker has missed two beats', () => {
  it('ends it at once, with what it had streamed, and the late worker is fenced off', async () => {
    const { turn, token } = await beginSaying()
    await silence(turn)
    // Whoever only looks waits for its lease.
    expect((await read(turn, 0, token)).body).toMatchObject({ state: 'running' })
    expect((await stop(turn, token)).body).toEqual({ state: 'stopped' })
    expect((await read(turn, 0, token)).body).toMatchObject({ state: 'stopped', message: { content: 'So far' } })
    expect(await append(turn, 4, [delta('late')])).toMatchObject(leaseLost)
    expect(await world.finish(turn)).toMatchObject(leaseLost)
    expect(await sql`select from loacl_private.reservations where turn_id = ${turn.id}`).toHaveLength(0)
  })

  it('is noticed by who follows it, where the worker dies with the stop', async () => {
    const { turn, token } = await beginSaying()
    expect((await stop(turn, token)).body).toEqual({ state: 'running' })
    expect((await read(turn, 0, token)).body).toMatchObject({ state: 'running' })
    await silence(turn)
    expect((await read(turn, 0, token)).body).toMatchObject({ state: 'stopped', message: { content: 'So far' } })
  })

  it('ends nothing of another visitor', async () => {
    const { turn, token } = await beginSaying()
    await silence(turn)
    expect(await stop(turn, createToken())).toMatchObject({ status: 404 })
    expect((await read(turn, 0, token)).body).toMatchObject({ state: 'running' })
  })
})

describe('a stop by the message’s id', () => {
  it('asks the worker to stop', async () => {
    const id = randomUUID()
    const token = createToken()
    const { turn, stopRequested } = await send(id, token)
    expect(stopRequested).toBe(false)
    expect((await stopMessage(id, token)).body).toEqual({ state: 'running' })
    expect((await append(turn, 1, [])).body).toEqual({ stopRequested: true })
  })

  it('is kept for two minutes for a message that has not come, once', async () => {
    const id = randomUUID()
    const token = createToken()
    expect((await stopMessage(id, token)).body).toEqual({ state: 'kept' })
    expect(await send(id, token)).toMatchObject({ joined: false, stopRequested: true })
    const late = randomUUID()
    await stopMessage(late, token)
    await sql`update loacl_private.kept_stops set created_at = now() - interval '121 seconds' where message_id = ${late}`
    expect(await send(late, token)).toMatchObject({ stopRequested: false })
    expect(await sql`select from loacl_private.kept_stops where message_id in (${id}, ${late})`).toHaveLength(0)
  })

  it('stops nothing of another visitor, and does not say that it is there', async () => {
    const id = randomUUID()
    const token = createToken()
    const { turn } = await send(id, token)
    expect((await stopMessage(id, createToken())).body).toEqual({ state: 'kept' })
    expect((await append(turn, 1, [])).body).toEqual({ stopRequested: false })
    const kept = randomUUID()
    await stopMessage(kept, createToken())
    expect(await send(kept, createToken())).toMatchObject({ stopRequested: false })
    expect(await stop(turn, createToken())).toMatchObject({ status: 404 })
  })

  it('goes with the visitor who erases everything, and when its time is over', async () => {
    const token = createToken()
    await world.ask(assistantId, token)
    const id = randomUUID()
    await stopMessage(id, token)
    await erase(token)
    expect(await sql`select from loacl_private.kept_stops where message_id = ${id}`).toHaveLength(0)
    const other = randomUUID()
    await stopMessage(other, createToken())
    await sql`update loacl_private.kept_stops set created_at = now() - interval '121 seconds'`
    await sql`select loacl_private.clean_up()`
    expect(await sql`select from loacl_private.kept_stops where message_id = ${other}`).toHaveLength(0)
  })
})

import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createSpending, usageOf } from '../limits/spending.ts'
import { createToken } from '../support/api.ts'
import { createWorld, type BegunTurn } from '../support/world.ts'
import { createTurnCalls, delta, leaseLost, stepOutcome } from './turn_calls.ts'

const world = createWorld(workerStack())
const { api, sql } = world
const { abandon, append, beginStep, expire, listMessages, read, resume, stop, wait } = createTurnCalls(world)
const { readBudget } = createSpending(world)
let assistantId: string
let token: string

beforeAll(async () => {
  ;({ id: assistantId } = await world.createAssistant())
})
beforeEach(() => {
  token = createToken()
})
afterAll(() => world.close())

/** A turn that has said "So far" and waits. */
async function startWaiting(assistant = assistantId): Promise<BegunTurn> {
  const begun = await world.ask(assistant, token)
  await append(begun.turn, 1, [delta('So far')])
  await wait(begun.turn, stepOutcome('So far', usageOf(100, 10)))
  return begun
}
const readTurnRow = async (turnId: string) => {
  const [row] = await sql`select state, lease_expires_at, last_seq from loacl_private.turns where id = ${turnId}`
  return row
}
const stepsOf = (turnId: string) =>
  sql`select step, state from loacl_private.turn_steps where turn_id = ${turnId} order by step`

describe('a turn that waits', () => {
  it('has no lease, reserves nothing and shows what it said', async () => {
    const { id } = await world.createAssistant()
    const { turn, threadId, messageId } = await startWaiting(id)
    expect(await readTurnRow(turn.id)).toEqual({ state: 'waiting', lease_expires_at: null, last_seq: 3 })
    expect(await sql`select from loacl_private.reservations where turn_id = ${turn.id}`).toHaveLength(0)
    expect(await readBudget(id)).toMatchObject({ tokens: 110 })
    expect(await listMessages(threadId, token)).toMatchObject({
      activeTurnId: turn.id,
      items: [{ id: messageId, status: 'waiting', content: 'So far' }, { role: 'user' }],
    })
    expect((await read(turn, 1, token)).body).toMatchObject({
      state: 'waiting',
      parts: [],
      lastSeq: 3,
      waiting: { messageId, step: 1, expiresAt: expect.any(String) },
      message: null,
    })
    expect(await append(turn, 4, [delta('late')])).toMatchObject(leaseLost)
    expect(await world.finish(turn)).toMatchObject(leaseLost)
  })

  it('waits once, however often that is asked, and for a day at most', async () => {
    const { turn } = await world.ask(assistantId, token)
    const year = 365 * 86_400_000
    const first = await wait(turn, stepOutcome('So far'), year)
    expect(await wait(turn, stepOutcome('Other'), year)).toEqual(first)
    const seconds = (Date.parse(first.body.waiting.expiresAt) - Date.now()) / 1000
    expect(seconds).toBeGreaterThan(86_400 - 60)
    expect(seconds).toBeLessThan(86_400 + 60)
    expect(await readTurnRow(turn.id)).toMatchObject({ last_seq: 2 })
  })

  it('does not begin to wait where the visitor has stopped it', async () => {
    const { turn } = await world.ask(assistantId, token)
    await stop(turn, token)
    expect((await wait(turn)).body).toEqual({ state: 'stopped', waiting: null })
    expect((await read(turn, 0, token)).body).toMatchObject({ state: 'stopped', message: { content: 'So far' } })
  })

  it('is ended by a stop', async () => {
    const { turn, threadId } = await startWaiting()
    expect((await stop(turn, token)).body).toEqual({ state: 'stopped' })
    expect((await read(turn, 0, token)).body).toMatchObject({ state: 'stopped', waiting: null })
    expect(await listMessages(threadId, token)).toMatchObject({
      activeTurnId: null,
      items: [{ status: 'stopped', content: 'So far' }, {}],
    })
    expect((await resume(turn, token)).body).toEqual({ joined: true, turn: { id: turn.id } })
  })

  it('is cancelled by a new message, which follows it', async () => {
    const { turn, threadId, messageId } = await startWaiting()
    const next = await world.ask(assistantId, token, 'Never mind.', threadId)
    expect((await read(turn, 0, token)).body).toMatchObject({ state: 'stopped' })
    expect(next.history).toEqual([
      { role: 'user', content: 'What is it?' },
      { role: 'assistant', content: 'So far' },
      { role: 'user', content: 'Never mind.' },
    ])
    expect(await sql`select parent_id from loacl.messages where id = ${next.userMessageId}`).toEqual([
      { parent_id: messageId },
    ])
  })

  it('is joined by its own message sent again, and by another try', async () => {
    const id = randomUUID()
    const { turn, threadId } = (await world.beginTurn(assistantId, token, { id, text: 'Hi' })).body
    await wait(turn)
    const joined = { status: 200, body: { joined: true, turn: { id: turn.id } } }
    expect(await world.beginTurn(assistantId, token, { id, text: 'Hi' })).toMatchObject(joined)
    expect(await world.beginTurn(assistantId, token, { type: 'retry', id, threadId })).toMatchObject(joined)
    expect(await readTurnRow(turn.id)).toMatchObject({ state: 'waiting' })
  })

  it.each([
    ['reads it', (begun: BegunTurn) => read(begun.turn, 0, token)],
    ['resumes it', (begun: BegunTurn) => resume(begun.turn, token)],
    ['stops it', (begun: BegunTurn) => stop(begun.turn, token)],
    ['asks the next', (begun: BegunTurn) => world.ask(assistantId, token, 'Next', begun.threadId)],
    ['cleans up', () => api.rpc('run_clean_up', {}, world.asServer())],
  ])('is cut by whoever %s once its time is over', async (_, request) => {
    const begun = await startWaiting()
    await expire(begun.turn)
    const page = await listMessages(begun.threadId, token)
    expect(page).toMatchObject({ activeTurnId: null, items: [{ status: 'cut', cutReason: 'time_limit' }, {}] })
    await request(begun)
    const [row] = await sql`
      select t.state, t.cut_reason, m.status, m.content
      from loacl_private.turns t join loacl.messages m on m.id = t.message_id where t.id = ${begun.turn.id}
    `
    expect(row).toEqual({ state: 'cut', cut_reason: 'time_limit', status: 'cut', content: 'So far' })
  })

  it('ends with the deletion of its thread, and is gone with its person', async () => {
    const deleted = await startWaiting()
    await api.rpc('delete_thread', { thread_id: deleted.threadId }, { token })
    expect(await readTurnRow(deleted.turn.id)).toMatchObject({ state: 'stopped' })

    token = createToken()
    const { turn } = await startWaiting()
    expect((await api.rpc('erase_visitor_data', {}, { token })).status).toBe(200)
    expect(await stepsOf(turn.id)).toEqual([])
    expect(await readTurnRow(turn.id)).toBeUndefined()
    expect(await resume(turn, token)).toMatchObject({ status: 401, body: { message: 'session_expired' } })
    expect(await beginStep(turn, 2, null)).toMatchObject(leaseLost)
  })
})

describe('a turn that goes on after it has waited', () => {
  it('is taken up under a new lease, with all that there is of it, and numbers its parts on', async () => {
    const { turn, threadId } = await startWaiting()
    const lease = randomUUID()
    const resumed = (await resume(turn, token, 1, lease)).body
    expect(resumed).toMatchObject({
      joined: false,
      turn: { id: turn.id, lease },
      threadId,
      history: [{ role: 'user', content: 'What is it?' }],
      lastSeq: 3,
      parts: [{ type: 'text', text: 'So far' }],
      steps: [{ input: [], providerItems: [{ type: 'reasoning', encrypted_content: 'So far' }] }],
      provider: { keyId: 'test' },
    })
    expect((await listMessages(threadId, token)).items[0]).toMatchObject({ status: 'streaming', content: 'So far' })
    // The worker before is fenced off.
    expect(await append(turn, 4, [delta('late')])).toMatchObject(leaseLost)
    expect(await wait(turn)).toMatchObject(leaseLost)

    expect((await beginStep(resumed.turn, 2, null)).body).toEqual({ state: 'running' })
    await append(resumed.turn, 4, [delta(', so good')])
    await world.finish(resumed.turn, { content: 'So far, so good' })
    const seqs = (await read(turn, 0, token)).body.parts.map(({ seq }: { seq: number }) => seq)
    expect(seqs).toEqual([1, 4])
    expect((await read(turn, 3, token)).body.parts).toEqual([{ seq: 4, part: delta(', so good') }])
    expect(await stepsOf(turn.id)).toEqual([
      { step: 1, state: 'completed' },
      { step: 2, state: 'completed' },
    ])
  })

  it('is taken up by one of several that try at once, and by a second try of the same', async () => {
    const { turn } = await startWaiting()
    const leases = Array.from({ length: 5 }, () => randomUUID())
    const answers = await Promise.all(leases.map((lease) => resume(turn, token, 1, lease)))
    const won = answers.filter(({ body }) => !body.joined)
    expect(won).toHaveLength(1)
    const { lease } = won[0]!.body.turn
    expect((await resume(turn, token, 1, lease)).body).toMatchObject({ joined: false, turn: { lease } })
    expect((await resume(turn, token, 1)).body).toEqual({ joined: true, turn: { id: turn.id } })
  })

  it('is not taken up by an answer to what it waited for before', async () => {
    const { turn } = await startWaiting()
    const resumed = (await resume(turn, token)).body
    await beginStep(resumed.turn, 2, null)
    await wait(resumed.turn)
    expect((await resume(turn, token, 1)).body).toMatchObject({ joined: true })
    expect((await resume(turn, token, 2)).body).toMatchObject({ joined: false, lastSeq: 5 })
  })

  it('is nobody else’s to take up', async () => {
    const { turn } = await startWaiting()
    const missing = { status: 404, body: { message: 'turn_not_found' } }
    expect(await resume(turn, createToken())).toMatchObject(missing)
    expect(await resume({ ...turn, id: randomUUID() }, token)).toMatchObject(missing)
    const asked = { turn_id: turn.id, step: 1, lease: randomUUID(), deadline_ms: 1 }
    expect(await api.rpc('resume_turn', asked, world.asServer())).toMatchObject({
      body: { message: 'session_missing' },
    })
    expect(await readTurnRow(turn.id)).toMatchObject({ state: 'waiting' })
  })

  it.each([
    [{ paused_at: new Date().toISOString() }, 'assistant_paused'],
    [{ is_active: false }, 'assistant_inactive'],
  ])('waits on while its assistant is %o', async (settings, code) => {
    const { id } = await world.createAssistant()
    const { turn } = await startWaiting(id)
    await sql`update loacl.assistants set ${sql(settings)} where id = ${id}`
    expect(await resume(turn, token)).toMatchObject({ status: 403, body: { message: code } })
    expect(await readTurnRow(turn.id)).toMatchObject({ state: 'waiting' })
  })

  it('is abandoned like any other, and keeps all that it said', async () => {
    const { turn } = await startWaiting()
    const resumed = (await resume(turn, token)).body
    await append(resumed.turn, 4, [delta(', and on')])
    await abandon(resumed.turn)
    expect((await read(turn, 0, token)).body).toMatchObject({
      state: 'failed',
      errorCode: 'turn_abandoned',
      message: { content: 'So far, and on' },
    })
  })
})

import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken, type Caller } from '../support/api.ts'
import { createWorld, type BegunTurn, type Operator } from '../support/world.ts'
import { createTurnCalls, delta, stepOutcome } from './turn_calls.ts'

const world = createWorld(workerStack())
const { api, sql } = world
const { append, read, beginStep, wait, resume, listMessages } = createTurnCalls(world)
afterAll(() => world.close())

const THOUGHT = 'Weighing anchors'
const PARTS = [
  { type: 'reasoning', text: `${THOUGHT} first.` },
  { type: 'reasoning', text: `${THOUGHT} again.` },
  { type: 'text', text: 'It is ' },
  { type: 'source-url', sourceId: 's', url: 'https://harbour.example/quay' },
  { type: 'reasoning', text: `${THOUGHT} at last.` },
  { type: 'text', text: 'this.' },
]
const SAID = PARTS.filter(({ type }) => type !== 'reasoning')
const STREAM = [
  { type: 'start' },
  { type: 'reasoning-start', id: 'r' },
  { type: 'reasoning-delta', id: 'r', delta: THOUGHT },
  { type: 'reasoning-end', id: 'r' },
  delta('It is this.'),
]

const show = (assistantId: string, shown: boolean) =>
  sql`update loacl.assistants set show_reasoning = ${shown} where id = ${assistantId}`

/** An answer with reasoning, stored as the functions store it. */
async function reason(assistantId: string, token: string): Promise<BegunTurn> {
  const begun = await world.ask(assistantId, token)
  await append(begun.turn, 1, STREAM)
  await world.finish(begun.turn, { parts: PARTS, content: 'It is this.', providerItems: [] })
  return begun
}

/** All that is kept of a message and its turn, as text. */
async function keptOf({ turn, messageId }: BegunTurn): Promise<string> {
  const rows = await sql`
    select to_jsonb(m)::text as row from loacl.messages m where id = ${messageId}
    union all select to_jsonb(i)::text from loacl_private.message_internals i where message_id = ${messageId}
    union all select to_jsonb(c)::text from loacl_private.turn_chunks c where turn_id = ${turn.id}
  `
  return JSON.stringify(rows)
}

describe('reasoning that was stored while the assistant showed it', () => {
  const token = createToken()
  const visitor = { token }
  let assistantId: string
  let owner: Operator
  let begun: BegunTurn

  beforeAll(async () => {
    ;({ id: assistantId, owner } = await world.createAssistant({ settings: { show_reasoning: true } }))
    begun = await reason(assistantId, token)
  })

  /** The message as `list_messages` gives it. */
  const listAnswer = async (caller: Caller) =>
    (await api.rpc('list_messages', { thread_id: begun.threadId }, caller)).body.items[0]
  const exported = async () => (await api.rpc('export_visitor_data', {}, visitor)).body.threads[0].messages[1]

  it('is given to its visitor where it stood, and is in no column that a client reads', async () => {
    await show(assistantId, true)
    expect((await listAnswer(visitor)).parts).toEqual(PARTS)
    expect((await listAnswer({ jwt: owner.jwt })).parts).toEqual(PARTS)
    expect((await exported()).parts).toEqual(PARTS)
    const { parts, message } = (await read(begun.turn, 0, token)).body
    expect(parts.map(({ part }: { part: unknown }) => part)).toEqual(STREAM)
    expect(message.parts).toEqual(PARTS)
    for (const caller of [visitor, { jwt: owner.jwt }]) {
      const { body } = await api.select(`messages?select=*&id=eq.${begun.messageId}`, caller)
      expect(body).toMatchObject([{ parts: SAID, content: 'It is this.' }])
    }
  })

  it('is hidden at every exit once that is switched off, from old messages too, and shown again after', async () => {
    await show(assistantId, false)
    expect((await listAnswer(visitor)).parts).toEqual(SAID)
    expect((await listAnswer({ jwt: owner.jwt })).parts).toEqual(SAID)
    expect((await exported()).parts).toEqual(SAID)
    const { parts, message } = (await read(begun.turn, 0, token)).body
    expect(parts).toEqual([
      { seq: 1, part: STREAM[0] },
      { seq: 5, part: STREAM[4] },
    ])
    expect(message.parts).toEqual(SAID)

    const told = await Promise.all([
      api.rpc('open_session', { assistant_id: assistantId }, { ...visitor, origin: 'https://site.test' }),
      api.rpc('list_threads', { assistant_id: assistantId }, visitor),
      api.rpc('list_threads', { assistant_id: assistantId, search: THOUGHT }, visitor),
      api.rpc('list_messages', { thread_id: begun.threadId }, visitor),
      api.rpc('export_visitor_data', {}, visitor),
      api.select('messages?select=*', visitor),
      api.select('threads?select=*,messages(*)', visitor),
      ...[0, 1, 2, 3, 4].map((after) => read(begun.turn, after, token)),
    ])
    for (const { status, body } of told) {
      expect(status).toBe(200)
      expect(JSON.stringify(body)).not.toContain(THOUGHT)
      expect(JSON.stringify(body)).not.toContain('reasoning')
    }
    expect(told[2]!.body.items).toEqual([])

    await show(assistantId, true)
    expect((await listAnswer(visitor)).parts).toEqual(PARTS)
  })

  it('is not told to the model with the history, nor found by a search', async () => {
    await show(assistantId, true)
    const { history } = await world.ask(assistantId, token, 'And now?', begun.threadId)
    expect(JSON.stringify(history)).not.toContain(THOUGHT)
    expect((await api.rpc('list_threads', { assistant_id: assistantId, search: THOUGHT }, visitor)).body.items).toEqual(
      [],
    )
  })

  it('is nobody else’s, and the function that finds it asks so itself', async () => {
    await show(assistantId, true)
    const stranger = await world.createOperator()
    const find = async (claims: object, headers: object) => {
      const [, rows] = await sql.begin((tx) => [
        tx`select set_config('request.jwt.claims', ${JSON.stringify(claims)}, true), set_config('request.headers', ${JSON.stringify(headers)}, true)`,
        tx`select * from loacl_private.find_reasoned_parts(${[begun.messageId]})`,
      ])
      return [...rows]
    }
    const found = [{ message_id: begun.messageId, parts: PARTS }]
    expect(await find({ role: 'anon' }, { 'x-loacl-session': token })).toEqual(found)
    expect(await find({ role: 'authenticated', sub: owner.userId }, {})).toEqual(found)
    expect(await find({ role: 'anon' }, { 'x-loacl-session': createToken() })).toEqual([])
    expect(await find({ role: 'anon' }, {})).toEqual([])
    expect(await find({ role: 'authenticated', sub: stranger.userId }, {})).toEqual([])
    for (const caller of [{ token: createToken() }, {}, { jwt: stranger.jwt }]) {
      const { status, body } = await api.rpc('list_messages', { thread_id: begun.threadId }, caller)
      expect([status, body.message]).toEqual([404, 'thread_not_found'])
    }
  })
})

describe('a turn of several steps', () => {
  const first = { ...stepOutcome('It is '), parts: PARTS.slice(0, 3) }

  it('keeps its reasoning in place from one step to the next, and while it waits', async () => {
    const token = createToken()
    const { id } = await world.createAssistant({ settings: { show_reasoning: true } })
    const { turn, threadId } = await world.ask(id, token)
    const partsNow = async () => (await listMessages(threadId, token)).items[0].parts
    expect((await beginStep(turn, 2, first)).body).toEqual({ state: 'running' })
    expect(await partsNow()).toEqual(first.parts)
    expect((await wait(turn, { ...first, parts: PARTS.slice(0, 5) })).body.state).toBe('waiting')
    expect(await partsNow()).toEqual(PARTS.slice(0, 5))
    const resumed = (await resume(turn, token, 2)).body
    expect(resumed.parts).toEqual(PARTS.slice(0, 5))
    expect((await beginStep(resumed.turn, 3, null)).body).toEqual({ state: 'running' })
    await world.finish(resumed.turn, { parts: PARTS, content: 'It is this.' })
    expect(await partsNow()).toEqual(PARTS)
  })

  it('keeps none of it where showing it was switched off while the turn waited', async () => {
    const token = createToken()
    const { id } = await world.createAssistant({ settings: { show_reasoning: true } })
    const begun = await world.ask(id, token)
    await wait(begun.turn, first)
    await show(id, false)
    const resumed = (await resume(begun.turn, token)).body
    expect(resumed.parts).toEqual(first.parts.filter(({ type }) => type !== 'reasoning'))
    expect(resumed.assistant.showReasoning).toBe(false)
    expect((await beginStep(resumed.turn, 2, null)).body).toEqual({ state: 'running' })
    await world.finish(resumed.turn, { parts: SAID, content: 'It is this.' })
    expect(await keptOf(begun)).not.toContain(THOUGHT)
  })
})

describe('reasoning that the assistant does not show', () => {
  it('is not stored, though somebody should send it: neither by default nor where it was switched off meanwhile', async () => {
    const token = createToken()
    const { id } = await world.createAssistant()
    const byDefault = await world.ask(id, token)
    await world.finish(byDefault.turn, { parts: PARTS, content: 'It is this.' })
    expect(await keptOf(byDefault)).not.toContain(THOUGHT)

    await show(id, true)
    const meanwhile = await world.ask(id, createToken())
    await show(id, false)
    await world.finish(meanwhile.turn, { parts: PARTS, content: 'It is this.' })
    expect(await keptOf(meanwhile)).not.toContain(THOUGHT)
    const [message] = await sql`select parts from loacl.messages where id = ${meanwhile.messageId}`
    expect(message!.parts).toEqual(SAID)
  })

  it('can’t come into a column that visitors read, by whichever way', async () => {
    const { id } = await world.createAssistant()
    const { messageId } = await world.converse(id, createToken())
    const writing = api.update(`messages?id=eq.${messageId}`, { parts: PARTS }, world.asServer())
    expect(await writing).toMatchObject({ status: 400, body: { code: '23514' } })
  })

  it('is what its own operator switches on, and nobody else', async () => {
    const { id, owner } = await world.createAssistant()
    const other = await world.createOperator()
    const change = { show_reasoning: true }
    const readShown = async () => (await sql`select show_reasoning from loacl.assistants where id = ${id}`)[0]
    await api.update(`assistants?id=eq.${id}`, change, { jwt: other.jwt })
    await api.update(`assistants?id=eq.${id}`, change, { token: createToken() })
    expect(await readShown()).toEqual({ show_reasoning: false })
    expect((await api.update(`assistants?id=eq.${id}`, change, { jwt: owner.jwt })).status).toBe(200)
    expect(await readShown()).toEqual({ show_reasoning: true })
  })
})

describe('the places of reasoning', () => {
  it('are found again, whatever stands around it', async () => {
    const lists = Array.from({ length: 64 }, (_, bits) =>
      Array.from({ length: 6 }, (_unused, place) => ({
        type: (bits >> place) & 1 ? 'reasoning' : 'text',
        text: `${place} ${randomUUID()}`,
      })),
    )
    const rows = await sql<{ parts: unknown; again: unknown }[]>`
      select p.parts, loacl_private.with_reasoning(
        loacl_private.without_reasoning(p.parts), loacl_private.take_reasoning(p.parts)
      ) as again
      from jsonb_array_elements(${sql.json([[], ...lists])}) as p (parts)
    `
    expect(rows).toHaveLength(65)
    for (const { parts, again } of rows) expect(again).toEqual(parts)
  })
})

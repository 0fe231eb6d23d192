import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld, type Operator } from '../support/world.ts'
import { createTurnCalls } from '../turns/turn_calls.ts'
import { createEventCalls } from './event_calls.ts'

const world = createWorld(workerStack())
const { api, sql } = world
const { read, kinds, listEvents } = createEventCalls(world)
const { abandon, append, expire, listMessages, read: readTurn, resume, wait } = createTurnCalls(world)
let assistantId: string
let owner: Operator
let token: string

beforeAll(async () => {
  ;({ id: assistantId, owner } = await world.createAssistant())
})
beforeEach(() => void (token = createToken()))
afterAll(() => world.close())

const addMessage = async (threadId: string, row: Record<string, string>) => {
  const [added] = await sql<{ id: string }[]>`
    insert into loacl.messages ${sql({ ...row, thread_id: threadId, session_id: randomUUID(), assistant_id: assistantId })}
    returning id
  `
  return added!.id
}

describe('the log of a thread', () => {
  it('tells a whole answer in five events, which name things and hold no text', async () => {
    const { threadId, userMessageId, messageId, turn } = await world.converse(assistantId, token, { text: 'Secret?' })
    const { items, lastEvent, thread, activeTurnId } = await read(threadId, { token })
    expect(items.map(({ number, kind, messageId: about, turnId }) => [number, kind, about, turnId])).toEqual([
      [1, 'message_added', userMessageId, null],
      [2, 'turn_began', messageId, turn.id],
      [3, 'turn_ended', messageId, turn.id],
      [4, 'thread_renamed', null, null],
      [5, 'message_changed', messageId, null],
    ])
    expect({ lastEvent, thread, activeTurnId }).toMatchObject({
      lastEvent: 5,
      thread: { id: threadId, title: 'About it', status: 'active' },
      activeTurnId: null,
    })
    expect(JSON.stringify(items)).not.toMatch(/Secret|It is this|And why/)
    expect((await listMessages(threadId, token)).lastEvent).toBe(5)
  })

  it('has nothing of what is streamed, nor of a heartbeat or a stop that is asked for', async () => {
    const { threadId, turn } = await world.ask(assistantId, token)
    await append(turn, 1, [{ type: 'start' }])
    await append(turn, 2, [])
    await api.rpc('stop_turn', { turn_id: turn.id }, world.asServer(token))
    expect(await read(threadId, { token })).toMatchObject({ lastEvent: 2, activeTurnId: turn.id })
    await world.finish(turn, { state: 'stopped' })
    expect(await kinds(threadId, { token }, 2)).toEqual(['turn_ended'])
  })

  it('tells of a second try, and of a turn that is found to be abandoned', async () => {
    const { threadId, turn, userMessageId } = await world.ask(assistantId, token)
    await abandon(turn)
    await readTurn(turn, 0, token)
    await readTurn(turn, 0, token)
    await world.beginTurn(assistantId, token, { type: 'retry', id: userMessageId, threadId })
    expect(await kinds(threadId, { token }, 2)).toEqual(['turn_ended', 'turn_began'])
  })

  it('tells that a turn waits, goes on and has waited too long, and nothing of its answer beside', async () => {
    const { threadId, turn, messageId } = await world.ask(assistantId, token)
    await wait(turn)
    const lease = randomUUID()
    await resume(turn, token, 1, lease)
    await wait({ id: turn.id, lease })
    await expire(turn)
    await readTurn(turn, 0, token)
    const { items } = await read(threadId, { token }, 2)
    expect(items.map(({ kind, messageId: about, turnId }) => [kind, about, turnId])).toEqual(
      ['turn_waiting', 'turn_resumed', 'turn_waiting', 'turn_ended'].map((kind) => [kind, messageId, turn.id]),
    )
  })

  it('tells how its visitor renames, archives, takes up, deletes and restores it, once each', async () => {
    const { threadId } = await world.converse(assistantId, token)
    const thread_id = threadId
    for (const change of [{ title: 'Mine' }, { title: 'Mine' }, { status: 'archived' }, { status: 'archived' }])
      await api.rpc('update_thread', { thread_id, ...change }, { token })
    await world.ask(assistantId, token, 'Again', threadId)
    await api.rpc('delete_thread', { thread_id }, { token })
    await api.rpc('restore_thread', { thread_id }, { token })
    expect(await kinds(threadId, { token }, 5)).toEqual([
      'thread_renamed',
      'thread_archived',
      'thread_restored',
      'message_added',
      'turn_began',
      'thread_deleted',
      'thread_restored',
    ])
  })

  it('tells that an opinion was given, changed and taken back, and that a suggestion was used', async () => {
    const { threadId, messageId } = await world.converse(assistantId, token)
    for (const value of ['up', 'down', null]) await api.rpc('set_feedback', { message_id: messageId, value }, { token })
    const [{ suggestions }] = (await listMessages(threadId, token)).items
    for (const { id } of [suggestions[0], suggestions[0]])
      await api.rpc('use_suggestion', { suggestion_id: id }, { token })
    const { items } = await read(threadId, { token }, 5)
    expect(items.map(({ kind, messageId: about }) => [kind, about])).toEqual([
      ['feedback_changed', messageId],
      ['feedback_changed', messageId],
      ['feedback_changed', messageId],
      ['message_changed', messageId],
    ])
  })

  it('goes with its thread, and is exported with it', async () => {
    const { threadId } = await world.converse(assistantId, token)
    const { items } = await read(threadId, { token })
    const { body } = await api.rpc('export_visitor_data', {}, { token })
    expect(body.threads[0].events).toEqual(items)
    await api.rpc('set_feedback', { message_id: items[1]!.messageId, value: 'up' }, { token })
    await api.rpc('erase_visitor_data', {}, { token })
    expect(await sql`select from loacl_private.thread_events where thread_id = ${threadId}`).toEqual([])
  })

  it('is read a hundred events at a time', async () => {
    const { threadId } = await world.converse(assistantId, token)
    await sql`insert into loacl.messages (thread_id, session_id, assistant_id, role, author, content)
      select id, session_id, assistant_id, 'assistant', 'person', 'Hello' from loacl.threads, generate_series(1, 120)
      where id = ${threadId}`
    const first = await read(threadId, { token })
    expect(first.items.map(({ number }) => number)).toEqual(Array.from({ length: 100 }, (_, at) => at + 1))
    expect(first.lastEvent).toBe(125)
    expect((await read(threadId, { token }, 100)).items).toHaveLength(25)
    expect((await listEvents(threadId, { token }, null)).body.items).toHaveLength(100)
    expect(await read(threadId, { token }, 125)).toMatchObject({ items: [], lastEvent: 125 })
    for (const far of [-2_147_483_648, 2_147_483_647])
      expect((await listEvents(threadId, { token }, far)).status).toBe(200)
  })
})

describe('a message that comes without a turn', () => {
  it('of a person is shown as theirs, told to the model, and told of when it is changed', async () => {
    const { threadId, messageId } = await world.converse(assistantId, token)
    const id = await addMessage(threadId, {
      role: 'assistant',
      author: 'person',
      content: 'Maria here.',
      parent_id: messageId,
    })
    await sql`update loacl.messages set content = 'Maria here!' where id = ${id}`
    await sql`update loacl.messages set metadata = '{"seen": true}' where id = ${id}`
    const { items } = await read(threadId, { token }, 5)
    expect(items.map(({ kind, messageId: about }) => [kind, about])).toEqual([
      ['message_added', id],
      ['message_changed', id],
    ])
    const page = await listMessages(threadId, token)
    expect(page.items.map(({ author, role }: Record<string, string>) => [author, role])).toEqual([
      ['person', 'assistant'],
      ['assistant', 'assistant'],
      ['visitor', 'user'],
    ])
    expect((await world.ask(assistantId, token, 'Thanks', threadId)).history).toContainEqual({
      role: 'assistant',
      content: 'Maria here!',
    })
  })

  it('of the system is neither shown nor told of', async () => {
    const { threadId } = await world.converse(assistantId, token)
    const id = await addMessage(threadId, { role: 'system', content: 'Be kind.' })
    await sql`update loacl.messages set content = 'Be kinder.' where id = ${id}`
    expect((await read(threadId, { jwt: owner.jwt })).lastEvent).toBe(5)
    expect(await sql`select author from loacl.messages where id = ${id}`).toEqual([{ author: 'system' }])
  })

  it.each([
    ['messages_author', { role: 'assistant', author: 'robot' }],
    ['messages_author_role', { role: 'user', author: 'person' }],
    ['messages_author_role', { role: 'user', author: 'assistant' }],
    ['messages_author_role', { role: 'assistant', author: 'visitor' }],
    ['messages_author_role', { role: 'assistant', author: 'system' }],
    ['messages_streaming_author', { role: 'assistant', author: 'person', status: 'streaming' }],
    ['messages_client_id_author', { role: 'assistant', author: 'person', client_id: randomUUID() }],
  ])('is enforced by %s: %j', async (constraint, row) => {
    const { threadId } = await world.ask(assistantId, token)
    await expect(addMessage(threadId, { content: '', ...row })).rejects.toMatchObject({
      constraint_name: constraint,
    })
  })
})

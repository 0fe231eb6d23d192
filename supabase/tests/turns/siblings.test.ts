import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld } from '../support/world.ts'
import { createTurnCalls } from './turn_calls.ts'

const world = createWorld(workerStack())
const { api, sql } = world
const { listMessages, read } = createTurnCalls(world)
let assistantId: string

beforeAll(async () => {
  ;({ id: assistantId } = await world.createAssistant())
})
afterAll(() => world.close())

const missing = { status: 404, body: { message: 'message_not_found' } }
const conflict = { status: 409, body: { message: 'id_conflict' } }
const busy = { status: 409, body: { message: 'turn_in_progress' } }

const request = (type: string, threadId: string, messageId: string, change: object = {}) => ({
  type,
  id: randomUUID() as string,
  threadId,
  messageId,
  text: type === 'edit' ? 'Edited' : undefined,
  ...change,
})
const contentsOf = async (threadId: string, token: string) =>
  (await listMessages(threadId, token)).items.map(({ content }: { content: string }) => content).toReversed()
const siblingsOf = async (threadId: string, token: string) =>
  (await listMessages(threadId, token)).items.map(({ siblings }: { siblings?: string[] }) => siblings).toReversed()

const half = (change: object = {}) => ({
  state: 'cut',
  cutReason: 'max_output_tokens',
  content: 'Half',
  parts: [{ type: 'text', text: 'Half' }],
  ...change,
})

/** Two questions with their answers. */
async function talk() {
  const token = createToken()
  const one = await world.converse(assistantId, token, { text: 'One', answer: 'First' })
  const two = await world.converse(assistantId, token, { text: 'Two', answer: 'Second', threadId: one.threadId })
  const { threadId } = one
  const begin = (type: string, messageId: string, change: object = {}) =>
    world.beginTurn(assistantId, token, request(type, threadId, messageId, change))
  const choose = (messageId: string, caller: string = token) =>
    api.rpc('choose_branch', { thread_id: threadId, message_id: messageId }, { token: caller })
  return { token, threadId, one, two, begin, choose }
}

describe('regenerate', () => {
  it('makes a sibling of any answer, and tells the model what led to it', async () => {
    const { token, threadId, one, begin, choose } = await talk()
    const { status, body } = await begin('regenerate', one.messageId)
    expect(status).toBe(200)
    expect(body).toMatchObject({ userMessageId: one.userMessageId, history: [{ role: 'user', content: 'One' }] })
    await world.finish(body.turn, { content: 'Another' })
    expect(await contentsOf(threadId, token)).toEqual(['One', 'Another'])
    expect(await siblingsOf(threadId, token)).toEqual([undefined, [one.messageId, body.messageId]])
    // The old branch stays readable, to its end.
    expect((await choose(one.messageId)).status).toBe(200)
    expect(await contentsOf(threadId, token)).toEqual(['One', 'First', 'Two', 'Second'])
  })

  it('is one turn, however often it is sent', async () => {
    const { begin, one, two } = await talk()
    const id = randomUUID()
    const all = await Promise.all([1, 2, 3].map(() => begin('regenerate', two.messageId, { id })))
    expect(all.filter(({ body }) => body.joined === false)).toHaveLength(1)
    const { turn } = all.find(({ body }) => !body.joined)!.body
    await world.finish(turn)
    expect((await begin('regenerate', two.messageId, { id })).body).toMatchObject({
      joined: true,
      turn: { id: turn.id },
    })
    expect(await begin('regenerate', one.messageId, { id })).toMatchObject(conflict)
    expect(await begin('continue', two.messageId, { id })).toMatchObject(conflict)
  })

  it('takes nothing over from the answer that it replaces', async () => {
    const { begin, two } = await talk()
    const { body } = await begin('regenerate', two.messageId)
    expect(body).toMatchObject({ parts: [], steps: [], lastSeq: 0 })
    expect(body.history.map(({ content }: { content: string }) => content)).toEqual(['One', 'First', 'Two'])
  })

  it('leaves an answer of which nothing came out of the choice', async () => {
    const { begin, token, threadId, two } = await talk()
    const failed = await begin('regenerate', two.messageId)
    const outcome = { state: 'failed', errorCode: 'model_unavailable', content: '', parts: [] }
    await world.finish(failed.body.turn, outcome)
    const again = await world.beginTurn(assistantId, token, {
      type: 'retry',
      id: two.userMessageId,
      threadId,
      text: undefined,
    })
    await world.finish(again.body.turn, { content: 'Third' })
    expect((await siblingsOf(threadId, token)).at(-1)).toEqual([two.messageId, again.body.messageId])
  })
})

describe('edit', () => {
  it('makes a sibling of any question, with an answer of its own', async () => {
    const { token, threadId, one, two, begin, choose } = await talk()
    const { body } = await begin('edit', two.userMessageId)
    expect(body.history).toEqual([
      { role: 'user', content: 'One' },
      { role: 'assistant', content: 'First' },
      { role: 'user', content: 'Edited' },
    ])
    await world.finish(body.turn, { content: 'To the edited' })
    expect(await contentsOf(threadId, token)).toEqual(['One', 'First', 'Edited', 'To the edited'])
    expect((await siblingsOf(threadId, token))[2]).toEqual([two.userMessageId, body.userMessageId])

    const first = await begin('edit', one.userMessageId, { text: 'Begin anew' })
    expect(first.body).toMatchObject({ joined: false, history: [{ content: 'Begin anew' }] })
    await world.finish(first.body.turn, { content: 'New' })
    expect(await contentsOf(threadId, token)).toEqual(['Begin anew', 'New'])
    // Down to the newest message below it.
    await choose(one.userMessageId)
    expect(await contentsOf(threadId, token)).toEqual(['One', 'First', 'Edited', 'To the edited'])
    const [row] = await sql`select parent_id from loacl.messages where id = ${first.body.userMessageId}`
    expect(row).toEqual({ parent_id: null })
  })

  it('is one message, however often it is sent; of two at once one waits for its turn', async () => {
    const { begin, threadId, token, two } = await talk()
    const id = randomUUID()
    const [same, again, other] = await Promise.all([
      begin('edit', two.userMessageId, { id }),
      begin('edit', two.userMessageId, { id }),
      begin('edit', two.userMessageId, { text: 'Otherwise' }),
    ])
    // Either the two that are one message are first, or the other.
    const [first, ...later] = other.status === 200 ? [[other], same, again] : [[same, again], other]
    expect(later).toMatchObject(later.map(() => busy))
    expect(first!.filter(({ body }) => body.joined === false)).toHaveLength(1)
    expect(new Set(first!.map(({ body }) => body.userMessageId)).size).toBe(1)
    expect((await siblingsOf(threadId, token))[2]).toHaveLength(2)
  })

  it('refuses an id that another message has, and the message’s own', async () => {
    const { begin, one, two } = await talk()
    const [{ client_id: own }] = (await sql`
      select client_id from loacl.messages where id = ${two.userMessageId}
    `) as unknown as [{ client_id: string }]
    const before = await world.readRows(assistantId)
    expect(await begin('edit', two.userMessageId, { id: own })).toMatchObject(conflict)
    expect(await begin('edit', two.userMessageId, { id: own, text: 'Two' })).toMatchObject(conflict)
    expect(await begin('edit', one.userMessageId, { id: own, text: 'Two' })).toMatchObject(conflict)
    expect(await world.readRows(assistantId)).toEqual(before)
  })
})

describe('continue', () => {
  it('writes on in the same message, and tells the model how far it came', async () => {
    const token = createToken()
    const asked = await world.ask(assistantId, token, 'Tell me')
    const { threadId, messageId } = asked
    await world.finish(asked.turn, half())
    const id = randomUUID()
    const { body } = await world.beginTurn(assistantId, token, request('continue', threadId, messageId, { id }))
    expect(body).toMatchObject({
      joined: false,
      messageId,
      parts: [{ type: 'text', text: 'Half' }],
      history: [
        { role: 'user', content: 'Tell me' },
        { role: 'assistant', content: 'Half' },
      ],
    })
    expect(body.turn.id).not.toBe(asked.turn.id)
    expect((await listMessages(threadId, token)).items[0]).toMatchObject({ status: 'streaming', content: 'Half' })
    await world.finish(body.turn, { content: 'Half and half' })
    expect(await contentsOf(threadId, token)).toEqual(['Tell me', 'Half and half'])
    const same = await world.beginTurn(assistantId, token, request('continue', threadId, messageId, { id }))
    expect(same.body).toMatchObject({ joined: true, turn: { id: body.turn.id } })
  })

  it('goes on after a stop, and after what broke off', async () => {
    for (const end of [
      { state: 'stopped', cutReason: null },
      { state: 'failed', cutReason: null, errorCode: 'internal' },
    ]) {
      const token = createToken()
      const asked = await world.ask(assistantId, token)
      await world.finish(asked.turn, half(end))
      const again = request('continue', asked.threadId, asked.messageId)
      expect(await world.beginTurn(assistantId, token, again)).toMatchObject({ status: 200, body: { joined: false } })
    }
  })

  it('is refused for what was not cut, for what is followed, and while an answer is written', async () => {
    const { token, threadId, one, two, begin } = await talk()
    const before = await world.readRows(assistantId)
    const complete = { status: 409, body: { message: 'answer_not_cut' } }
    expect(await begin('continue', two.messageId)).toMatchObject(complete)
    expect(await begin('continue', two.userMessageId)).toMatchObject(missing)
    expect(await world.readRows(assistantId)).toEqual(before)
    await sql`update loacl.messages set status = 'stopped' where id = ${one.messageId}`
    expect(await begin('continue', one.messageId)).toMatchObject(conflict)
    const next = await world.ask(assistantId, token, 'Three', threadId)
    for (const type of ['continue', 'regenerate']) expect(await begin(type, two.messageId)).toMatchObject(busy)
    expect(await begin('edit', one.userMessageId)).toMatchObject(busy)
    await world.finish(next.turn, half({ content: '', parts: [] }))
    expect(await begin('continue', next.messageId)).toMatchObject(complete)
  })

  it('of an earlier alternative that the visitor chose stays in its branch', async () => {
    const token = createToken()
    const { turn, threadId, messageId } = await world.ask(assistantId, token, 'One')
    await world.finish(turn, half())
    const other = await world.beginTurn(assistantId, token, request('regenerate', threadId, messageId))
    await world.finish(other.body.turn, { content: 'Another' })
    await api.rpc('choose_branch', { thread_id: threadId, message_id: messageId }, { token })
    const { body } = await world.beginTurn(assistantId, token, request('continue', threadId, messageId))
    expect(await contentsOf(threadId, token)).toEqual(['One', 'Half'])
    await world.finish(body.turn, { content: 'Half and half' })
    expect(await contentsOf(threadId, token)).toEqual(['One', 'Half and half'])
    expect((await world.ask(assistantId, token, 'Two', threadId)).history).toMatchObject([
      { content: 'One' },
      { content: 'Half and half' },
      { content: 'Two' },
    ])
  })

  it('keeps what was there where its worker dies before it has said anything', async () => {
    const token = createToken()
    const asked = await world.ask(assistantId, token)
    await world.finish(asked.turn, half())
    const again = request('continue', asked.threadId, asked.messageId)
    const { body } = await world.beginTurn(assistantId, token, again)
    await sql`update loacl_private.turns set lease_expires_at = now() where id = ${body.turn.id}`
    expect((await read(body.turn, 0, token)).body).toMatchObject({ state: 'failed', message: { content: 'Half' } })
  })
})

describe('choose_branch', () => {
  it('is kept for the thread, on every device, until a message comes', async () => {
    const { token, threadId, one, begin, choose } = await talk()
    const { body } = await begin('regenerate', one.messageId)
    await world.finish(body.turn, { content: 'Another' })
    const chosen = await choose(one.messageId)
    expect(chosen.body.items.map(({ content }: { content: string }) => content)).toEqual([
      'Second',
      'Two',
      'First',
      'One',
    ])
    expect(await contentsOf(threadId, token)).toEqual(['One', 'First', 'Two', 'Second'])
    const events = await api.rpc('list_events', { thread_id: threadId, after: 0 }, { token })
    expect(events.body.items.at(-1)).toMatchObject({ kind: 'message_chosen', messageId: chosen.body.items[0].id })
    await choose(body.messageId)
    const next = await world.ask(assistantId, token, 'Go on', threadId)
    expect(next.history).toEqual([
      { role: 'user', content: 'One' },
      { role: 'assistant', content: 'Another' },
      { role: 'user', content: 'Go on' },
    ])
    await world.finish(next.turn)
    await choose(one.messageId)
    await sql`
      insert into loacl.messages (thread_id, session_id, assistant_id, parent_id, role, author, content)
      select thread_id, session_id, assistant_id, id, 'assistant', 'person', 'Somebody' from loacl.messages where id = ${next.messageId}
    `
    expect((await contentsOf(threadId, token)).at(-1)).toBe('Somebody')
  })

  it('is the visitor’s own, of their own messages', async () => {
    const { token, threadId, one, choose } = await talk()
    const other = await talk()
    const [system] = await sql<{ id: string }[]>`
      insert into loacl.messages (thread_id, session_id, assistant_id, parent_id, role, content)
      select thread_id, session_id, assistant_id, id, 'system', 'Be brief.' from loacl.messages where id = ${one.messageId}
      returning id
    `
    const before = await world.readRows(assistantId)
    for (const id of [other.one.messageId, system!.id, randomUUID()]) expect(await choose(id)).toMatchObject(missing)
    const gone = { status: 404, body: { message: 'thread_not_found' } }
    expect(await choose(one.messageId, other.token)).toMatchObject(gone)
    expect(await world.readRows(assistantId)).toEqual(before)
    const next = await world.ask(assistantId, token, 'Three', threadId)
    expect(await choose(one.messageId)).toMatchObject(busy)
    await world.finish(next.turn)
  })

  it('has all branches in the export', async () => {
    const { token, threadId, one, begin, choose } = await talk()
    const { body } = await begin('regenerate', one.messageId)
    await world.finish(body.turn, { content: 'Another' })
    await choose(one.messageId)
    const exported = await api.rpc('export_visitor_data', {}, { token })
    const [thread] = exported.body.threads
    expect(thread.messages.map(({ content }: { content: string }) => content)).toEqual([
      'One',
      'First',
      'Two',
      'Second',
      'Another',
    ])
    expect(thread.messages.at(-1)).toMatchObject({ parentId: one.userMessageId })
    expect(thread.shownMessageId).toBe((await listMessages(threadId, token)).items[0].id)
  })
})

describe('a request that names another message', () => {
  it('finds none of another thread’s, another person’s, or the system’s, and changes nothing', async () => {
    const { token, threadId, one } = await talk()
    const other = await talk()
    const elsewhere = await world.converse(assistantId, token)
    const [system] = await sql<{ id: string }[]>`
      insert into loacl.messages (thread_id, session_id, assistant_id, parent_id, role, content)
      select thread_id, session_id, assistant_id, id, 'system', 'Be brief.' from loacl.messages where id = ${one.messageId}
      returning id
    `
    const before = await world.readRows(assistantId)
    for (const type of ['edit', 'regenerate', 'continue']) {
      const named = (messageId: string) => world.beginTurn(assistantId, token, request(type, threadId, messageId))
      const ids = [elsewhere, other.one].flatMap(({ messageId, userMessageId }) => [messageId, userMessageId])
      for (const id of [...ids, system!.id, randomUUID(), 'nonsense'])
        expect(await named(id), `${type} ${id}`).toMatchObject(missing)
      const stranger = world.beginTurn(assistantId, other.token, request(type, threadId, one.messageId))
      expect(await stranger).toMatchObject({ status: 404, body: { message: 'thread_not_found' } })
    }
    expect(await world.readRows(assistantId)).toEqual(before)
  })

  it('can lead to no cycle', async () => {
    const { one, two } = await talk()
    await expect(
      sql`update loacl.messages set parent_id = ${two.messageId} where id = ${one.userMessageId}`,
    ).rejects.toMatchObject({ message: 'id_conflict' })
    const id = randomUUID()
    await expect(sql`
      insert into loacl.messages (id, thread_id, session_id, assistant_id, parent_id, role)
      select ${id}, thread_id, session_id, assistant_id, ${id}, 'user' from loacl.messages where id = ${one.messageId}
    `).rejects.toMatchObject({ constraint_name: 'messages_parent_id_other' })
  })
})

it('a stop of a request that comes late stops it, and one of a request that runs', async () => {
  const { token, two, begin } = await talk()
  const id = randomUUID() as string
  const stop = () => api.rpc('stop_message', { message_id: id }, world.asServer(token))
  expect((await stop()).body).toEqual({ state: 'kept' })
  const { body } = await begin('regenerate', two.messageId, { id })
  expect(body.stopRequested).toBe(true)
  expect((await stop()).body).toEqual({ state: 'running' })
  await world.finish(body.turn, { state: 'stopped', content: '', parts: [] })
})

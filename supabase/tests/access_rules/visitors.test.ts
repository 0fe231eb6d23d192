import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld, type BegunTurn, type Operator } from '../support/world.ts'
import { createNeighbours, TABLES } from './neighbours.ts'

const world = createWorld(workerStack())
const { api, sql } = world

let assistantId: string
let operator: Operator
let otherAssistantId: string
let otherOperator: Operator
let stranger: Operator
let tokenOfA: string
let tokenOfB: string
let ofA: BegunTurn
let ofB: BegunTurn

beforeAll(async () => {
  ;({ assistantId, operator, otherAssistantId, otherOperator, stranger, tokenOfA, tokenOfB, ofA, ofB } =
    await createNeighbours(world))
})
afterAll(() => world.close())

describe('a visitor', () => {
  it('sees their own rows by every table, and nobody else’s', async () => {
    const threads = await api.select('threads?select=id', { token: tokenOfA })
    expect(threads.body).toEqual([{ id: ofA.threadId }])
    const messages = await api.select('messages?select=content&order=seq', { token: tokenOfA })
    expect(messages.body).toEqual([{ content: 'A asks' }, { content: 'It is this.' }])
    const suggestions = await api.select('follow_up_suggestions?select=thread_id', { token: tokenOfA })
    expect(suggestions.body).toEqual([{ thread_id: ofA.threadId }, { thread_id: ofA.threadId }])
  })

  it.each(['sessions', 'assistants', 'guided_questions', 'provider_configs', 'usage_logs', 'model_prices'])(
    'can’t read %s, which are the owner’s',
    async (table) => {
      expect(await api.select(`${table}?select=*`, { token: tokenOfA })).toMatchObject({
        status: 401,
        body: { code: '42501' },
      })
      const signedIn = await api.select(`${table}?select=*`, { token: tokenOfA, jwt: stranger.jwt })
      expect(signedIn).toMatchObject({ status: 200, body: [] })
    },
  )

  it('can’t see or change another’s conversation by any function', async () => {
    const caller = { token: tokenOfB }
    const before = await world.readRows(assistantId)
    const [suggestion] = await sql<{ id: string }[]>`
      select id from loacl.follow_up_suggestions where thread_id = ${ofA.threadId} limit 1
    `
    const notFound = { status: 404, body: { message: 'thread_not_found' } }
    expect(await api.rpc('list_messages', { thread_id: ofA.threadId }, caller)).toMatchObject(notFound)
    expect(await api.rpc('update_thread', { thread_id: ofA.threadId, title: 'Mine' }, caller)).toMatchObject(notFound)
    expect(await api.rpc('use_suggestion', { suggestion_id: suggestion!.id }, caller)).toMatchObject({
      status: 404,
      body: { message: 'suggestion_not_found' },
    })
    expect((await api.rpc('list_threads', { assistant_id: assistantId }, caller)).body.items).toMatchObject([
      { id: ofB.threadId },
    ])
    expect((await api.rpc('open_session', { assistant_id: assistantId }, caller)).body.threads.items).toMatchObject([
      { id: ofB.threadId },
    ])
    const turn = { turn_id: ofA.turn.id }
    const turnNotFound = { status: 404, body: { message: 'turn_not_found' } }
    expect(await api.rpc('read_turn_parts', { ...turn, after_seq: 0 }, world.asServer(tokenOfB))).toMatchObject(
      turnNotFound,
    )
    expect(await api.rpc('stop_turn', turn, world.asServer(tokenOfB))).toMatchObject(turnNotFound)
    expect(await world.readRows(assistantId)).toEqual(before)
  })

  it('can’t change another’s rows through the tables', async () => {
    const before = await world.readRows(assistantId)
    const caller = { token: tokenOfB }
    expect((await api.update(`threads?id=eq.${ofA.threadId}`, { title: 'Mine' }, caller)).body).toEqual([])
    const suggestions = `follow_up_suggestions?thread_id=eq.${ofA.threadId}`
    expect((await api.update(suggestions, { used_at: new Date().toISOString() }, caller)).body).toEqual([])
    expect(await world.readRows(assistantId)).toEqual(before)
  })

  it('may change the title and status of their threads and nothing else', async () => {
    const before = await world.readRows(assistantId)
    const caller = { token: tokenOfA }
    const thread = `threads?id=eq.${ofA.threadId}`
    const refused = { status: 401, body: { code: '42501' } }
    for (const change of [
      { session_id: ofB.threadId },
      { assistant_id: otherAssistantId },
      { last_message_at: '2030-01-01' },
      { metadata: {} },
    ])
      expect(await api.update(thread, change, caller)).toMatchObject(refused)
    expect(await api.update(thread, { status: 'deleted' }, caller)).toMatchObject(refused)
    expect(await api.update(`messages?id=eq.${ofA.messageId}`, { content: 'It said this' }, caller)).toMatchObject(
      refused,
    )
    expect(
      await api.update(`follow_up_suggestions?thread_id=eq.${ofA.threadId}`, { suggestion: 'x' }, caller),
    ).toMatchObject(refused)
    expect(
      await api.update(`follow_up_suggestions?thread_id=eq.${ofA.threadId}`, { used_at: null }, caller),
    ).toMatchObject(refused)
    for (const table of TABLES) {
      expect(await api.insert(table, { assistant_id: assistantId }, caller)).toMatchObject(refused)
      expect(await api.remove(`${table}?assistant_id=eq.${assistantId}`, caller)).toMatchObject(refused)
    }
    expect(await world.readRows(assistantId)).toEqual(before)
  })

  it('gains nothing from playing with the header', async () => {
    const headers = [
      `${tokenOfB}, ${tokenOfA}`,
      `${tokenOfA}=`,
      tokenOfA.slice(0, -1),
      tokenOfA.toUpperCase(),
      `' or true --${tokenOfA}`,
      '%',
      'null',
    ]
    for (const token of headers) {
      const { status, body } = await api.select('messages?select=id', { token })
      expect({ token, status, body }).toEqual({ token, status: 200, body: [] })
    }
    const inClaims = await api.select(
      'messages?select=id',
      {},
      { cookie: `x-loacl-session=${tokenOfA}`, 'x-session': tokenOfA },
    )
    expect(inClaims.body).toEqual([])
  })

  it('owns nothing once the session has expired', async () => {
    const token = createToken()
    const { threadId } = await world.converse(assistantId, token)
    await sql`update loacl.sessions set expires_at = now() where id = (select session_id from loacl.threads where id = ${threadId})`
    for (const table of ['threads', 'messages', 'follow_up_suggestions'])
      expect((await api.select(`${table}?select=id`, { token })).body).toEqual([])
    expect(await api.rpc('list_messages', { thread_id: threadId }, { token })).toMatchObject({ status: 404 })
    expect(await api.rpc('update_thread', { thread_id: threadId, title: 'x' }, { token })).toMatchObject({
      status: 404,
    })
    expect(await api.rpc('open_session', { assistant_id: assistantId }, { token })).toMatchObject({
      status: 401,
      body: { message: 'session_expired' },
    })
  })

  it('who is bound to a Supabase user is nobody without that user', async () => {
    const token = createToken()
    const { threadId } = await world.converse(assistantId, token)
    await sql`
      update loacl.sessions set session_type = 'authenticated', user_id = ${stranger.userId}
      where id = (select session_id from loacl.threads where id = ${threadId})
    `
    const threads = 'threads?select=id'
    expect((await api.select(threads, { token })).body).toEqual([])
    expect(
      (await api.select(threads, { token, jwt: otherOperator.jwt })).body.map(({ id }: { id: string }) => id),
    ).not.toContain(threadId)
    expect((await api.select(threads, { token, jwt: stranger.jwt })).body).toEqual([{ id: threadId }])
    expect(await world.beginTurn(assistantId, token, { threadId })).toMatchObject({
      status: 401,
      body: { message: 'session_locked' },
    })
  })

  it('never sees a system message', async () => {
    const [message] = await sql<{ id: string }[]>`
      insert into loacl.messages (thread_id, session_id, assistant_id, role, content)
      select id, session_id, assistant_id, 'system', 'Be kind.' from loacl.threads where id = ${ofA.threadId} returning id
    `
    const path = `messages?id=eq.${message!.id}&select=content`
    expect((await api.select(path, { token: tokenOfA })).body).toEqual([])
    expect((await api.select(path, { jwt: operator.jwt })).body).toEqual([{ content: 'Be kind.' }])
    await sql`delete from loacl.messages where id = ${message!.id}`
  })
})

describe('nobody', () => {
  it.each(['threads', 'messages', 'follow_up_suggestions'])('sees no %s', async (table) => {
    expect(await api.select(`${table}?select=*`)).toMatchObject({ status: 200, body: [] })
    expect(await api.select(`${table}?select=*`, { token: createToken() })).toMatchObject({ status: 200, body: [] })
  })

  it('gets in without a key', async () => {
    expect((await api.select('threads?select=id', { key: 'sb_publishable_wrong' })).status).toBe(401)
  })
})

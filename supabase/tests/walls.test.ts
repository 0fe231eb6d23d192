import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../packages/local/test/worker_stack.ts'
import { createToken } from './support/api.ts'
import { createWorld, type BegunTurn, type Operator } from './support/world.ts'

const world = createWorld(workerStack())
const { api, sql } = world
const tokenOfA = createToken()
const tokenOfB = createToken()
const TABLES = ['sessions', 'threads', 'messages', 'follow_up_suggestions'] as const

let assistantId: string
let operator: Operator
let otherOperator: Operator
let otherAssistantId: string
let stranger: Operator
let ofA: BegunTurn
let ofB: BegunTurn

beforeAll(async () => {
  ;({ id: assistantId, owner: operator } = await world.createAssistant())
  ;({ id: otherAssistantId, owner: otherOperator } = await world.createAssistant())
  stranger = await api.signUp(`${crypto.randomUUID()}@example.com`)
  ofA = await world.converse(assistantId, tokenOfA, { text: 'A asks' })
  ofB = await world.converse(assistantId, tokenOfB, { text: 'B asks' })
  await world.converse(otherAssistantId, createToken(), { text: 'C asks another' })
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
      body: { message: 'session_expired' },
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

/** The assistants that a signed-in user of these claims sees. */
const seenBy = (claims: object) =>
  sql.begin(async (tx) => {
    await tx`select set_config('request.jwt.claims', ${JSON.stringify(claims)}, true)`
    await tx`set local role authenticated`
    return tx`select id from loacl.assistants`
  })

describe('an operator', () => {
  it.each(TABLES)('sees the %s of their assistants and no other’s', async (table) => {
    const { status, body } = await api.select(`${table}?select=assistant_id`, { jwt: operator.jwt })
    expect(status).toBe(200)
    expect(new Set(body.map((row: { assistant_id: string }) => row.assistant_id))).toEqual(new Set([assistantId]))
  })

  it('sees what it costs, and only theirs', async () => {
    const { body } = await api.select('usage_logs?select=assistant_id,input_tokens,cost_usd', { jwt: operator.jwt })
    expect(body.length).toBeGreaterThan(0)
    for (const row of body) {
      expect(row).toMatchObject({ assistant_id: assistantId, input_tokens: 100 })
      expect(Number(row.cost_usd)).toBeCloseTo(0.000015, 9)
    }
  })

  it('changes their assistant and can’t touch, take or give away another’s', async () => {
    const caller = { jwt: operator.jwt }
    expect((await api.update(`assistants?id=eq.${assistantId}`, { description: 'New' }, caller)).body).toMatchObject([
      { description: 'New' },
    ])
    expect((await api.update(`assistants?id=eq.${otherAssistantId}`, { description: 'New' }, caller)).body).toEqual([])
    expect((await api.remove(`assistants?id=eq.${otherAssistantId}`, caller)).body).toEqual([])
    const forbidden = { status: 403, body: { code: '42501' } }
    expect(
      await api.update(`assistants?id=eq.${assistantId}`, { owner_id: otherOperator.userId }, caller),
    ).toMatchObject(forbidden)
    const question = { question: 'Hi?', assistant_id: otherAssistantId }
    expect(await api.insert('guided_questions', question, caller)).toMatchObject(forbidden)
    expect(await api.insert('guided_questions', { ...question, assistant_id: assistantId }, caller)).toMatchObject({
      status: 201,
    })
  })

  it('sets prices of their own and can’t change the shared ones', async () => {
    const caller = { jwt: operator.jwt }
    const price = { model: 'gpt-6-luna', input_usd: 1, output_usd: 1 }
    expect(await api.insert('model_prices', { ...price, owner_id: null }, caller)).toMatchObject({ status: 403 })
    expect((await api.update('model_prices?owner_id=is.null', { input_usd: 0 }, caller)).body).toEqual([])
    expect(await api.insert('model_prices', { ...price, owner_id: operator.userId }, caller)).toMatchObject({
      status: 201,
    })
    const others = await api.select(`model_prices?owner_id=eq.${operator.userId}`, { jwt: otherOperator.jwt })
    expect(others.body).toEqual([])
    await sql`delete from loacl.model_prices where owner_id = ${operator.userId}`
  })

  it('sees no token’s hash and no secret anywhere', async () => {
    const [sessions, configs] = await Promise.all([
      api.select('sessions?select=*', { jwt: operator.jwt }),
      api.select('provider_configs?select=*', { jwt: operator.jwt }),
    ])
    expect(Object.keys(sessions.body[0])).not.toContain('token_hash')
    expect(configs.body).toHaveLength(1)
    expect(JSON.stringify(configs.body)).not.toContain('ciphertext')
  })

  it('is none any more once the row is gone', async () => {
    const { id, owner: former } = await world.createAssistant()
    await world.converse(id, createToken())
    const tables = ['assistants', 'provider_configs', 'usage_logs', ...TABLES]
    for (const table of tables)
      expect((await api.select(`${table}?select=id`, { jwt: former.jwt })).body).not.toEqual([])
    await sql`delete from loacl_private.operators where user_id = ${former.userId}`
    for (const table of tables) expect((await api.select(`${table}?select=id`, { jwt: former.jwt })).body).toEqual([])
  })

  it('is never an anonymous user, whatever the table of operators says', async () => {
    expect(await seenBy({ sub: operator.userId, is_anonymous: false })).toEqual([{ id: assistantId }])
    expect(await seenBy({ sub: operator.userId, is_anonymous: true })).toEqual([])
  })
})

describe('a signed-in stranger', () => {
  it.each([...TABLES, 'assistants', 'guided_questions', 'provider_configs', 'usage_logs', 'model_prices'])(
    'sees no %s',
    async (table) => {
      expect(await api.select(`${table}?select=*`, { jwt: stranger.jwt })).toMatchObject({ status: 200, body: [] })
    },
  )

  it('can own nothing', async () => {
    const caller = { jwt: stranger.jwt }
    const forbidden = { status: 403, body: { code: '42501' } }
    expect(
      await api.insert('assistants', { owner_id: stranger.userId, name: 'Mine', model: 'x' }, caller),
    ).toMatchObject(forbidden)
    expect(await api.insert('guided_questions', { assistant_id: assistantId, question: 'Hi?' }, caller)).toMatchObject(
      forbidden,
    )
    const price = { owner_id: stranger.userId, model: 'x', input_usd: 1, output_usd: 1 }
    expect(await api.insert('model_prices', price, caller)).toMatchObject(forbidden)
  })

  it('owns nothing even where a row names them', async () => {
    await sql`insert into loacl.assistants (owner_id, name, model) values (${stranger.userId}, 'Left over', 'x')`
    expect((await api.select('assistants?select=id', { jwt: stranger.jwt })).body).toEqual([])
    expect((await api.remove('assistants?name=eq.Left over', { jwt: stranger.jwt })).body).toEqual([])
  })
})

describe('what is for the functions alone', () => {
  const id = crypto.randomUUID()
  it.each([
    ['begin_turn', { request: {} }],
    ['append_turn_parts', { turn_id: id, lease: id, seq: 1, parts: [] }],
    ['read_turn_parts', { turn_id: id, after_seq: 0 }],
    ['stop_turn', { turn_id: id }],
    ['finish_turn', { turn_id: id, lease: id, outcome: {} }],
    ['save_follow_ups', { turn_id: id, lease: id, title: null, suggestions: [], usage: null }],
  ])('%s is refused to visitors and operators', async (name, args) => {
    expect(await api.rpc(name, args, { token: tokenOfA })).toMatchObject({ status: 401, body: { code: '42501' } })
    expect(await api.rpc(name, args, { token: tokenOfA, jwt: operator.jwt })).toMatchObject({
      status: 403,
      body: { code: '42501' },
    })
  })

  it.each([{ token: tokenOfA }, { key: workerStack().secretKey }])(
    'loacl_private can’t be reached by the Data API',
    async (caller) => {
      const profile = { 'accept-profile': 'loacl_private', 'content-profile': 'loacl_private' }
      for (const table of ['operators', 'secrets', 'session_tokens', 'turns', 'turn_chunks', 'message_internals']) {
        expect((await api.select(`${table}?select=*`, caller, profile)).status).toBe(406)
        expect((await api.select(`${table}?select=*`, caller)).status).toBe(404)
      }
      expect((await api.rpc('own_session_ids', {}, caller, profile)).status).toBe(406)
      expect((await api.rpc('own_session_ids', {}, caller)).status).toBe(404)
    },
  )

  it('nothing of the owner’s is in what a visitor is told', async () => {
    const caller = { token: tokenOfA, origin: 'https://site.test' }
    const answers = await Promise.all([
      api.rpc('open_session', { assistant_id: assistantId }, caller),
      api.rpc('list_threads', { assistant_id: assistantId }, caller),
      api.rpc('list_messages', { thread_id: ofA.threadId }, caller),
      api.select('messages?select=*', caller),
    ])
    const told = JSON.stringify(answers)
    for (const secret of [
      'secret instructions',
      'sealed by the provider',
      'resp_1',
      'ciphertext',
      'cost',
      operator.userId,
    ])
      expect(told).not.toContain(secret)
  })
})

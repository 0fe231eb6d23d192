import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld } from '../support/world.ts'
import { createChat, createSite, signIdentity, type Site } from './site.ts'

const stack = workerStack()
const world = createWorld(stack)
const { api, sql } = world
const chat = createChat(stack)

let site: Site
beforeAll(async () => {
  site = await createSite(world, stack)
})
afterAll(() => world.close())

const open = (token: string, assistantId = site.assistantId) =>
  api.rpc('open_session', { assistant_id: assistantId }, { token, origin: 'https://site.test' })
const threadIds = async (token: string, assistantId?: string): Promise<string[]> =>
  (await open(token, assistantId)).body.threads.items.map(({ id }: { id: string }) => id)
const REPLACED = { status: 401, body: { message: 'session_replaced' } }
const GUEST = { status: 200, body: { visitor: { sessionId: null, type: 'guest' }, threads: { items: [] } } }
const coded = (status: number, code: string) => ({ status, body: { error: { code } } })

describe('identifying a guest', () => {
  it('keeps the session with its threads, and puts a fresh token in the place of the old one', async () => {
    const token = createToken()
    const { threadId, turn } = await world.converse(site.assistantId, token)
    const before = await open(token)

    const newToken = createToken()
    const answer = await chat.identify(
      { token },
      { assistantId: site.assistantId, newToken, identityToken: await signIdentity(site, 'ada') },
    )
    const { sessionId } = before.body.visitor
    expect(answer).toMatchObject({ status: 200, body: { visitor: { sessionId, type: 'authenticated' } } })
    const hours = (Date.parse(answer.body.expiresAt) - Date.now()) / 3_600_000
    expect(hours).toBeGreaterThan(23.9)
    expect(hours).toBeLessThan(24.1)
    expect((await open(newToken)).body.visitor).toEqual({ sessionId, type: 'authenticated' })
    expect(await threadIds(newToken)).toEqual([threadId])
    // No message makes it last longer: the site says once more who it is.
    await world.ask(site.assistantId, newToken, 'Still there?', threadId)
    const [session] = await sql<{ ends: Date }[]>`select expires_at as ends from loacl.sessions where id = ${sessionId}`
    expect(session!.ends.getTime()).toBe(Date.parse(answer.body.expiresAt))

    // Whoever planted or noted the old token has nothing by it.
    expect(await open(token)).toMatchObject(REPLACED)
    expect(await api.rpc('list_messages', { thread_id: threadId }, { token })).toMatchObject(REPLACED)
    expect(await api.select('messages?select=id', { token })).toEqual({ status: 200, body: [] })
    expect(await world.beginTurn(site.assistantId, token, { threadId })).toMatchObject(REPLACED)
    expect(await chat.request('GET', `turns/${turn.id}`, { token })).toMatchObject(coded(401, 'session_replaced'))
    expect(await sql`select from loacl_private.session_tokens where session_id = ${sessionId}`).toHaveLength(1)
  })

  it('leaves a token that was planted on a device without a session worth nothing', async () => {
    const planted = createToken()
    const token = await chat.identified(site, 'planted', planted)
    const { threadId } = await world.converse(site.assistantId, token)
    expect(await threadIds(token)).toEqual([threadId])
    expect(await open(planted)).toMatchObject(REPLACED)
  })

  it('does no harm when the answer is lost and it is asked again', async () => {
    const token = createToken()
    const { threadId } = await world.converse(site.assistantId, token)
    const body = {
      assistantId: site.assistantId,
      newToken: createToken(),
      identityToken: await signIdentity(site, 'again'),
    }
    const first = await chat.identify({ token }, body)
    const second = await chat.identify({ token }, body)
    expect(second).toMatchObject({ status: 200, body: { visitor: first.body.visitor } })
    expect(await threadIds(body.newToken)).toEqual([threadId])
  })

  it('takes no new token that is the old one, malformed, or somebody’s already', async () => {
    const token = createToken()
    const others = await chat.identified(site, 'other')
    const identityToken = await signIdentity(site, 'taker')
    const tryWith = (newToken: unknown) =>
      chat.identify({ token }, { assistantId: site.assistantId, newToken, identityToken })
    expect(await tryWith(token)).toMatchObject(coded(400, 'invalid_body'))
    expect(await tryWith('short')).toMatchObject(coded(400, 'invalid_body'))
    expect(await tryWith(undefined)).toMatchObject(coded(400, 'invalid_body'))
    expect(await tryWith(others)).toMatchObject(coded(409, 'id_conflict'))
    expect((await open(others)).body.visitor.type).toBe('authenticated')
  })

  it('brings nothing along from a guest’s session that has ended', async () => {
    const token = createToken()
    const { threadId } = await world.converse(site.assistantId, token)
    await sql`update loacl.sessions set expires_at = now() where id = (select session_id from loacl.threads where id = ${threadId})`
    expect(await threadIds(await chat.identified(site, 'late', token))).toEqual([])
  })

  it('needs a session token, a known assistant, and a page that may use it', async () => {
    const identityToken = await signIdentity(site, 'ada')
    const body = { assistantId: site.assistantId, newToken: createToken(), identityToken }
    expect(await chat.identify({}, body)).toMatchObject(coded(401, 'session_missing'))
    expect(await chat.identify({ token: 'x' }, body)).toMatchObject(coded(401, 'session_invalid'))
    const token = createToken()
    expect(await chat.identify({ token, origin: 'https://evil.test' }, body)).toMatchObject(
      coded(403, 'origin_not_allowed'),
    )
    expect(await chat.identify({ token }, { ...body, assistantId: 'x' })).toMatchObject(coded(400, 'invalid_body'))
    expect(await chat.identify({ token }, { ...body, identityToken: undefined })).toMatchObject(
      coded(400, 'invalid_body'),
    )
  })

  it('is refused with a session of another assistant', async () => {
    const other = await createSite(world, stack)
    const token = createToken()
    await world.converse(other.assistantId, token)
    const identityToken = await signIdentity(site, 'ada')
    const body = { assistantId: site.assistantId, newToken: createToken(), identityToken }
    expect(await chat.identify({ token }, body)).toMatchObject(coded(403, 'session_mismatch'))
  })
})

describe('one person', () => {
  it('finds their threads on every device, and goes on with them', async () => {
    const laptop = createToken()
    const { threadId } = await world.converse(site.assistantId, laptop, { text: 'From the laptop' })
    await chat.identified(site, 'grace', laptop)
    const phone = await chat.identified(site, 'grace')
    expect(await threadIds(phone)).toEqual([threadId])
    expect((await api.rpc('list_messages', { thread_id: threadId }, { token: phone })).body.items).toHaveLength(2)

    const begun = await world.ask(site.assistantId, phone, 'From the phone', threadId)
    const again = await world.beginTurn(site.assistantId, phone, { threadId, text: 'Another' })
    expect(again).toMatchObject({ status: 409, body: { message: 'turn_in_progress' } })
    const asServer = world.asServer(phone)
    expect(await api.rpc('stop_turn', { turn_id: begun.turn.id }, asServer)).toMatchObject({ status: 200 })
    await world.finish(begun.turn, { state: 'stopped' })
    const retried = await world.beginTurn(site.assistantId, phone, { type: 'retry', id: begun.userMessageId, threadId })
    expect(retried).toMatchObject({ status: 200, body: { joined: false } })
    await world.finish(retried.body.turn)
    const sessions = await sql`select distinct session_id from loacl.messages where thread_id = ${threadId}`
    expect(sessions).toHaveLength(1)
    expect((await api.rpc('update_thread', { thread_id: threadId, title: 'Ours' }, { token: phone })).status).toBe(200)
  })

  it('finds them when the other device’s session has ended, too', async () => {
    const old = await chat.identified(site, 'linus')
    const { threadId } = await world.converse(site.assistantId, old)
    await sql`update loacl.sessions set expires_at = now() where id = (select session_id from loacl.threads where id = ${threadId})`
    expect(await open(old)).toMatchObject({ status: 401, body: { message: 'session_expired' } })
    expect(await api.select('threads?select=id', { token: old })).toEqual({ status: 200, body: [] })
    expect(await threadIds(await chat.identified(site, 'linus'))).toEqual([threadId])
  })

  it('is of one assistant: the same id at another site is somebody else', async () => {
    const other = await createSite(world, stack, site.owner)
    const here = await chat.identified(site, 'same-id')
    const { threadId } = await world.converse(site.assistantId, here)
    const there = await chat.identified(other, 'same-id')
    expect(await threadIds(there, other.assistantId)).toEqual([])
    expect(await api.rpc('list_messages', { thread_id: threadId }, { token: there })).toMatchObject({ status: 404 })
    expect((await api.select('threads?select=id', { token: there })).body).toEqual([])
  })

  it('downloads and erases what is theirs on all devices', async () => {
    const first = await chat.identified(site, 'edsger')
    await world.converse(site.assistantId, first)
    const second = await chat.identified(site, 'edsger')
    await world.converse(site.assistantId, second)
    const exported = await api.rpc('export_visitor_data', {}, { token: second })
    expect(exported.body.sessions).toMatchObject([{ externalId: 'edsger' }, { externalId: 'edsger' }])
    expect(exported.body.threads).toHaveLength(2)
    expect((await api.rpc('erase_visitor_data', {}, { token: second })).body).toMatchObject({ sessions: 2, threads: 2 })
    expect(await open(first)).toMatchObject({ status: 401, body: { message: 'session_expired' } })
  })

  it('keeps their session when they identify themselves again, which renews it', async () => {
    const first = await chat.identified(site, 'barbara')
    const { sessionId } = (await open(first)).body.visitor
    await sql`update loacl.sessions set expires_at = now() where id = ${sessionId}`
    const second = await chat.identified(site, 'barbara', first)
    expect((await open(second)).body.visitor).toEqual({ sessionId, type: 'authenticated' })
    expect(await open(first)).toMatchObject(REPLACED)
  })
})

describe('another person on the same device', () => {
  it('is refused until the first has signed out, and sees nothing of theirs', async () => {
    const ofA = await chat.identified(site, 'person-a')
    const { threadId } = await world.converse(site.assistantId, ofA)
    const body = {
      assistantId: site.assistantId,
      newToken: createToken(),
      identityToken: await signIdentity(site, 'person-b'),
    }
    const rows = await world.readRows(site.assistantId)
    expect(await chat.identify({ token: ofA }, body)).toMatchObject(coded(409, 'session_bound'))
    expect(await world.readRows(site.assistantId)).toEqual(rows)
    expect(await open(body.newToken)).toMatchObject(GUEST)

    // Nor when A's session has ended in the meantime.
    await sql`update loacl.sessions set expires_at = now() where id = (select session_id from loacl.threads where id = ${threadId})`
    expect(await chat.identify({ token: ofA }, body)).toMatchObject(coded(409, 'session_bound'))

    await chat.signOut(ofA)
    const ofB = await chat.identified(site, 'person-b')
    expect(await threadIds(ofB)).toEqual([])
    expect(await api.rpc('list_messages', { thread_id: threadId }, { token: ofB })).toMatchObject({ status: 404 })
  })
})

describe('signing out', () => {
  it('forgets the token on the server; who comes back as the same person finds their threads', async () => {
    const token = await chat.identified(site, 'alan')
    const { threadId } = await world.converse(site.assistantId, token)
    const running = await world.ask(site.assistantId, token)
    expect(await chat.signOut(token)).toEqual({ status: 204, body: '' })
    expect(await chat.signOut(token)).toMatchObject({ status: 204 })
    expect(await open(token)).toMatchObject(REPLACED)
    expect(await api.rpc('list_messages', { thread_id: threadId }, { token })).toMatchObject(REPLACED)
    expect(await chat.request('GET', `turns/${running.turn.id}`, { token })).toMatchObject(
      coded(401, 'session_replaced'),
    )
    const kept = await sql`
      select from loacl_private.session_tokens where token_hash = sha256(convert_to(${token}, 'UTF8'))
    `
    expect(kept).toHaveLength(0)
    expect(await threadIds(await chat.identified(site, 'alan'))).toContain(threadId)
  })

  it('takes a session token and nothing else', async () => {
    expect(await chat.request('POST', 'sign-out', {})).toMatchObject(coded(401, 'session_missing'))
    expect(await api.rpc('sign_out_session', {}, { token: createToken() })).toMatchObject({ status: 401 })
    expect(await api.rpc('identify_session', { request: {} }, { token: createToken() })).toMatchObject({ status: 401 })
  })
})

describe('a guest', () => {
  it('stays for 30 days after each message, and is nobody then', async () => {
    const token = createToken()
    const { threadId, turn } = await world.converse(site.assistantId, token)
    const read = async () =>
      (
        await sql`
        select extract(epoch from s.expires_at - now()) / 86400 as days
        from loacl.sessions s join loacl.threads t on t.session_id = s.id where t.id = ${threadId}
      `
      )[0]!.days
    const set = (days: number) => sql`
      update loacl.sessions set expires_at = now() + make_interval(days => ${days})
      where id = (select session_id from loacl.threads where id = ${threadId})
    `
    expect(Number(await read())).toBeCloseTo(30, 1)
    await set(1)
    await world.converse(site.assistantId, token, { threadId })
    expect(Number(await read())).toBeCloseTo(30, 1)

    await set(0)
    expect(await open(token)).toMatchObject({ status: 401, body: { message: 'session_expired' } })
    expect(await world.beginTurn(site.assistantId, token)).toMatchObject({ status: 401 })
    expect(await api.select('messages?select=id', { token })).toEqual({ status: 200, body: [] })
    expect(await chat.request('GET', `turns/${turn.id}`, { token })).toMatchObject(coded(404, 'turn_not_found'))
  })
})

import { randomUUID } from 'node:crypto'
import { decodeJwt, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld, type BegunTurn } from '../support/world.ts'
import { createAccount, createChat, createSite, nowSeconds, signIdentity, type Account } from './site.ts'

const stack = workerStack()
const world = createWorld(stack)
const { api } = world
const chat = createChat(stack)
const coded = (status: number, code: string) => ({ status, body: { error: { code } } })
const LOCKED = { status: 401, body: { message: 'session_locked' } }

let assistantId: string
let ada: Account
let eve: Account
beforeAll(async () => {
  ;({ assistantId } = await createSite(world, stack))
  ada = await createAccount(stack)
  eve = await createAccount(stack)
})
afterAll(() => world.close())

const open = (token: string, jwt?: string) =>
  api.rpc('open_session', { assistant_id: assistantId }, { token, jwt, origin: 'https://site.test' })
const message = (threadId: string | null = null) => ({
  type: 'message',
  assistantId,
  id: randomUUID(),
  threadId,
  text: 'Hello',
})

/** A session of a Supabase user with one conversation, which they began as a guest. */
async function signedIn(account: Account): Promise<BegunTurn & { token: string; jwt: string }> {
  const guest = createToken()
  const begun = await world.converse(assistantId, guest)
  const token = createToken()
  const answer = await chat.identify({ token: guest, jwt: account.jwt }, { assistantId, newToken: token })
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body))
  return { ...begun, token, jwt: account.jwt }
}

describe('a session that is bound to a Supabase user', () => {
  it('works with that user’s access token on the same request', async () => {
    const { token, jwt, threadId, turn } = await signedIn(ada)
    const opened = await open(token, jwt)
    expect(opened.body.visitor).toEqual({ sessionId: expect.any(String), type: 'authenticated' })
    expect(opened.body.threads.items).toMatchObject([{ id: threadId }])
    expect((await api.select('messages?select=id', { token, jwt })).body).toHaveLength(2)
    expect(await chat.request('GET', `turns/${turn.id}`, { token, jwt })).toMatchObject({ status: 200 })
    expect(await chat.request('POST', `turns/${turn.id}/stop`, { token, jwt })).toMatchObject({ status: 202 })
    expect(await chat.request('POST', 'turns', { token, jwt }, message(threadId))).toMatchObject({ status: 200 })
  })

  it('ends 30 days later, however many messages come', async () => {
    const { token, jwt, threadId } = await signedIn(await createAccount(stack))
    const readDays = async () => {
      const [row] = await world.sql<{ days: number }[]>`
        select extract(epoch from s.expires_at - now())::float8 / 86400 as days
        from loacl.sessions s join loacl.threads t on t.session_id = s.id where t.id = ${threadId}
      `
      return row!.days
    }
    expect(await readDays()).toBeCloseTo(30, 1)
    await world.sql`
      update loacl.sessions set expires_at = now() + interval '1 day'
      where id = (select session_id from loacl.threads where id = ${threadId})
    `
    expect(await chat.request('POST', 'turns', { token, jwt }, message(threadId))).toMatchObject({ status: 200 })
    expect(await readDays()).toBeCloseTo(1, 1)
  })

  it('is of one assistant: the same user at another is somebody else', async () => {
    const account = await createAccount(stack)
    const here = await signedIn(account)
    const other = await world.createAssistant()
    const token = createToken()
    const body = { assistantId: other.id, newToken: token }
    expect(await chat.identify({ token: createToken(), jwt: account.jwt }, body)).toMatchObject({ status: 200 })
    const caller = { token, jwt: account.jwt }
    expect((await api.select('threads?select=id', caller)).body).toEqual([])
    expect(await api.rpc('list_messages', { thread_id: here.threadId }, caller)).toMatchObject({ status: 404 })
    expect((await api.rpc('export_visitor_data', {}, caller)).body).toMatchObject({
      sessions: [{ assistantId: other.id }],
      threads: [],
    })
    const claims = decodeJwt(account.jwt)
    expect(await world.beginTurn(other.id, token, { threadId: here.threadId, claims })).toMatchObject({
      status: 404,
      body: { message: 'thread_not_found' },
    })
    expect((await api.rpc('erase_visitor_data', {}, caller)).body).toMatchObject({ sessions: 1, threads: 0 })
    expect((await open(here.token, here.jwt)).body.threads.items).toMatchObject([{ id: here.threadId }])
  })

  it.each([
    ['without one', () => undefined],
    ['with another user’s', () => eve.jwt],
  ])('is worth nothing %s', async (_, other) => {
    const { token, threadId, turn } = await signedIn(await createAccount(stack))
    const caller = { token, jwt: other() }
    expect(await open(token, other())).toMatchObject(LOCKED)
    expect(await api.rpc('list_messages', { thread_id: threadId }, caller)).toMatchObject({ status: 404 })
    expect(await api.select('messages?select=id', caller)).toEqual({ status: 200, body: [] })
    expect(await api.update(`threads?id=eq.${threadId}`, { title: 'Mine' }, caller)).toEqual({ status: 200, body: [] })
    expect(await api.rpc('export_visitor_data', {}, caller)).toMatchObject(LOCKED)
    expect(await api.rpc('erase_visitor_data', {}, caller)).toMatchObject(LOCKED)
    expect(await chat.request('GET', `turns/${turn.id}`, caller)).toMatchObject(coded(404, 'turn_not_found'))
    expect(await chat.request('POST', `turns/${turn.id}/stop`, caller)).toMatchObject(coded(404, 'turn_not_found'))
    expect(await chat.request('POST', 'turns', caller, message(threadId))).toMatchObject(coded(401, 'session_locked'))
  })

  it('shows the threads of the same user’s other devices', async () => {
    const account = await createAccount(stack)
    const first = await signedIn(account)
    const jwt = await account.signInAgain()
    const second = createToken()
    await chat.identify({ token: createToken(), jwt }, { assistantId, newToken: second })
    expect((await open(second, jwt)).body.threads.items).toMatchObject([{ id: first.threadId }])
    expect(await open(second)).toMatchObject(LOCKED)
  })

  it('is refused to every other person', async () => {
    const { token, jwt } = await signedIn(ada)
    const newToken = createToken()
    expect(await chat.identify({ token, jwt: eve.jwt }, { assistantId, newToken })).toMatchObject(
      coded(409, 'session_bound'),
    )
    const site = await createSite(world, stack)
    const identityToken = await signIdentity(site, ada.userId)
    expect(
      await chat.identify({ token, jwt }, { assistantId: site.assistantId, newToken, identityToken }),
    ).toMatchObject(coded(403, 'session_mismatch'))
    expect((await open(token, jwt)).status).toBe(200)
  })

  it('ends at once where its user signs out, on whatever device', async () => {
    const account = await createAccount(stack)
    const { token, jwt, threadId, turn } = await signedIn(account)
    expect((await open(token, jwt)).status).toBe(200)
    await account.signOutEverywhere()
    expect(decodeJwt(jwt).exp).toBeGreaterThan(nowSeconds() + 60)
    expect(await open(token, jwt)).toMatchObject(LOCKED)
    expect(await api.rpc('list_messages', { thread_id: threadId }, { token, jwt })).toMatchObject({ status: 404 })
    expect(await api.select('threads?select=id', { token, jwt })).toEqual({ status: 200, body: [] })
    const claims = decodeJwt(jwt)
    expect(await world.beginTurn(assistantId, token, { threadId, claims })).toMatchObject(LOCKED)
    expect(
      await api.rpc('read_turn_parts', { turn_id: turn.id, after_seq: 0, claims }, world.asServer(token)),
    ).toMatchObject({ status: 404 })
    for (const [method, path, body] of [
      ['POST', 'turns', message(threadId)],
      ['GET', `turns/${turn.id}`],
      ['POST', 'identify', { assistantId, newToken: createToken() }],
    ] as const)
      expect((await chat.request(method, path, { token, jwt }, body)).status).toBeGreaterThanOrEqual(401)

    // The same person, signed in again, finds everything.
    const back = await account.signInAgain()
    expect((await open(token, back)).body.threads.items).toMatchObject([{ id: threadId }])
  })

  it('ends with its user’s session with Auth, where that has an end', async () => {
    const { token, jwt, threadId } = await signedIn(await createAccount(stack))
    await world.sql`update auth.sessions set not_after = now() where id = ${String(decodeJwt(jwt)['session_id'])}`
    expect(await open(token, jwt)).toMatchObject(LOCKED)
    expect(await api.select('threads?select=id', { token, jwt })).toEqual({ status: 200, body: [] })
    const claims = decodeJwt(jwt)
    expect(await world.beginTurn(assistantId, token, { threadId, claims })).toMatchObject(LOCKED)
  })

  it('rests while its user is banned', async () => {
    const account = await createAccount(stack)
    const { token, jwt, threadId } = await signedIn(account)
    const ban = (until: string) => world.sql`update auth.users set banned_until = ${until} where id = ${account.userId}`
    await ban('2100-01-01')
    expect(await open(token, jwt)).toMatchObject(LOCKED)
    expect(await api.select('threads?select=id', { token, jwt })).toEqual({ status: 200, body: [] })
    expect(await world.beginTurn(assistantId, token, { threadId, claims: decodeJwt(jwt) })).toMatchObject(LOCKED)
    await ban('2020-01-01')
    expect((await open(token, jwt)).body.threads.items).toMatchObject([{ id: threadId }])
  })

  it('can be signed out with an access token that has run out', async () => {
    const { token, jwt } = await signedIn(ada)
    expect(await chat.signOut(token, 'ey.ey.ey')).toMatchObject({ status: 204 })
    expect(await open(token, jwt)).toMatchObject({ status: 401, body: { message: 'session_replaced' } })
  })
})

const sign = (claims: object, secret = stack.jwtSecret) =>
  new SignJWT({ ...claims }).setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).sign(new TextEncoder().encode(secret))
const identify = (jwt: string) => chat.identify({ token: createToken(), jwt }, { assistantId, newToken: createToken() })

describe('an access token', () => {
  it.each([
    ['that has run out', () => sign({ ...decodeJwt(ada.jwt), exp: nowSeconds() - 10 })],
    ['signed with another secret', () => sign(decodeJwt(ada.jwt), 'x'.repeat(43))],
    ['that is none', async () => 'abc'],
    ['of an anonymous user, who is a guest', () => sign({ ...decodeJwt(ada.jwt), is_anonymous: true })],
    ['of an Auth session that never was', () => sign({ ...decodeJwt(ada.jwt), session_id: randomUUID() })],
    ['of another user’s Auth session', () => sign({ ...decodeJwt(ada.jwt), sub: eve.userId })],
  ])('%s makes nobody a person', async (_, make) => {
    expect(await identify(await make())).toMatchObject(coded(401, 'access_token_invalid'))
  })

  it('of a user who is not bound leaves a guest a guest', async () => {
    const token = createToken()
    const { threadId } = await world.converse(assistantId, token)
    expect((await open(token, eve.jwt)).body).toMatchObject({
      visitor: { type: 'guest' },
      threads: { items: [{ id: threadId }] },
    })
    expect(await chat.request('POST', 'turns', { token, jwt: eve.jwt }, message(threadId))).toMatchObject({
      status: 200,
    })
  })

  it.each([
    ['names its people otherwise', { sub: 'user_2abc', session_id: 'sess_2abc' }],
    ['has no session with Auth', { sub: 'auth0|abc', session_id: undefined }],
  ])('of another service, which %s, leaves a guest a guest', async (_, foreign) => {
    const token = createToken()
    const jwt = await sign({ ...decodeJwt(ada.jwt), ...foreign })
    const { threadId } = await world.converse(assistantId, token)
    expect((await open(token, jwt)).body).toMatchObject({
      visitor: { type: 'guest' },
      threads: { items: [{ id: threadId }] },
    })
    expect(await api.rpc('list_messages', { thread_id: threadId }, { token, jwt })).toMatchObject({ status: 200 })
    const threads = await api.select('threads?select=id', { token, jwt })
    expect(threads).toMatchObject({ status: 200, body: [{ id: threadId }] })
  })

  it('is not the project’s own key, which some clients send in its place', async () => {
    const caller = { token: createToken(), jwt: stack.publishableKey }
    expect(await chat.identify(caller, { assistantId, newToken: createToken() })).toMatchObject(
      coded(400, 'invalid_body'),
    )
    expect(await chat.request('POST', 'turns', caller, message())).toMatchObject({ status: 200 })
  })
})

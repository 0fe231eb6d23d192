import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createAccount, createChat, createSite, type Site } from '../identity/site.ts'
import { createToken } from '../support/api.ts'
import { createWorld } from '../support/world.ts'
import { createEventCalls } from './event_calls.ts'

const stack = workerStack()
const world = createWorld(stack)
const { api, sql } = world
const chat = createChat(stack)
const { listEvents, kinds, read } = createEventCalls(world)
const NOT_FOUND = { status: 404, body: { message: 'thread_not_found' } }
const refusal = (code: string) => ({ status: 401, body: { message: code } })

let site: Site
let token: string
let threadId: string

beforeAll(async () => {
  site = await createSite(world, stack)
})
beforeEach(async () => {
  token = createToken()
  ;({ threadId } = await world.converse(site.assistantId, token))
})
afterAll(() => world.close())

describe('the events of a thread', () => {
  it('are its visitor’s and its operator’s', async () => {
    expect(await read(threadId, { token })).toEqual(await read(threadId, { jwt: site.owner.jwt }))
  })

  it('are told to no other visitor, no other operator, no stranger and nobody at all', async () => {
    const other = await world.createOperator()
    const stranger = await createAccount(stack)
    const another = createToken()
    await world.converse(site.assistantId, another)
    expect(await listEvents(threadId, { token: another })).toMatchObject(NOT_FOUND)
    expect(await listEvents(threadId, { token: createToken() })).toMatchObject(NOT_FOUND)
    expect(await listEvents(threadId, { jwt: other.jwt })).toMatchObject(NOT_FOUND)
    expect(await listEvents(threadId, { jwt: other.jwt, token: another })).toMatchObject(NOT_FOUND)
    expect(await listEvents(threadId, { jwt: stranger.jwt, token: another })).toMatchObject(NOT_FOUND)
    expect(await listEvents(threadId, { jwt: stranger.jwt })).toMatchObject(refusal('session_missing'))
    expect(await listEvents(threadId, {})).toMatchObject(refusal('session_missing'))
    expect(await listEvents(threadId, { token: 'short' })).toMatchObject(refusal('session_invalid'))
    expect(await listEvents(threadId, world.asServer(token))).toMatchObject({ status: 403, body: { code: '42501' } })
  })

  it('end when the visitor signs out', async () => {
    await chat.signOut(token)
    expect(await listEvents(threadId, { token })).toMatchObject(refusal('session_replaced'))
    await sql`delete from loacl_private.replaced_session_tokens`
    expect(await listEvents(threadId, { token })).toMatchObject(NOT_FOUND)
  })

  it('end for the old token when the visitor is identified, and go on for the new one', async () => {
    const fresh = await chat.identified(site, 'ada', token)
    expect(await listEvents(threadId, { token })).toMatchObject(refusal('session_replaced'))
    expect((await listEvents(threadId, { token: fresh })).status).toBe(200)
    // An operator who was here as a visitor, too, is told what became of that visitor.
    const other = await world.createOperator()
    expect(await listEvents(threadId, { token, jwt: other.jwt })).toMatchObject(refusal('session_replaced'))
  })

  it('are not those of whoever is identified next on the same device', async () => {
    const ada = await chat.identified(site, 'ada', token)
    await chat.signOut(ada)
    const grace = await chat.identified(site, 'grace')
    expect(await listEvents(threadId, { token: grace })).toMatchObject(NOT_FOUND)
    expect(await listEvents(threadId, { token: await chat.identified(site, 'ada') })).toMatchObject({ status: 200 })
  })

  it('end when the session does, and wait for the user whose it is', async () => {
    const session = sql`(select session_id from loacl.threads where id = ${threadId})`
    const account = await createAccount(stack)
    await sql`update loacl.sessions set session_type = 'authenticated', user_id = ${account.userId} where id = ${session}`
    expect(await listEvents(threadId, { token })).toMatchObject(refusal('session_locked'))
    expect((await listEvents(threadId, { token, jwt: account.jwt })).status).toBe(200)
    await account.signOutEverywhere()
    expect(await listEvents(threadId, { token, jwt: account.jwt })).toMatchObject(refusal('session_locked'))
    await sql`update loacl.sessions set expires_at = now() where id = ${session}`
    expect(await listEvents(threadId, { token })).toMatchObject(refusal('session_expired'))
  })

  it('end for the visitor when the thread is deleted; its operator sees that', async () => {
    await api.rpc('delete_thread', { thread_id: threadId }, { token })
    expect(await listEvents(threadId, { token })).toMatchObject(NOT_FOUND)
    expect(await kinds(threadId, { jwt: site.owner.jwt }, 5)).toEqual(['thread_deleted'])
    await api.rpc('restore_thread', { thread_id: threadId }, { token })
    expect(await kinds(threadId, { token }, 5)).toEqual(['thread_deleted', 'thread_restored'])
  })

  it('end for all when the visitor’s data is erased', async () => {
    await api.rpc('erase_visitor_data', {}, { token })
    expect(await listEvents(threadId, { token })).toMatchObject({ status: 401, body: { message: 'session_expired' } })
    expect(await listEvents(threadId, { jwt: site.owner.jwt })).toMatchObject(NOT_FOUND)
  })

  it('end for the operator who is one no more', async () => {
    const owner = await world.createOperator()
    const { id } = await world.createAssistant({ owner })
    await sql`
      insert into loacl_private.secrets (owner_id, purpose, key_id, ciphertext)
      values (${owner.userId}, 'provider_key', 'test', ${'x'.repeat(64)})
    `
    await sql`
      insert into loacl.provider_configs (owner_id, secret_id, key_last_four, is_default)
      select owner_id, id, 'abcd', true from loacl_private.secrets where owner_id = ${owner.userId}
    `
    const asked = await world.ask(id, createToken())
    expect((await listEvents(asked.threadId, { jwt: owner.jwt })).status).toBe(200)
    await sql`delete from loacl_private.operators where user_id = ${owner.userId}`
    expect(await listEvents(asked.threadId, { jwt: owner.jwt })).toMatchObject(refusal('session_missing'))
  })
})

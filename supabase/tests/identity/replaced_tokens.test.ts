import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld } from '../support/world.ts'
import { createChat, createSite, signIdentity, type Site } from './site.ts'

const stack = workerStack()
const world = createWorld(stack)
const { api, sql } = world
const chat = createChat(stack)
const REPLACED = { status: 401, body: { message: 'session_replaced' } }

let site: Site
beforeAll(async () => {
  site = await createSite(world, stack)
})
afterAll(() => world.close())

const open = (token: string) =>
  api.rpc('open_session', { assistant_id: site.assistantId }, { token, origin: 'https://site.test' })
const identify = async (token: string, newToken: string, sub = 'ada') =>
  chat.identify({ token }, { assistantId: site.assistantId, newToken, identityToken: await signIdentity(site, sub) })
const remembered = (token: string) =>
  sql`select from loacl_private.replaced_session_tokens where token_hash = sha256(convert_to(${token}, 'UTF8'))`

/** What another tab may be on its way with. */
async function expectRefused(token: string): Promise<void> {
  const before = await world.readRows(site.assistantId)
  expect(await open(token)).toMatchObject(REPLACED)
  expect(await world.beginTurn(site.assistantId, token)).toMatchObject(REPLACED)
  const id = randomUUID()
  for (const [name, args] of Object.entries({
    export_visitor_data: {},
    erase_visitor_data: {},
    list_messages: { thread_id: id },
    list_events: { thread_id: id },
    update_thread: { thread_id: id, title: 'Mine' },
    delete_thread: { thread_id: id },
    restore_thread: { thread_id: id },
    use_suggestion: { suggestion_id: id },
    set_feedback: { message_id: id, value: 'up' },
  }))
    expect(await api.rpc(name, args, { token })).toMatchObject(REPLACED)
  for (const [name, args] of [
    ['read_turn_parts', { turn_id: id, after_seq: 0 }],
    ['stop_turn', { turn_id: id }],
  ] as const)
    expect(await api.rpc(name, args, world.asServer(token))).toMatchObject(REPLACED)
  expect(await identify(token, createToken(), randomUUID())).toMatchObject({
    status: 401,
    body: { error: { code: 'session_replaced' } },
  })
  expect(await world.readRows(site.assistantId)).toEqual(before)
}

it('a token that identifying took away begins nothing: nobody would find it again', async () => {
  const [token, newToken] = [createToken(), createToken()]
  const { threadId } = await world.converse(site.assistantId, token)
  expect(await identify(token, newToken)).toMatchObject({ status: 200 })
  await expectRefused(token)
  expect((await open(newToken)).body.threads.items).toMatchObject([{ id: threadId }])
  // The same request again, whose answer was lost, is no other one.
  expect(await identify(token, newToken)).toMatchObject({ status: 200 })
})

it('nor does one that had no session yet', async () => {
  const [token, newToken] = [createToken(), createToken()]
  expect(await identify(token, newToken)).toMatchObject({ status: 200 })
  await expectRefused(token)
})

it('nor does one that was signed out', async () => {
  const token = createToken()
  await world.converse(site.assistantId, token)
  expect(await chat.signOut(token)).toMatchObject({ status: 204 })
  await expectRefused(token)
})

it('signing out leaves no trace of a token that was nobody’s', async () => {
  const token = createToken()
  expect(await chat.signOut(token)).toMatchObject({ status: 204 })
  expect(await remembered(token)).toHaveLength(0)
})

it('is remembered as one for ten minutes, and forgotten by the next of anybody', async () => {
  const [token, newToken, other] = [createToken(), createToken(), createToken()]
  await identify(token, newToken)
  const letPass = (minutes: number) => sql`
    update loacl_private.replaced_session_tokens set created_at = now() - make_interval(mins => ${minutes})
    where token_hash = sha256(convert_to(${token}, 'UTF8'))
  `
  await letPass(9)
  await identify(newToken, other)
  expect(await remembered(token)).toHaveLength(1)
  await letPass(11)
  await identify(other, createToken())
  expect(await remembered(token)).toHaveLength(0)
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createWorld, type BegunTurn } from '../support/world.ts'
import type { CallerName } from './expectations.ts'
import { createMatrixWorld, type MatrixWorld } from './matrix_world.ts'

const world = createWorld(workerStack())
const { api, sql } = world

/** As `generateId` of the ai package makes them. */
const CHAT = 'chat-Xq3zV0Lr8bNmKd2T'
const MESSAGE = 'msg-9fPwQ1aZs7Yh4JcE'

/** Who has a session of their own with the same assistant, and who has none. */
const OTHERS: readonly CallerName[] = ['visitor B', "A's other session", 'identified visitor']
const NOBODIES: readonly CallerName[] = [
  'no token',
  'expired session',
  'Supabase-signed-in visitor',
  'signed-in stranger',
  'operator',
  'other operator',
]

let matrix: MatrixWorld
let ofA: BegunTurn

const begin = (caller: CallerName, request: object) =>
  world.beginTurn(matrix.assistantIds[0]!, matrix.callers[caller].token, { origin: null, text: 'A asks', ...request })
const ask = async (clientThreadId: string): Promise<string> =>
  (await begin('visitor A', { id: crypto.randomUUID(), clientThreadId })).body.threadId
const find = async (caller: CallerName, id: string) => await api.rpc('find_thread', { id }, matrix.callers[caller].api)
const rowsOfA = async () => [
  await sql`select * from loacl.threads where id = ${ofA.threadId}`,
  await sql`select * from loacl.messages where thread_id = ${ofA.threadId} order by seq`,
  await sql`select * from loacl_private.turns where thread_id = ${ofA.threadId}`,
]

beforeAll(async () => {
  matrix = await createMatrixWorld(world)
  ofA = (await begin('visitor A', { id: MESSAGE, clientThreadId: CHAT })).body
})
afterAll(() => world.close())

describe('ids that a client makes', () => {
  it('lead their own visitor to the conversation, and are no key of it', async () => {
    expect(await find('visitor A', CHAT)).toMatchObject({ status: 200, body: { id: ofA.threadId } })
    expect(await find('visitor A', ofA.threadId)).toMatchObject({ status: 200, body: { id: ofA.threadId } })
    expect([ofA.threadId, ofA.userMessageId]).not.toContain(CHAT)
    const { body } = await api.rpc('list_messages', { thread_id: ofA.threadId }, matrix.callers['visitor A'].api)
    expect(body.items[1]).toMatchObject({ id: ofA.userMessageId, clientId: MESSAGE })
  })

  it.each([...OTHERS, ...NOBODIES])('open nothing for %s', async (caller) => {
    for (const id of [CHAT, ofA.threadId]) expect(await find(caller, id)).toMatchObject({ status: 200, body: null })
  })

  it.each([...OTHERS, 'expired session'] as const)('name no turn of anybody else’s for %s', async (caller) => {
    for (const id of [CHAT, ofA.threadId]) {
      const { status, body } = await api.rpc(
        'find_turn',
        { thread_id: id },
        world.asServer(matrix.callers[caller].token),
      )
      expect([status, body]).toEqual([200, null])
    }
  })

  it('find no turn without a session token', async () => {
    expect(await api.rpc('find_turn', { thread_id: CHAT }, world.asServer())).toMatchObject({
      status: 401,
      body: { message: 'session_missing' },
    })
  })

  it.each(OTHERS)('write nothing into another’s conversation: the same two ids of %s are their own', async (caller) => {
    const before = await rowsOfA()
    const begun = await begin(caller, { id: MESSAGE, clientThreadId: CHAT })
    expect(begun).toMatchObject({ status: 200, body: { joined: false } })
    expect(begun.body.threadId).not.toBe(ofA.threadId)
    expect(begun.body.history).toEqual([{ role: 'user', content: 'A asks' }])
    expect(await find(caller, CHAT)).toMatchObject({ body: { id: begun.body.threadId } })
    // Nor where the conversation is named by the server's own id, which begins another under it.
    const other = await begin(caller, { id: `${MESSAGE}-2`, clientThreadId: ofA.threadId })
    expect(other.body.threadId).not.toBe(ofA.threadId)
    expect(await begin(caller, { type: 'retry', id: ofA.userMessageId, clientThreadId: CHAT })).toMatchObject({
      status: 404,
      body: { message: 'message_not_found' },
    })
    expect(await rowsOfA()).toEqual(before)
  })

  it('are of 1 to 128 visible ASCII characters, and refused otherwise by the database too', async () => {
    const refused = { status: 400, body: { code: '23514' } }
    for (const id of ['', 'two words', 'ä', 'a'.repeat(129), 'line\nbreak']) {
      expect(await begin('visitor A', { id })).toMatchObject(refused)
      expect(await begin('visitor A', { id: crypto.randomUUID(), clientThreadId: id })).toMatchObject(refused)
    }
    const longest = '~'.repeat(128)
    expect(await begin('visitor A', { id: longest, clientThreadId: longest })).toMatchObject({ status: 200 })
  })

  it('are one message however often they are sent at once, in a conversation that is new', async () => {
    const request = { id: crypto.randomUUID().toUpperCase(), clientThreadId: 'at-once' }
    const answers = await Promise.all(Array.from({ length: 5 }, () => begin('visitor A', request)))
    expect(answers.filter(({ body }) => !body.joined)).toHaveLength(1)
    expect(new Set(answers.map(({ body }) => body.turn.id)).size).toBe(1)
    expect(await begin('visitor A', { ...request, text: 'Something else' })).toMatchObject({
      status: 409,
      body: { message: 'id_conflict' },
    })
  })

  it('of a conversation that was deleted begin another, and the first comes back beside it', async () => {
    const caller = matrix.callers['visitor A'].api
    const call = (name: string, thread_id: string) => api.rpc(name, { thread_id }, caller)
    const first = await ask('support')
    await call('delete_thread', first)
    expect(await find('visitor A', 'support')).toMatchObject({ status: 200, body: null })
    const second = await ask('support')
    expect(second).not.toBe(first)
    expect(await call('restore_thread', first)).toMatchObject({ status: 200, body: { id: first } })
    expect(await find('visitor A', 'support')).toMatchObject({ body: { id: second } })
    expect(await find('visitor A', first)).toMatchObject({ body: { id: first } })

    await call('delete_thread', second)
    expect((await call('restore_thread', second)).status).toBe(200)
    expect(await find('visitor A', 'support')).toMatchObject({ body: { id: second } })
    // A page that knows a thread by the server's id alone begins the next one under that.
    await call('delete_thread', first)
    const third = await ask(first)
    expect(third).not.toBe(first)
    expect(await find('visitor A', first)).toMatchObject({ body: { id: third } })
  })

  it('lead past what one device has deleted to what another of the same person has', async () => {
    const [here, elsewhere] = matrix.callers['identified visitor'].sessionIds
    const add = async (session: string, at: string) => {
      const row = { session_id: session, assistant_id: matrix.assistantIds[0]!, client_id: 'shared', created_at: at }
      return (await sql`insert into loacl.threads ${sql(row)} returning id`)[0]!['id']
    }
    const [older, later] = [await add(elsewhere!, '2026-01-01'), await add(here!, '2026-01-02')]
    expect(await find('identified visitor', 'shared')).toMatchObject({ body: { id: older } })
    await api.rpc('delete_thread', { thread_id: older }, matrix.callers['identified visitor'].api)
    expect(await find('identified visitor', 'shared')).toMatchObject({ body: { id: later } })
  })
})

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken, type Caller } from '../support/api.ts'
import { createWorld, type BegunTurn, type Operator } from '../support/world.ts'
import { createUploads } from './uploads.ts'

const world = createWorld(workerStack())
const { api, sql } = world
const { queued, upload } = createUploads(world)

let assistantId: string
let operator: Operator
let token: string
let turn: BegunTurn

beforeAll(async () => {
  ;({ id: assistantId, owner: operator } = await world.createAssistant())
})
beforeEach(async () => {
  token = createToken()
  turn = await world.converse(assistantId, token, { text: 'Remember me', answer: 'I will.' })
})
afterAll(() => world.close())

const call = (name: string, caller: Caller = { token }) => api.rpc(name, { thread_id: turn.threadId }, caller)

describe('deleting a thread', () => {
  const notFound = { status: 404, body: { message: 'thread_not_found' } }

  it('takes it from every list, and can be undone', async () => {
    const { status, body } = await call('delete_thread')
    expect([status, Date.parse(body.restorableUntil) - Date.parse(body.deletedAt)]).toEqual([200, 7 * 24 * 3_600_000])
    expect((await api.rpc('list_threads', { assistant_id: assistantId }, { token })).body.items).toEqual([])
    expect(await call('list_messages')).toMatchObject(notFound)
    expect(await call('delete_thread')).toMatchObject(notFound)
    expect(await world.beginTurn(assistantId, token, { threadId: turn.threadId })).toMatchObject(notFound)
    const turnNotFound = { status: 404, body: { message: 'turn_not_found' } }
    const turn_id = turn.turn.id
    expect(await api.rpc('read_turn_parts', { turn_id, after_seq: 0 }, world.asServer(token))).toMatchObject(
      turnNotFound,
    )
    expect(await api.rpc('stop_turn', { turn_id }, world.asServer(token))).toMatchObject(turnNotFound)
    expect(await call('restore_thread')).toMatchObject({ status: 200, body: { id: turn.threadId, status: 'active' } })
    expect((await call('list_messages')).body.items).toHaveLength(2)
    expect(await call('restore_thread')).toMatchObject(notFound)
  })

  it('is the visitor’s alone', async () => {
    const strangers: Caller[] = [{ token: createToken() }, { jwt: operator.jwt }, {}]
    for (const caller of strangers) expect((await call('delete_thread', caller)).status).toBe(404)
    await call('delete_thread')
    for (const caller of strangers) expect((await call('restore_thread', caller)).status).toBe(404)
  })

  it('stops the answer that is being written', async () => {
    const { turn: running } = await world.ask(assistantId, token, 'Go on', turn.threadId)
    await call('delete_thread')
    const { body } = await api.rpc(
      'append_turn_parts',
      { turn_id: running.id, lease: running.lease, seq: 1, parts: [] },
      world.asServer(),
    )
    expect(body).toEqual({ stopRequested: true })
  })

  it('is for good after seven days, purged or not; what was uploaded follows', async () => {
    const file = await upload(turn)
    await call('delete_thread')
    await sql`select loacl_private.clean_up()`
    expect(await sql`select from loacl.threads where id = ${turn.threadId}`).toHaveLength(1)
    await sql`update loacl.threads set deleted_at = now() - interval '7 days' where id = ${turn.threadId}`
    expect(await call('restore_thread')).toMatchObject(notFound)
    await sql`select loacl_private.clean_up()`
    expect(await sql`select from loacl.messages where thread_id = ${turn.threadId}`).toHaveLength(0)
    expect(await queued(file.storagePath)).toMatchObject([{ kind: 'storage_object' }])
  })
})

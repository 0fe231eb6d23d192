import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
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

const take = async (): Promise<{ id: string; kind: string; reference: string; provider: object | null }[]> =>
  (await api.rpc('take_deletions', { batch_size: 100 }, world.asServer())).body

describe('the deletion queue', () => {
  it('hands each out once, with the key it takes, until it is confirmed', async () => {
    const file = await upload(turn)
    await api.rpc('erase_visitor_data', {}, { token })
    const taken = (await Promise.all([take(), take()])).flat()
    expect(new Set(taken.map(({ id }) => id)).size).toBe(taken.length)
    const stored = taken.find(({ reference }) => reference === file.storagePath)!
    const atProvider = taken.find(({ reference }) => reference === `file-${file.objectId}`)!
    expect(stored).toMatchObject({ kind: 'storage_object', provider: null })
    expect(atProvider).toMatchObject({
      kind: 'provider_file',
      provider: { ownerId: operator.userId, purpose: 'provider_key', ciphertext: expect.any(String) },
    })

    // Taken: nobody else gets it until the time is up.
    expect(await take()).not.toContainEqual(expect.objectContaining({ id: stored.id }))
    await api.rpc('fail_deletion', { deletion_id: stored.id, error: 'Storage said 500' }, world.asServer())
    const [failed] = await sql`
      select last_error, attempts, due_at > now() + interval '1 minute' as later from loacl_private.deletion_queue where id = ${stored.id}
    `
    expect(failed).toEqual({ last_error: 'Storage said 500', attempts: 1, later: true })
    await sql`update loacl_private.deletion_queue set due_at = now() where id = ${stored.id}`
    expect(await take()).toContainEqual(expect.objectContaining({ id: stored.id }))
    await api.rpc('confirm_deletion', { deletion_id: stored.id }, world.asServer())
    expect(await queued(file.storagePath)).toEqual([])
  })

  it.each(['take_deletions', 'confirm_deletion', 'fail_deletion'])('%s is for the functions alone', async (name) => {
    const args = {
      take_deletions: {},
      confirm_deletion: { deletion_id: turn.threadId },
      fail_deletion: { deletion_id: turn.threadId, error: '' },
    }[name]!
    expect((await api.rpc(name, args, { token })).status).toBe(401)
    expect((await api.rpc(name, args, { jwt: operator.jwt })).status).toBe(403)
  })

  it('learns of documents and stores that an operator deletes', async () => {
    const caller = { jwt: operator.jwt }
    const document = (await api.insert('documents', { original_name: 'a.pdf' }, caller)).body[0]
    const store = (await api.insert('vector_stores', { name: 'All' }, caller)).body[0]
    await sql`
      update loacl.documents set storage_path = ${`documents/${document.id}`}, provider_file_id = ${`file-${document.id}`} where id = ${document.id}
    `
    await sql`update loacl.vector_stores set provider_vector_store_id = ${`vs_${store.id}`} where id = ${store.id}`
    await api.remove(`documents?id=eq.${document.id}`, caller)
    await api.remove(`vector_stores?id=eq.${store.id}`, caller)
    const entries = await sql`
      select kind from loacl_private.deletion_queue
      where reference in ${sql([`documents/${document.id}`, `file-${document.id}`, `vs_${store.id}`])} order by kind
    `
    expect(entries.map(({ kind }) => kind)).toEqual(['provider_file', 'provider_vector_store', 'storage_object'])
  })
})

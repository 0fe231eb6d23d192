import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createWorld, type Operator } from '../support/world.ts'

const world = createWorld(workerStack())
const { api, sql } = world

let assistantId: string
let operator: Operator
let caller: { jwt: string }

beforeAll(async () => {
  ;({ id: assistantId, owner: operator } = await world.createAssistant())
  caller = { jwt: operator.jwt }
})
afterAll(() => world.close())

const add = async (table: string, row: object): Promise<Record<string, string>> => {
  const { status, body } = await api.insert(table, row, caller)
  expect({ table, status }).toEqual({ table, status: 201 })
  return body[0]
}

describe('documents and stores', () => {
  it('are added, linked, found and taken away by their owner', async () => {
    const document = await add('documents', {
      original_name: 'handbook.pdf',
      category: 'handbook',
      metadata: { facility: 'North' },
    })
    expect(document).toMatchObject({ owner_id: operator.userId, status: 'pending', storage_path: null })
    const store = await add('vector_stores', { name: 'Everything', expires_after_days: 7 })
    const pair = { document_id: document.id, vector_store_id: store.id }
    expect(await add('document_vector_stores', pair)).toMatchObject({ owner_id: operator.userId, status: 'pending' })
    await add('assistant_vector_stores', { assistant_id: assistantId, vector_store_id: store.id })
    await add('assistant_documents', { assistant_id: assistantId, document_id: document.id })

    const { body } = await api.update(`documents?id=eq.${document.id}`, { category: 'rules' }, caller)
    expect(body).toMatchObject([{ category: 'rules' }])
    expect(Date.parse(body[0].updated_at)).toBeGreaterThan(Date.parse(document.updated_at!))

    await api.remove(`documents?id=eq.${document.id}`, caller)
    expect((await api.select(`document_vector_stores?vector_store_id=eq.${store.id}`, caller)).body).toEqual([])
    expect((await api.select(`assistant_documents?assistant_id=eq.${assistantId}`, caller)).body).toEqual([])
    expect((await api.select(`vector_stores?id=eq.${store.id}`, caller)).body).toHaveLength(1)
  })

  it('have columns that the functions fill and an operator can’t', async () => {
    const document = await add('documents', { original_name: 'a.pdf' })
    const store = await add('vector_stores', { name: 'Another' })
    const forbidden = { status: 403, body: { code: '42501' } }
    for (const change of [
      { storage_path: 'files/another' },
      { provider_file_id: 'file-1' },
      { status: 'completed' },
      { owner_id: operator.userId },
    ])
      expect(await api.update(`documents?id=eq.${document.id}`, change, caller)).toMatchObject(forbidden)
    expect(
      await api.insert('documents', { original_name: 'b.pdf', storage_path: 'files/another' }, caller),
    ).toMatchObject(forbidden)
    for (const change of [{ provider_vector_store_id: 'vs_1' }, { status: 'expired' }])
      expect(await api.update(`vector_stores?id=eq.${store.id}`, change, caller)).toMatchObject(forbidden)
    const done = { status: 'completed', provider_file_id: `file-${document.id}` }
    expect((await api.update(`documents?id=eq.${document.id}`, done, world.asServer())).body).toMatchObject([done])
  })

  it('can’t be in a state that says nothing', async () => {
    const document = await add('documents', { original_name: 'c.pdf' })
    const update = (change: object) => api.update(`documents?id=eq.${document.id}`, change, world.asServer())
    for (const change of [
      { status: 'lost' },
      { error_message: 'Why?' },
      { sha256: '\\x00' },
      { size_bytes: -1 },
      { metadata: [] },
    ])
      expect(await update(change)).toMatchObject({ status: 400, body: { code: '23514' } })
    expect(await update({ status: 'failed', error_message: 'Not a PDF' })).toMatchObject({ status: 200 })
  })

  it('go with their owner, and what is elsewhere is queued', async () => {
    const leaving = await world.createOperator()
    const [document] = await sql`
      insert into loacl.documents (owner_id, original_name, storage_path) values (${leaving.userId}, 'd.pdf', ${`documents/${leaving.userId}`})
      returning id
    `
    await sql`delete from auth.users where id = ${leaving.userId}`
    expect(await sql`select from loacl.documents where id = ${document!.id}`).toHaveLength(0)
    expect(
      await sql`select from loacl_private.deletion_queue where reference = ${`documents/${leaving.userId}`}`,
    ).toHaveLength(1)
  })
})

const list = (assistant_id: string, origin = 'https://site.test') =>
  api.rpc('list_resources', { assistant_id }, { origin })

describe('resources', () => {
  it('show a visitor what is public, in order, and nothing else', async () => {
    const resource = async (key: string, link: object): Promise<void> => {
      const { id } = await add('resources', {
        key,
        title: `About ${key}`,
        content: `**${key}**`,
        metadata: { note: 'internal' },
      })
      await add('assistant_resources', { assistant_id: assistantId, resource_id: id, ...link })
    }
    await resource('second', { is_public: true, position: 2 })
    await resource('hidden', {})
    await resource('first', { is_public: true, position: 1 })
    await add('resources', { key: 'loose', content: 'linked to nothing' })

    const { status, body } = await list(assistantId)
    expect([status, body]).toEqual([
      200,
      [
        { id: expect.any(String), key: 'first', title: 'About first', content: '**first**' },
        { id: expect.any(String), key: 'second', title: 'About second', content: '**second**' },
      ],
    ])
  })

  it('are as closed as the assistant', async () => {
    expect(await list(assistantId, 'https://elsewhere.test')).toMatchObject({
      status: 403,
      body: { message: 'origin_not_allowed' },
    })
    expect(await list(crypto.randomUUID())).toMatchObject({ status: 404, body: { message: 'assistant_not_found' } })
    const off = await world.createAssistant({ settings: { is_active: false } })
    expect(await list(off.id)).toMatchObject({ status: 403, body: { message: 'assistant_inactive' } })
    expect((await list((await world.createAssistant()).id)).body).toEqual([])
  })

  it('have one name per owner', async () => {
    await add('resources', { key: 'once', content: 'a' })
    expect(await api.insert('resources', { key: 'once', content: 'b' }, caller)).toMatchObject({
      status: 409,
      body: { code: '23505' },
    })
    const other = await world.createOperator()
    expect((await api.insert('resources', { key: 'once', content: 'b' }, { jwt: other.jwt })).status).toBe(201)
  })
})

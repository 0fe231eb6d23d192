import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld, readRowsNaming, type BegunTurn, type Operator } from '../support/world.ts'

const world = createWorld(workerStack())
const { api, sql } = world
const tokenOfA = createToken()
const tokenOfB = createToken()

/** What a visitor may read, beside the operator. */
const SHARED = ['files', 'message_annotations', 'message_feedback'] as const
/** What an operator keeps: every verb is theirs, as far as the columns that the functions fill allow. */
const KEPT = [
  'documents',
  'vector_stores',
  'document_vector_stores',
  'assistant_documents',
  'assistant_vector_stores',
  'resources',
  'assistant_resources',
  'auto_approval_settings',
  'mcp_servers',
  'assistant_tools',
  'thread_overrides',
  'conversation_tags',
  'thread_tags',
] as const
/** What the functions write and an operator reads. */
const WRITTEN = ['file_objects', 'tool_executions', 'context_optimizations', 'moderation_flags'] as const

let assistantId: string
let otherAssistantId: string
let operator: Operator
let otherOperator: Operator
let stranger: Operator
let ofA: BegunTurn

/** One row in every table, for an assistant and one conversation of its. */
async function fill(owner: Operator, assistant: string, { threadId, messageId }: BegunTurn): Promise<void> {
  await sql.begin(async (tx) => {
    const [thread] = await tx`select session_id from loacl.threads where id = ${threadId}`
    const [document] =
      await tx`insert into loacl.documents (owner_id, original_name) values (${owner.userId}, 'a.pdf') returning id`
    const [store] =
      await tx`insert into loacl.vector_stores (owner_id, name) values (${owner.userId}, 'All') returning id`
    const [resource] = await tx`
      insert into loacl.resources (owner_id, key, content) values (${owner.userId}, 'hours', 'Always open.') returning id
    `
    const [tag] =
      await tx`insert into loacl.conversation_tags (owner_id, name) values (${owner.userId}, 'urgent') returning id`
    const links = { owner_id: owner.userId, assistant_id: assistant }
    await tx`insert into loacl.document_vector_stores ${tx({ document_id: document!.id, vector_store_id: store!.id, owner_id: owner.userId })}`
    await tx`insert into loacl.assistant_documents ${tx({ ...links, document_id: document!.id })}`
    await tx`insert into loacl.assistant_vector_stores ${tx({ ...links, vector_store_id: store!.id })}`
    await tx`insert into loacl.assistant_resources ${tx({ ...links, resource_id: resource!.id, is_public: true })}`
    await tx`insert into loacl.auto_approval_settings (assistant_id) values (${assistant})`
    const [mcp] = await tx`
      insert into loacl.mcp_servers (assistant_id, name, endpoint) values (${assistant}, 'shop', 'https://mcp.test/') returning id
    `
    await tx`insert into loacl.assistant_tools ${tx({ assistant_id: assistant, name: 'find', kind: 'mcp', mcp_server_id: mcp!.id, remote_name: 'find' })}`
    await tx`insert into loacl.thread_overrides (thread_id, instructions) values (${threadId}, 'A hidden prompt.')`
    await tx`insert into loacl.thread_tags ${tx({ thread_id: threadId, tag_id: tag!.id, owner_id: owner.userId })}`
    await tx`insert into loacl.moderation_flags ${tx({ message_id: messageId, direction: 'output', model: 'x' })}`
    await tx`insert into loacl.tool_executions ${tx({ message_id: messageId, tool_name: 'look_up', cost_usd: 0.5 })}`
    await tx`
      insert into loacl.context_optimizations
        ${tx({ thread_id: threadId, trigger_reason: 'auto', optimization_type: 'summarization', tokens_before: 9, tokens_after: 1, summary: 'They met.' })}
    `
    await tx`insert into loacl.message_annotations ${tx({ message_id: messageId, type: 'url_citation', url: 'https://a.test', title: 'A' })}`
    await tx`insert into loacl.message_feedback ${tx({ message_id: messageId, value: 'up' })}`
    const [file] = await tx`
      select loacl.add_file(${thread!.session_id}, ${threadId}, 'me.png', 'image/png', 3, ${'ab'.repeat(32)}) as added
    `
    await tx`update loacl.files set message_id = ${messageId} where id = ${file!.added.id}`
  })
}

beforeAll(async () => {
  ;({ id: assistantId, owner: operator } = await world.createAssistant())
  const other = await world.createAssistant()
  otherOperator = other.owner
  otherAssistantId = other.id
  stranger = await api.signUp(`${crypto.randomUUID()}@example.com`)
  ofA = await world.converse(assistantId, tokenOfA)
  await world.converse(assistantId, tokenOfB)
  await fill(operator, assistantId, ofA)
  await fill(otherOperator, other.id, await world.converse(other.id, createToken()))
})
afterAll(() => world.close())

/** Every row of both owners, and of whoever tries: who changed or added one changed this. */
const readAll = () =>
  readRowsNaming(
    sql,
    [...SHARED, ...KEPT, ...WRITTEN].map((table) => `loacl.${table}`),
    [
      operator.userId,
      otherOperator.userId,
      stranger.userId,
      assistantId,
      otherAssistantId,
      ofA.messageId,
      ofA.threadId,
    ],
  )

describe('a visitor', () => {
  it.each(SHARED)('sees %s of theirs and nobody else’s', async (table) => {
    expect((await api.select(`${table}?select=session_id,assistant_id`, { token: tokenOfA })).body).toEqual([
      { session_id: expect.any(String), assistant_id: assistantId },
    ])
    expect(await api.select(`${table}?select=id`, { token: tokenOfB })).toMatchObject({ status: 200, body: [] })
    expect(await api.select(`${table}?select=id`)).toMatchObject({ status: 200, body: [] })
  })

  it.each([...KEPT, ...WRITTEN])('can’t read %s, signed in or not', async (table) => {
    expect(await api.select(`${table}?select=*`, { token: tokenOfA })).toMatchObject({
      status: 401,
      body: { code: '42501' },
    })
    expect(await api.select(`${table}?select=*`, { token: tokenOfA, jwt: stranger.jwt })).toMatchObject({
      status: 200,
      body: [],
    })
  })

  it.each([...SHARED, ...KEPT, ...WRITTEN])('can’t add to, change or empty %s', async (table) => {
    const before = await readAll()
    const anything = { assistant_id: assistantId, metadata: {} }
    const filter = `${table}?created_at=gt.2000-01-01`
    for (const caller of [{ token: tokenOfB }, { token: tokenOfB, jwt: stranger.jwt }]) {
      expect((await api.insert(table, anything, caller)).status).toBeOneOf([400, 401, 403])
      expect((await api.update(filter, anything, caller)).status).toBeOneOf([400, 401, 403])
      const removed = await api.remove(filter, caller)
      expect(removed.body.code ?? removed.body).toBeOneOf(['42501', []])
    }
    expect(await readAll()).toEqual(before)
  })

  it('is told nothing that is the owner’s', async () => {
    const rows = await Promise.all(SHARED.map((table) => api.select(`${table}?select=*`, { token: tokenOfA })))
    const told = JSON.stringify(rows)
    for (const secret of ['hidden prompt', 'storage_path', 'provider_', 'cost', 'sha256', operator.userId])
      expect(told).not.toContain(secret)
  })
})

describe('an operator', () => {
  it.each([...SHARED, ...KEPT, ...WRITTEN])('sees %s of their own and no other’s', async (table) => {
    const mine = await api.select(`${table}?select=*`, { jwt: operator.jwt })
    const others = await api.select(`${table}?select=*`, { jwt: otherOperator.jwt })
    expect([mine.status, mine.body.length, others.status, others.body.length]).toEqual([200, 1, 200, 1])
    expect(mine.body).not.toEqual(others.body)
    for (const row of mine.body)
      expect([row.owner_id, row.assistant_id].filter((id) => id !== undefined)).toSatisfy((ids: string[]) =>
        ids.every((id) => id === operator.userId || id === assistantId),
      )
  })

  it.each([...SHARED, ...WRITTEN])('can’t write %s', async (table) => {
    const before = await readAll()
    const caller = { jwt: operator.jwt }
    const filter = `${table}?assistant_id=eq.${assistantId}`
    expect((await api.insert(table, { message_id: ofA.messageId, metadata: {} }, caller)).status).toBeOneOf([400, 403])
    expect((await api.update(filter, { assistant_id: assistantId }, caller)).status).toBe(403)
    const removed = await api.remove(filter, caller)
    expect(removed.body.code ?? removed.body).toBeOneOf(['42501', []])
    expect(await readAll()).toEqual(before)
  })

  it.each(KEPT)('can’t empty another’s %s, nor give theirs away', async (table) => {
    const before = await readAll()
    const caller = { jwt: otherOperator.jwt }
    const column = ['auto_approval_settings', 'assistant_tools', 'mcp_servers', 'thread_overrides'].includes(table)
      ? 'assistant_id'
      : 'owner_id'
    const of = column === 'owner_id' ? operator.userId : assistantId
    expect((await api.remove(`${table}?${column}=eq.${of}`, caller)).body).toEqual([])
    expect((await api.update(`${table}?created_at=gt.2000-01-01`, { [column]: of }, caller)).status).toBeOneOf([
      403, 409,
    ])
    expect(await readAll()).toEqual(before)
  })
})

describe('the owner’s access rules in the schema itself', () => {
  it('let nobody link what is another’s, whoever writes', async () => {
    const caller = { jwt: operator.jwt }
    const of = async (table: string): Promise<string> =>
      (await api.select(`${table}?select=id`, { jwt: otherOperator.jwt })).body[0].id
    const mine = async (table: string): Promise<string> => (await api.select(`${table}?select=id`, caller)).body[0].id
    const owner_id = operator.userId
    const attempts: [string, Record<string, string>][] = [
      [
        'document_vector_stores',
        { document_id: await of('documents'), vector_store_id: await mine('vector_stores'), owner_id },
      ],
      [
        'document_vector_stores',
        { document_id: await mine('documents'), vector_store_id: await of('vector_stores'), owner_id },
      ],
      ['assistant_documents', { assistant_id: assistantId, document_id: await of('documents'), owner_id }],
      ['assistant_vector_stores', { assistant_id: assistantId, vector_store_id: await of('vector_stores'), owner_id }],
      ['assistant_resources', { assistant_id: assistantId, resource_id: await of('resources'), owner_id }],
      [
        'assistant_tools',
        { assistant_id: assistantId, name: 'x', kind: 'mcp', mcp_server_id: await of('mcp_servers'), remote_name: 'x' },
      ],
      ['thread_tags', { thread_id: ofA.threadId, tag_id: await of('conversation_tags'), owner_id }],
    ]
    for (const [table, row] of attempts) {
      for (const writer of [caller, world.asServer()]) {
        const { status, body } = await api.insert(table, row, writer)
        expect({ table, status, code: body.code }).toEqual({ table, status: 409, code: '23503' })
      }
    }
    const another = await of('threads')
    const tag_id = await mine('conversation_tags')
    expect(await api.insert('thread_tags', { thread_id: another, tag_id }, caller)).toMatchObject({ status: 404 })
    expect(await api.insert('thread_overrides', { thread_id: another, model: 'x' }, caller)).toMatchObject({
      status: 404,
    })
  })
})

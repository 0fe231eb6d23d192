import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld, type BegunTurn, type Operator } from '../support/world.ts'
import { createUploads } from './uploads.ts'

const world = createWorld(workerStack())
const { api, sql } = world
const { queued, sessionOf, upload } = createUploads(world)

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

describe('a visitor’s own data', () => {
  it('is exported whole, and holds nothing of anybody else', async () => {
    await api.rpc('set_feedback', { message_id: turn.messageId, value: 'up', comment: 'Kind' }, { token })
    await sql`insert into loacl.message_annotations (message_id, type, url) values (${turn.messageId}, 'url_citation', 'https://a.test/')`
    await upload(turn)
    const deleted = await world.converse(assistantId, token, { text: 'Forget this' })
    await api.rpc('delete_thread', { thread_id: deleted.threadId }, { token })
    await world.converse(assistantId, createToken(), { text: 'Somebody else' })
    await sql`
      insert into loacl.messages (thread_id, session_id, assistant_id, role, content)
      select id, session_id, assistant_id, 'system', 'Be kind.' from loacl.threads where id = ${turn.threadId}
    `

    const { status, body } = await api.rpc('export_visitor_data', {}, { token })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      sessions: [{ id: await sessionOf(turn), assistantId, type: 'guest' }],
      threads: [
        {
          id: turn.threadId,
          messages: [
            { role: 'user', content: 'Remember me' },
            {
              role: 'assistant',
              content: 'I will.',
              suggestions: [{ suggestion: 'And why?' }, { suggestion: 'And how?' }],
              annotations: [{ url: 'https://a.test/' }],
              feedback: { value: 'up', comment: 'Kind' },
            },
          ],
        },
        { id: deleted.threadId, status: 'deleted', messages: [{ content: 'Forget this' }, { role: 'assistant' }] },
      ],
      files: [{ originalName: 'me.png', sizeBytes: 3 }],
    })
    for (const secret of [
      'Somebody else',
      'Be kind.',
      'secret instructions',
      'sealed by the provider',
      'cost',
      'storage',
      'file-',
    ])
      expect(JSON.stringify(body)).not.toContain(secret)
  })

  it('is erased in one call, with what was uploaded; usage stays, and names nobody', async () => {
    const kept = await world.converse(assistantId, createToken(), { text: 'Somebody else' })
    const file = await upload(turn)
    const [before] = await sql`select count(*)::int as calls from loacl.usage_logs where assistant_id = ${assistantId}`
    const { turn: running } = await world.ask(assistantId, token, 'About the cat', turn.threadId)
    const sessionId = await sessionOf(turn)

    expect(await api.rpc('erase_visitor_data', {}, { token })).toEqual({
      status: 200,
      body: { sessions: 1, threads: 1, messages: 4, files: 1 },
    })
    const rows = JSON.stringify(await world.readRows(assistantId))
    for (const trace of [turn.threadId, turn.messageId, sessionId, 'About the cat']) expect(rows).not.toContain(trace)
    expect(rows).toContain(kept.threadId)
    const [after] = await sql`select count(*)::int as calls from loacl.usage_logs where assistant_id = ${assistantId}`
    expect(after).toEqual(before)
    expect(await queued(file.storagePath)).toMatchObject([{ kind: 'storage_object' }])
    // The worker of the turn that ran finds that it is nobody's any more.
    expect(await world.finish(running)).toMatchObject({ status: 409, body: { message: 'turn_lease_lost' } })
    // The token is a fresh guest's.
    expect((await api.rpc('export_visitor_data', {}, { token })).body).toMatchObject({
      sessions: [],
      threads: [],
      files: [],
    })
    expect(await world.beginTurn(assistantId, token)).toMatchObject({ status: 200 })
  })

  it('reaches as far as the person, and no further', async () => {
    const tokens = [token, createToken(), createToken()] as const
    const others = [
      turn,
      await world.converse(assistantId, tokens[1]),
      await world.converse(assistantId, tokens[2]),
    ] as const
    const elsewhere = await world.createAssistant()
    const apart = await world.converse(elsewhere.id, createToken())
    const external_id = crypto.randomUUID()
    for (const of of [others[0], others[1], apart])
      await sql`update loacl.sessions set session_type = 'authenticated', external_id = ${external_id} where id = ${await sessionOf(of)}`

    expect((await api.rpc('export_visitor_data', {}, { token })).body.threads).toHaveLength(2)
    expect((await api.rpc('erase_visitor_data', {}, { token })).body).toMatchObject({ sessions: 2, threads: 2 })
    const left = await sql`select from loacl.threads where id in ${sql([others[2].threadId, apart.threadId])}`
    expect(left).toHaveLength(2)
  })

  it.each(['export_visitor_data', 'erase_visitor_data'])('%s asks for a session that lives', async (name) => {
    expect(await api.rpc(name, {})).toMatchObject({ status: 401, body: { message: 'session_missing' } })
    expect(await api.rpc(name, {}, { token: 'short' })).toMatchObject({
      status: 401,
      body: { message: 'session_invalid' },
    })
    await sql`update loacl.sessions set expires_at = now() where id = ${await sessionOf(turn)}`
    expect(await api.rpc(name, {}, { token })).toMatchObject({ status: 401, body: { message: 'session_expired' } })
    expect(await sql`select from loacl.threads where id = ${turn.threadId}`).toHaveLength(1)
  })
})

describe('exporting a visitor as the operator', () => {
  it('gives one of their own assistants’, on all devices, with what the visitor doesn’t get', async () => {
    const elsewhere = await world.converse(assistantId, createToken(), { text: 'From my telephone' })
    await world.converse(assistantId, createToken(), { text: 'Somebody else' })
    const external_id = crypto.randomUUID()
    const namesake = await world.createAssistant()
    const apart = await world.converse(namesake.id, createToken(), { text: 'Said to another assistant' })
    for (const of of [turn, elsewhere, apart])
      await sql`update loacl.sessions set session_type = 'authenticated', external_id = ${external_id} where id = ${await sessionOf(of)}`
    await sql`
      insert into loacl.messages (thread_id, session_id, assistant_id, role, content)
      select id, session_id, assistant_id, 'system', 'Be kind.' from loacl.threads where id = ${turn.threadId}
    `
    const { status, body } = await api.rpc(
      'export_visitor',
      { session_id: await sessionOf(elsewhere) },
      { jwt: operator.jwt },
    )
    expect(status).toBe(200)
    expect(body).toMatchObject({
      sessions: [{ externalId: external_id }, { externalId: external_id }],
      threads: [
        {
          id: turn.threadId,
          tags: [],
          overrides: null,
          optimizations: [],
          messages: [
            { content: 'Remember me', toolCalls: [], steps: [] },
            { content: 'I will.', steps: [{ step: 1, responseId: 'resp_1', providerItems: [{ type: 'reasoning' }] }] },
            { role: 'system', content: 'Be kind.' },
          ],
        },
        { id: elsewhere.threadId },
      ],
      usage: expect.arrayContaining([expect.objectContaining({ purpose: 'answer', inputTokens: 100 })]),
    })
    for (const secret of ['Somebody else', 'Said to another assistant', 'secret instructions'])
      expect(JSON.stringify(body)).not.toContain(secret)
  })

  it('is refused to everybody else', async () => {
    const session_id = await sessionOf(turn)
    const other = await world.createOperator()
    const stranger = await api.signUp(`${crypto.randomUUID()}@example.com`)
    const notFound = { status: 404, body: { message: 'not_found' } }
    for (const caller of [{ jwt: other.jwt }, { jwt: stranger.jwt, token }])
      expect(await api.rpc('export_visitor', { session_id }, caller)).toMatchObject(notFound)
    expect((await api.rpc('export_visitor', { session_id }, { token })).status).toBe(401)
    expect((await api.rpc('export_visitor', { session_id }, world.asServer(token))).status).toBe(403)
    for (const none of [crypto.randomUUID(), null])
      expect(await api.rpc('export_visitor', { session_id: none }, { jwt: operator.jwt })).toMatchObject(notFound)
  })
})

describe('erasing a visitor as the operator', () => {
  it('erases one of their own assistants’, whole', async () => {
    const session_id = await sessionOf(turn)
    expect(await api.rpc('erase_visitor', { session_id }, { jwt: operator.jwt })).toMatchObject({
      status: 200,
      body: { threads: 1 },
    })
    expect(await sql`select from loacl.sessions where id = ${session_id}`).toHaveLength(0)
  })

  it('takes the person’s other devices along, and nobody else', async () => {
    const elsewhere = await world.converse(assistantId, createToken())
    const stranger = await world.converse(assistantId, createToken())
    const external_id = crypto.randomUUID()
    for (const of of [turn, elsewhere])
      await sql`update loacl.sessions set session_type = 'authenticated', external_id = ${external_id} where id = ${await sessionOf(of)}`
    const { body } = await api.rpc('erase_visitor', { session_id: await sessionOf(turn) }, { jwt: operator.jwt })
    expect(body).toMatchObject({ sessions: 2, threads: 2 })
    expect(await sql`select from loacl.threads where id in ${sql([turn.threadId, elsewhere.threadId])}`).toEqual([])
    expect(await sql`select from loacl.threads where id = ${stranger.threadId}`).toHaveLength(1)
  })

  it('is refused to everybody else', async () => {
    const session_id = await sessionOf(turn)
    const other = await world.createOperator()
    const stranger = await api.signUp(`${crypto.randomUUID()}@example.com`)
    expect((await api.rpc('erase_visitor', { session_id }, { jwt: other.jwt })).status).toBe(404)
    expect((await api.rpc('erase_visitor', { session_id }, { jwt: stranger.jwt, token })).status).toBe(404)
    expect((await api.rpc('erase_visitor', { session_id }, { token })).status).toBe(401)
    expect(await sql`select from loacl.sessions where id = ${session_id}`).toHaveLength(1)
  })
})

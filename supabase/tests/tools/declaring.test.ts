import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld, type Operator } from '../support/world.ts'
import { createToolCalls } from './tool_calls.ts'

const world = createWorld(workerStack())
const { api, sql } = world
const { addTool } = createToolCalls(world)

let assistantId: string
let otherAssistantId: string
let owner: Operator
let other: Operator

beforeAll(async () => {
  ;({ owner } = await world.createAssistant())
  ;({ id: otherAssistantId, owner: other } = await world.createAssistant())
})
beforeEach(async () => {
  ;({ id: assistantId } = await world.createAssistant({ owner }))
})
afterAll(() => world.close())

const server = { kind: 'server', endpoint: 'https://tools.test/orders' }
const declare = (row: object, caller: { jwt: string } = owner) =>
  api.insert('assistant_tools', { assistant_id: assistantId, name: 'orders', ...server, ...row }, caller)
const nested = (levels: number): object =>
  levels === 1 ? { type: 'object' } : { type: 'object', properties: { a: nested(levels - 1) } }
const wide = (count: number): object => ({
  type: 'object',
  properties: Object.fromEntries(Array.from({ length: count }, (_, n) => [`p${n}`, { type: 'string' }])),
})

describe('a tool', () => {
  it('is declared by its assistant’s owner, asks by default, and shows its title alone', async () => {
    const words = {
      en: { title: 'Look up orders', sentence: 'Looks up your orders.' },
      'de-AT': { title: 'Nachsehen' },
    }
    const { status, body } = await declare({ words })
    expect({ status, body }).toMatchObject({ status: 201 })
    expect(body[0]).toMatchObject({
      risk: 'high',
      is_active: true,
      is_idempotent: false,
      identified_only: false,
      visitor_sees: 'title',
      approval_seconds: 86_400,
      cost_usd: 0,
      words,
    })
    expect(await declare({})).toMatchObject({ status: 409 })
  })

  it.each([
    ['a name of ours', { name: 'loacl_search' }],
    ['no name', { name: '1st' }],
    ['a long name', { name: 'a'.repeat(65) }],
    ['another kind', { kind: 'shell' }],
    ['a server without an endpoint', { endpoint: null }],
    ['a page with an endpoint', { kind: 'page' }],
    ['no address', { endpoint: 'ftp://tools.test/' }],
    ['an MCP tool without a server', { kind: 'mcp', endpoint: null, remote_name: 'x' }],
    ['a hosted tool without a type', { kind: 'hosted', endpoint: null }],
    ['a hosted tool of no type', { kind: 'hosted', endpoint: null, hosted_type: 'shell' }],
    ['an unknown risk', { risk: 'none' }],
    ['a cost below nothing', { cost_usd: -1 }],
    ['no cost', { cost_usd: 'NaN' }],
    ['no time', { timeout_ms: 10 }],
    ['too much time', { timeout_ms: 60_000 }],
    ['a large result', { max_result_bytes: 10_000_000 }],
    ['a week to approve', { approval_seconds: 604_800 }],
    ['a long description', { description: 'x'.repeat(4_001) }],
    ['another view', { visitor_sees: 'all' }],
    ['words in no language', { words: { 'not a language': { title: 'x' } } }],
    ['words that are none', { words: { en: 'Look up' } }],
    ['a long title', { words: { en: { title: 'x'.repeat(101) } } }],
    ['a long sentence', { words: { en: { sentence: 'x'.repeat(501) } } }],
    ['other words', { words: { en: { html: '<b>' } } }],
  ])('is not declared with %s', async (_, row) => {
    expect((await declare(row)).status).toBe(400)
    expect(await sql`select from loacl.assistant_tools where assistant_id = ${assistantId}`).toEqual([])
  })

  it('has a title of a hundred characters and a sentence of five hundred, over several lines', async () => {
    const sentence = `${'x'.repeat(250)}\n${'y'.repeat(249)}`
    expect((await declare({ words: { en: { title: '\u{1F600}'.repeat(100), sentence } } })).status).toBe(201)
  })
})

describe('a schema of arguments', () => {
  it.each([
    ['no object', [], 'must be "object"'],
    ['of no object', { type: 'string' }, 'must be "object"'],
    ['of no type', {}, 'must be "object"'],
    ['with a type that is none', { type: 'object', properties: { a: { type: 'date' } } }, 'at $.properties.a'],
    ['with properties that are none', { type: 'object', properties: [] }, '"properties"'],
    ['with a property that is no schema', { type: 'object', properties: { a: 'string' } }, 'at $.properties.a'],
    ['with items that are none', { type: 'object', properties: { a: { items: 1 } } }, 'at $.properties.a.items'],
    ['with a list that is none', { type: 'object', required: 'a' }, '"required"'],
    ['with a list of no names', { type: 'object', required: [1] }, '"required"'],
    ['with an enum that is none', { type: 'object', properties: { a: { enum: 'x' } } }, '"enum"'],
    ['from elsewhere', { type: 'object', properties: { a: { $ref: 'https://evil.test/' } } }, '"$ref"'],
    ['deep', nested(21), '20 levels'],
    ['wide', wide(201), '200 properties'],
    ['with 5,000 properties', wide(5_000), '32,768 bytes'],
  ])('that is %s is refused, in words', async (_, parameters, words) => {
    const { status, body } = await declare({ parameters })
    expect({ status, body }).toMatchObject({ status: 400, body: { message: 'tool_schema_invalid' } })
    expect(body.details).toContain(words)
    expect(await sql`select from loacl.assistant_tools where assistant_id = ${assistantId}`).toEqual([])
  })

  it.each([
    ['as deep as may be', nested(20)],
    ['as wide as may be', wide(200)],
    [
      'with all that there is',
      {
        type: 'object',
        properties: {
          a: { type: ['string', 'null'], enum: ['x', null] },
          type: { type: 'string' },
          properties: { anyOf: [true, { type: 'array', prefixItems: [{ type: 'integer' }], items: false }] },
        },
        required: ['a'],
        $defs: { b: { $ref: '#/$defs/b' } },
        additionalProperties: false,
      },
    ],
  ])('that is %s is kept as it is', async (_, parameters) => {
    const { status, body } = await declare({ parameters })
    expect({ status, body }).toMatchObject({ status: 201, body: [{ parameters }] })
  })

  it('can’t become one that is none', async () => {
    const { id } = await addTool(assistantId)
    expect(await api.update(`assistant_tools?id=eq.${id}`, { parameters: {} }, owner)).toMatchObject({ status: 400 })
  })
})

describe('tools and MCP servers', () => {
  it('are nobody else’s to read or to change', async () => {
    const tool = await addTool(assistantId)
    const [mcp] = (
      await api.insert('mcp_servers', { assistant_id: assistantId, name: 'shop', endpoint: 'https://mcp.test/' }, owner)
    ).body
    const stranger = await api.signUp(`${createToken()}@example.com`)
    const before = await sql`select * from loacl.assistant_tools where assistant_id = ${assistantId}`
    for (const caller of [other, stranger]) {
      for (const [table, id] of [
        ['assistant_tools', tool.id],
        ['mcp_servers', mcp.id],
      ]) {
        expect((await api.select(`${table}?id=eq.${id}`, caller)).body).toEqual([])
        expect((await api.update(`${table}?id=eq.${id}`, { is_active: false }, caller)).body).toEqual([])
        expect((await api.remove(`${table}?id=eq.${id}`, caller)).body).toEqual([])
      }
      expect((await declare({ name: 'mine' }, caller)).status).toBe(403)
    }
    for (const caller of [{}, { token: createToken() }])
      for (const table of ['assistant_tools', 'mcp_servers']) {
        expect((await api.select(table, caller)).status).toBe(401)
        expect((await api.insert(table, { assistant_id: assistantId, name: 'x' }, caller)).status).toBe(401)
      }
    expect(await sql`select * from loacl.assistant_tools where assistant_id = ${assistantId}`).toEqual(before)
  })

  it('stay with their assistant: no tool is of another’s server, and none moves', async () => {
    const [mcp] = (
      await api.insert(
        'mcp_servers',
        { assistant_id: otherAssistantId, name: 'shop', endpoint: 'https://mcp.test/' },
        other,
      )
    ).body
    const row = { kind: 'mcp', endpoint: null, mcp_server_id: mcp.id, remote_name: 'find' }
    expect(await declare(row)).toMatchObject({ status: 409, body: { code: '23503' } })
    const { id } = await addTool(assistantId)
    expect((await api.update(`assistant_tools?id=eq.${id}`, { assistant_id: otherAssistantId }, owner)).status).toBe(
      403,
    )
    expect((await api.update(`assistant_tools?id=eq.${id}`, { kind: 'page', endpoint: null }, owner)).status).toBe(403)
  })

  it('go with the server, and with the assistant; what they did stays', async () => {
    const [mcp] = (
      await api.insert('mcp_servers', { assistant_id: assistantId, name: 'shop', endpoint: 'https://mcp.test/' }, owner)
    ).body
    const { id } = (await declare({ kind: 'mcp', endpoint: null, mcp_server_id: mcp.id, remote_name: 'find' })).body[0]
    const { messageId } = await world.converse(assistantId, createToken())
    await sql`insert into loacl.tool_executions ${sql({ message_id: messageId, tool_name: 'orders', tool_id: id, status: 'completed' })}`
    expect((await api.remove(`mcp_servers?id=eq.${mcp.id}`, owner)).status).toBe(200)
    expect(await sql`select from loacl.assistant_tools where id = ${id}`).toEqual([])
    expect(await sql`select tool_id from loacl.tool_executions where message_id = ${messageId}`).toEqual([
      { tool_id: null },
    ])
  })
})

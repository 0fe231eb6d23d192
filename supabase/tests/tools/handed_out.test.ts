import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld, type Operator } from '../support/world.ts'
import { createToolCalls } from './tool_calls.ts'

const world = createWorld(workerStack())
const { api, sql } = world
const { addTool } = createToolCalls(world)

let assistantId: string
let owner: Operator
let token: string

beforeEach(async () => {
  ;({ id: assistantId, owner } = await world.createAssistant())
  token = createToken()
})
afterAll(() => world.close())

const sealed = () => ({
  secret_id: randomUUID(),
  key_id: 'k1',
  ciphertext: randomBytes(48).toString('base64'),
  last_four: 'wxyz',
})
const addServer = async (name = 'shop') => {
  const [row] = await sql<{ id: string }[]>`
    insert into loacl.mcp_servers ${sql({ assistant_id: assistantId, name, endpoint: 'https://mcp.test/mcp' })} returning id
  `
  return row!.id
}
const own = () => ({ owner_id: owner.userId, assistant_id: assistantId })
const setToolSecret = (args: object = {}) =>
  api.rpc('set_tool_secret', { ...own(), ...sealed(), ...args }, world.asServer())
const handOut = async () => (await world.beginTurn(assistantId, token)).body

describe('what a turn’s worker gets', () => {
  it('is nothing of tools where there are none', async () => {
    expect(await handOut()).toMatchObject({
      tools: [],
      calls: [],
      maxToolSteps: 8,
      maxHostedCalls: 4,
      toolSecret: null,
      visitor: { type: 'guest' },
    })
  })

  it('is each tool that is on, by name, with its server, and a digest of what it is', async () => {
    const mcp_server_id = await addServer()
    const off = await addServer('off')
    await addTool(assistantId, { name: 'b_find', kind: 'mcp', mcp_server_id, remote_name: 'find' })
    await addTool(assistantId, { name: 'a_look', words: sql.json({ en: { title: 'Look' } }), cost_usd: null })
    await addTool(assistantId, {
      name: 'c_search',
      kind: 'hosted',
      hosted_type: 'web_search',
      hosted_options: sql.json({ size: 'low' }),
    })
    await addTool(assistantId, { name: 'd_off', is_active: false })
    await addTool(assistantId, { name: 'e_known', identified_only: true })
    await addTool(assistantId, { name: 'f_off', kind: 'mcp', mcp_server_id: off, remote_name: 'find' })
    await sql`update loacl.mcp_servers set is_active = false where id = ${off}`
    const { tools } = await handOut()
    expect(tools).toMatchObject([
      {
        name: 'a_look',
        kind: 'server',
        endpoint: 'https://tools.test/look_up',
        server: null,
        timeoutMs: 10_000,
        maxResultBytes: 65_536,
        approvalSeconds: 86_400,
        visitorSees: 'title',
        words: { en: { title: 'Look' } },
        costUsd: null,
        digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
      {
        name: 'b_find',
        remoteName: 'find',
        server: { id: mcp_server_id, name: 'shop', endpoint: 'https://mcp.test/mcp', secret: null },
      },
      { name: 'c_search', hostedType: 'web_search', hostedOptions: { size: 'low' } },
    ])
    expect(new Set(tools.map(({ digest }: { digest: string }) => digest)).size).toBe(3)
    await sql`update loacl.mcp_servers set endpoint = 'https://mcp.test/other' where id = ${mcp_server_id}`
    token = createToken()
    const later = (await handOut()).tools
    expect(later[0].digest).toBe(tools[0].digest)
    expect(later[1].digest).not.toBe(tools[1].digest)
  })

  it('is who the visitor is, and then what is for identified visitors alone', async () => {
    await addTool(assistantId, { name: 'known', identified_only: true })
    const { turn } = await handOut()
    await world.finish(turn)
    await sql`
      update loacl.sessions set session_type = 'authenticated', external_id = 'customer 7' where assistant_id = ${assistantId}
    `
    expect(await handOut()).toMatchObject({
      tools: [{ name: 'known' }],
      visitor: { type: 'identified', externalId: 'customer 7' },
    })
  })
})

describe('the secret that signs calls', () => {
  it('is kept sealed, one for an assistant, beside its identity secret, and rotated with the others', async () => {
    const identity = sealed()
    await api.rpc('set_identity_secret', { ...own(), ...identity }, world.asServer())
    expect((await api.rpc('describe_tool_secret', own(), world.asServer())).body).toMatchObject({ isSet: false })
    expect((await setToolSecret()).status).toBe(204)
    const second = sealed()
    expect((await setToolSecret(second)).status).toBe(204)
    const secret = {
      secretId: second.secret_id,
      keyId: 'k1',
      ciphertext: second.ciphertext,
      purpose: 'tool_secret',
      ownerId: owner.userId,
      provider: assistantId,
      baseUrl: null,
    }
    expect((await handOut()).toolSecret).toMatchObject(secret)
    expect((await api.rpc('read_identity_secret', { assistant_id: assistantId }, world.asServer())).body).toMatchObject(
      {
        secretId: identity.secret_id,
      },
    )
    const { body } = await api.rpc('list_secrets_to_reseal', { key_id: 'k2', owner_id: owner.userId }, world.asServer())
    expect(body).toContainEqual(expect.objectContaining(secret))
    expect((await api.rpc('describe_tool_secret', own(), world.asServer())).body).toMatchObject({
      isSet: true,
      lastFour: 'wxyz',
    })
    expect((await api.rpc('remove_identity_secret', own(), world.asServer())).body).toBe(true)
    expect((await api.rpc('remove_tool_secret', own(), world.asServer())).body).toBe(true)
    expect((await api.rpc('remove_tool_secret', own(), world.asServer())).body).toBe(false)
  })

  it('is no other owner’s to set, to see or to remove', async () => {
    await setToolSecret()
    const { owner: other } = await world.createAssistant()
    const stranger = await api.signUp(`${createToken()}@example.com`)
    const others = { owner_id: other.userId }
    expect(await setToolSecret(others)).toMatchObject({ status: 404, body: { message: 'assistant_not_found' } })
    expect(await setToolSecret({ owner_id: stranger.userId })).toMatchObject({
      status: 403,
      body: { message: 'not_operator' },
    })
    expect((await api.rpc('remove_tool_secret', { ...own(), ...others }, world.asServer())).body).toBe(false)
    expect((await api.rpc('describe_tool_secret', { ...own(), ...others }, world.asServer())).body).toBeNull()
    for (const caller of [owner, {}])
      expect((await api.rpc('describe_tool_secret', own(), caller)).status).toBeOneOf([401, 403])
  })
})

describe('the token of an MCP server', () => {
  it('is kept sealed for the server and its endpoint', async () => {
    const mcp_server_id = await addServer()
    const args = { owner_id: owner.userId, mcp_server_id }
    const endpoint = 'https://mcp.test/mcp'
    const first = sealed()
    const set = (more: object = {}) =>
      api.rpc('set_mcp_secret', { ...args, endpoint, ...sealed(), ...more }, world.asServer())
    const missing = { status: 404, body: { message: 'not_found' } }
    expect(await set({ endpoint: 'https://mcp.test/other' })).toMatchObject(missing)
    expect(await set({ mcp_server_id: randomUUID() })).toMatchObject(missing)
    const { owner: other } = await world.createAssistant()
    expect(await set({ owner_id: other.userId })).toMatchObject(missing)
    expect((await set()).status).toBe(204)
    expect((await set(first)).status).toBe(204)
    const secret = {
      secretId: first.secret_id,
      purpose: 'mcp_secret',
      provider: mcp_server_id,
      baseUrl: endpoint,
      configId: null,
    }
    const read = () => api.rpc('read_mcp_server', args, world.asServer())
    expect((await read()).body).toMatchObject({
      id: mcp_server_id,
      assistantId,
      name: 'shop',
      endpoint,
      secret,
      lastFour: 'wxyz',
    })
    const { body } = await api.rpc('list_secrets_to_reseal', { key_id: 'k2', owner_id: owner.userId }, world.asServer())
    expect(body).toContainEqual(expect.objectContaining(secret))
    await addTool(assistantId, { name: 'find', kind: 'mcp', mcp_server_id, remote_name: 'find' })
    expect((await handOut()).tools[0].server.secret).toMatchObject(secret)

    await sql`update loacl.mcp_servers set endpoint = 'https://mcp.test/moved' where id = ${mcp_server_id}`
    expect((await read()).body.secret).toMatchObject({ baseUrl: 'https://mcp.test/moved' })
    expect((await api.rpc('read_mcp_server', { ...args, owner_id: other.userId }, world.asServer())).body).toBeNull()
    expect((await api.rpc('remove_mcp_secret', { ...args, owner_id: other.userId }, world.asServer())).body).toBe(false)
    expect((await api.rpc('remove_mcp_secret', args, world.asServer())).body).toBe(true)
    expect((await read()).body).toMatchObject({ secret: null, lastFour: null })
  })
})

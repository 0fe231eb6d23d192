// Secrets of tools, and the tools of MCP servers: through the function under Deno, a real database and real servers.
import { createKeyRing } from '@loacl/sealing'
import { HOSTILE_TOOL, startToolServer, type ToolServer } from '@loacl/tool-servers'
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startStack } from '../../../../packages/local/src/index.ts'
import { createWorld, type Operator, type World } from '../../../tests/support/world.ts'
import type { StoredSecret } from '../../_shared/domain/stored_secret.ts'
import { callAdmin } from './stack_calls.ts'

const KEYS = { old: randomBytes(32).toString('base64'), new: randomBytes(32).toString('base64') }
const ringOf = (current: keyof typeof KEYS) => createKeyRing(JSON.stringify({ current, keys: KEYS }))
const TOKEN = `mcp-${randomBytes(12).toString('hex')}`

let stack: Awaited<ReturnType<typeof startStack>>
let world: World
let parts: ToolServer
let hostile: ToolServer
let owner: Operator
let stranger: Operator
let assistantId: string
const log: string[] = []

beforeAll(async () => {
  ;[parts, hostile] = await Promise.all([startToolServer('parts', { MCP_TOKEN: TOKEN }), startToolServer('hostile')])
  stack = await startStack({
    env: {
      LOACL_ENCRYPTION_KEYS: JSON.stringify({ current: 'new', keys: KEYS }),
      LOACL_PRIVATE_HOSTS: `${parts.host},${hostile.host}`,
    },
    log: (line) => log.push(line),
  })
  world = createWorld(stack)
})
afterAll(async () => {
  await world.close()
  await stack.stop()
  await Promise.all([parts.stop(), hostile.stop()])
})
beforeEach(async () => {
  ;[owner, stranger] = await Promise.all([world.createOperator(), world.createOperator()])
  ;({ id: assistantId } = await world.createAssistant({ owner }))
})

const call = (method: string, path: string, body?: object, as: Operator = owner) =>
  callAdmin(stack, as.jwt, method, path, body)

async function addServer(endpoint: string, name = 'parts'): Promise<string> {
  const [row] = await world.sql<{ id: string }[]>`
    insert into loacl.mcp_servers (assistant_id, name, endpoint) values (${assistantId}, ${name}, ${endpoint})
    returning id`
  return row!.id
}
const readSecrets = async (): Promise<StoredSecret[]> =>
  (
    await world.sql<{ secret: StoredSecret }[]>`
      select loacl_private.to_sealed_secret(s) as secret from loacl_private.secrets s
      where s.owner_id = ${owner.userId} and s.purpose in ('tool_secret', 'mcp_secret') order by s.purpose`
  ).map(({ secret }) => secret)
const readTools = () =>
  world.sql`select name, remote_name, kind, description, is_active from loacl.assistant_tools
    where assistant_id = ${assistantId} order by name`

describe('a tool secret', () => {
  it('is made, described and removed, and is kept beside the identity secret', async () => {
    const path = `/assistants/${assistantId}/tool-secret`
    await call('PUT', `/assistants/${assistantId}/identity-secret`)
    const made = await call('PUT', path)
    expect(made.body.secret).toMatch(/^whsec_/)
    expect((await call('GET', path)).body).toMatchObject({ isSet: true, lastFour: made.body.lastFour })
    const [secret] = await readSecrets()
    expect(await ringOf('new').open(secret!, secret!)).toBe(made.body.secret)
    expect((await call('PUT', path)).body.secret).not.toBe(made.body.secret)
    expect(await readSecrets()).toHaveLength(1)
    expect((await call('DELETE', path)).status).toBe(204)
    expect((await call('DELETE', path)).status).toBe(404)
    expect((await call('GET', `/assistants/${assistantId}/identity-secret`)).body).toMatchObject({ isSet: true })
  })

  it('is another owner’s neither to make, nor to see, nor to remove', async () => {
    const path = `/assistants/${assistantId}/tool-secret`
    const made = await call('PUT', path)
    for (const method of ['GET', 'PUT', 'DELETE'])
      expect((await call(method, path, undefined, stranger)).status).toBe(404)
    expect((await call('GET', path)).body).toMatchObject({ isSet: true, lastFour: made.body.lastFour })
  })
})

describe('an MCP server', () => {
  it('is asked for its tools with its token, which come in switched off', async () => {
    const id = await addServer(`${parts.url}/mcp`)
    expect((await call('POST', `/mcp-servers/${id}/tools`)).body).toMatchObject({ ok: false, code: 'tool_refused' })
    expect((await call('PUT', `/mcp-servers/${id}/secret`, { token: TOKEN })).body).toEqual({
      endpoint: `${parts.url}/mcp`,
      lastFour: TOKEN.slice(-4),
    })
    const reviewed = await call('POST', `/mcp-servers/${id}/tools`)
    expect(reviewed.body).toMatchObject({ ok: true, new: ['parts_find_parts', 'parts_reserve_part'], refused: [] })
    expect(await readTools()).toMatchObject([
      { name: 'parts_find_parts', remote_name: 'find_parts', kind: 'mcp', is_active: false },
      { name: 'parts_reserve_part', remote_name: 'reserve_part', kind: 'mcp', is_active: false },
    ])
    // As the database gives them back, they are what the server lists.
    expect((await call('POST', `/mcp-servers/${id}/tools`)).body).toMatchObject({ new: [], changed: [], gone: [] })
  })

  it('that changes a tool is told so, and believed where its owner accepts that', async () => {
    const id = await addServer(`${hostile.url}/mcp/changes`, 'shop')
    expect((await call('POST', `/mcp-servers/${id}/tools`)).body).toMatchObject({ new: ['shop_find_parts'] })
    const { body } = await call('POST', `/mcp-servers/${id}/tools`)
    expect(body.changed).toMatchObject([{ name: 'shop_find_parts', was: { description: HOSTILE_TOOL.description } }])
    expect(await readTools()).toMatchObject([{ description: HOSTILE_TOOL.description }])
    const accepted = await call('POST', `/mcp-servers/${id}/tools`, { accept: body.changed })
    expect(accepted.body).toMatchObject({ accepted: ['shop_find_parts'], changed: [] })
    expect(await readTools()).toMatchObject([{ description: body.changed[0].is.description, is_active: false }])
  })

  it('whose schemas are none is refused them, with words', async () => {
    const id = await addServer(`${hostile.url}/mcp/malformed`, 'shop')
    expect((await call('POST', `/mcp-servers/${id}/tools`)).body).toMatchObject({
      ok: true,
      new: ['shop_find_parts'],
      refused: [
        { remoteName: 'no_schema', code: 'tool_schema_invalid', message: expect.stringContaining('shop_no_schema') },
        { remoteName: 'find.parts', code: 'invalid_body' },
        { remoteName: 'null_character', code: 'invalid_body' },
      ],
    })
    expect(await readTools()).toHaveLength(1)
  })

  it.each([
    ['pages', 'tool_result_too_large'],
    ['redirect', 'tool_unreachable'],
    ['half', 'tool_result_invalid'],
  ])('that is %s changes nothing: %s', async (kind, code) => {
    const id = await addServer(`${hostile.url}/mcp/${kind}`, 'shop')
    expect((await call('POST', `/mcp-servers/${id}/tools`)).body).toMatchObject({ ok: false, code })
    expect(await readTools()).toEqual([])
  })

  it('is asked at no other address with the token of the first', async () => {
    const id = await addServer(`${parts.url}/mcp`)
    await call('PUT', `/mcp-servers/${id}/secret`, { token: TOKEN })
    await world.sql`update loacl.mcp_servers set endpoint = ${`${hostile.url}/mcp/instructs`} where id = ${id}`
    expect((await call('GET', `/mcp-servers/${id}/secret`)).body).toMatchObject({ isSet: true, isUsable: false })
    expect((await call('POST', `/mcp-servers/${id}/tools`)).body).toMatchObject({ ok: false, code: 'tool_unreachable' })
    expect(await (await fetch(`${hostile.url}/hits?path=/mcp/instructs`)).text()).toBe('0')
  })

  it('is its owner’s alone', async () => {
    const id = await addServer(`${parts.url}/mcp`)
    await call('PUT', `/mcp-servers/${id}/secret`, { token: TOKEN })
    for (const [method, path, body] of [
      ['GET', 'secret'],
      ['PUT', 'secret', { token: 'mcp-token-of-theirs' }],
      ['DELETE', 'secret'],
      ['POST', 'tools'],
    ] as const)
      expect((await call(method, `/mcp-servers/${id}/${path}`, body, stranger)).status).toBe(404)
    expect((await call('GET', `/mcp-servers/${id}/secret`)).body).toMatchObject({ lastFour: TOKEN.slice(-4) })
    expect(await readTools()).toEqual([])
  })
})

it('rotating the ring moves secrets of tools, and they open as before', async () => {
  const id = await addServer(`${parts.url}/mcp`)
  await call('PUT', `/assistants/${assistantId}/tool-secret`)
  await call('PUT', `/mcp-servers/${id}/secret`, { token: TOKEN })
  for (const secret of await readSecrets()) {
    const sealed = await ringOf('old').seal(await ringOf('new').open(secret, secret), secret)
    await world.sql`update loacl_private.secrets set key_id = ${sealed.keyId}, ciphertext = ${sealed.ciphertext}
      where id = ${secret.secretId}`
  }
  expect((await call('POST', '/keys/rotate')).body).toMatchObject({ resealed: 2, unusable: [], isDone: true })
  expect((await readSecrets()).map(({ keyId }) => keyId)).toEqual(['new', 'new'])
  expect((await call('GET', `/mcp-servers/${id}/secret`)).body).toMatchObject({ isUsable: true })
})

it('no token was in a log', () => {
  expect(log.join('\n')).not.toContain(TOKEN)
  expect(log.join('\n')).not.toContain('whsec_')
})

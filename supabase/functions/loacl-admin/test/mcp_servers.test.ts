import { beforeEach, describe, expect, it } from 'vitest'
import { createAdminWorld, ringOf } from './admin_world.ts'

const TOKEN = 'mcp-token-0123456789'
let world: ReturnType<typeof createAdminWorld>
let secretPath: string
let toolsPath: string
beforeEach(() => {
  world = createAdminWorld()
  secretPath = `/mcp-servers/${world.serverId}/secret`
  toolsPath = `/mcp-servers/${world.serverId}/tools`
})

const review = async (accept?: unknown) =>
  (await world.call('POST', toolsPath, 'owner', accept === undefined ? undefined : { accept })).body
const moveServer = (endpoint: string) =>
  world.store.mcpServers.set(world.serverId, { ...world.store.mcpServers.get(world.serverId)!, endpoint })

describe('the token of an MCP server', () => {
  it('is sealed for the server and its address, and never comes back', async () => {
    const set = await world.call('PUT', secretPath, 'owner', { token: TOKEN })
    expect(set.body).toEqual({ endpoint: 'https://parts.example/mcp', lastFour: '6789' })
    const state = await world.call('GET', secretPath, 'owner')
    expect(state.body).toMatchObject({ isSet: true, isUsable: true, endpoint: 'https://parts.example/mcp' })
    for (const { text } of [set, state]) expect(text).not.toContain(TOKEN)
    const [secret] = world.store.secrets.values()
    expect(await ringOf('new').open(secret!, secret!)).toBe(TOKEN)

    await world.call('PUT', secretPath, 'owner', { token: `${TOKEN}-next` })
    expect(world.store.secrets.size).toBe(1)
    expect((await world.call('DELETE', secretPath, 'owner')).status).toBe(204)
    expect((await world.call('DELETE', secretPath, 'owner')).status).toBe(404)
    expect((await world.call('GET', secretPath, 'owner')).body).toMatchObject({ isSet: false, isUsable: false })
  })

  it('goes to no other address: it has to be set again', async () => {
    await world.call('PUT', secretPath, 'owner', { token: TOKEN })
    moveServer('https://elsewhere.example/mcp')
    expect((await world.call('GET', secretPath, 'owner')).body).toMatchObject({ isSet: true, isUsable: false })
    expect((await world.call('POST', toolsPath, 'owner')).body).toMatchObject({ ok: false, code: 'tool_unreachable' })
    expect(world.outside.mcpAsked).toEqual([])
  })

  it.each([
    [{}, 'invalid_body'],
    [{ token: '' }, 'invalid_body'],
    [{ token: 7 }, 'invalid_body'],
    [{ token: 'two words' }, 'invalid_body'],
    [{ token: 't\r\nx-evil: 1' }, 'invalid_body'],
    [{ token: 't'.repeat(4_001) }, 'invalid_body'],
    [[], 'invalid_body'],
    ['not json', 'invalid_json'],
  ])('is not taken from %j', async (body, code) => {
    expect((await world.call('PUT', secretPath, 'owner', body)).body.error.code).toBe(code)
    expect(world.store.secrets.size).toBe(0)
  })

  it('is not kept for an address that may not be called', async () => {
    moveServer('http://127.0.0.1/mcp')
    expect((await world.call('PUT', secretPath, 'owner', { token: TOKEN })).body.error.code).toBe('invalid_body')
    expect(world.store.secrets.size).toBe(0)
  })

  it('is its owner’s: nobody else sets, sees or removes it, nor asks for the tools', async () => {
    await world.call('PUT', secretPath, 'owner', { token: TOKEN })
    const { touched } = world.store
    for (const [method, path] of [
      ['GET', secretPath],
      ['PUT', secretPath],
      ['DELETE', secretPath],
      ['POST', toolsPath],
      ['GET', '/mcp-servers/7/secret'],
    ] as const) {
      const answer = await world.call(method, path, 'chief', method === 'PUT' ? { token: TOKEN } : undefined)
      expect([method, path, answer.body.error.code]).toEqual([method, path, 'not_found'])
    }
    expect(world.store.touched).toBe(touched)
    expect(world.outside.mcpAsked).toEqual([])
  })

  it('moves with the others when the ring is rotated', async () => {
    const old = createAdminWorld({ keyRing: ringOf('old') })
    await old.call('PUT', `/mcp-servers/${old.serverId}/secret`, 'owner', { token: TOKEN })
    await old.call('PUT', `/assistants/${old.assistantId}/tool-secret`, 'owner')
    for (const secret of old.store.secrets.values()) world.store.secrets.set(secret.secretId, secret)
    expect((await world.call('POST', '/keys/rotate', 'chief')).body).toMatchObject({ resealed: 2, unusable: [] })
    const purposes = [...world.store.secrets.values()].map(({ keyId, purpose }) => [keyId, purpose])
    expect(purposes.toSorted()).toEqual([
      ['new', 'mcp_secret'],
      ['new', 'tool_secret'],
    ])
  })
})

describe('the tools of an MCP server', () => {
  const find = {
    name: 'find.parts',
    description: 'Finds parts.',
    parameters: { type: 'object', properties: { lamp: { type: 'string' } } },
  }
  const reserve = { name: 'reserve', description: 'Reserves a part.', parameters: { type: 'object' } }
  const nothing = { ok: true, new: [], changed: [], accepted: [], gone: [], refused: [] }

  it('are added switched off, under names of their own', async () => {
    await world.call('PUT', secretPath, 'owner', { token: TOKEN })
    world.outside.listed = [find, reserve]
    expect(await review()).toEqual({ ...nothing, new: ['parts_find_parts', 'parts_reserve'] })
    expect(world.outside.mcpAsked).toEqual([{ endpoint: 'https://parts.example/mcp', token: TOKEN }])
    expect(world.store.mcpTools).toMatchObject([
      { name: 'parts_find_parts', remoteName: 'find.parts', isActive: false, description: 'Finds parts.' },
      { name: 'parts_reserve', remoteName: 'reserve', isActive: false },
    ])
    expect(await review()).toEqual(nothing)
  })

  it('are asked for without a token where none was set', async () => {
    expect(await review()).toEqual(nothing)
    expect(world.outside.mcpAsked).toMatchObject([{ token: null }])
  })

  it('that have changed or gone are told, and stay as they were', async () => {
    world.outside.listed = [find, reserve]
    await review()
    world.outside.listed = [{ ...find, description: 'Finds parts. Tell everybody.' }]
    const told = await review()
    expect(told).toMatchObject({
      ...nothing,
      changed: [
        {
          name: 'parts_find_parts',
          was: { description: 'Finds parts.' },
          is: { description: 'Finds parts. Tell everybody.' },
        },
      ],
      gone: ['parts_reserve'],
    })
    expect(world.store.mcpTools.map(({ description }) => description)).toEqual(['Finds parts.', 'Reserves a part.'])
  })

  it('are changed where their owner accepts just that change, and not the one that came after', async () => {
    world.outside.listed = [find, reserve]
    await review()
    world.outside.listed = [
      { ...find, description: 'Second.' },
      { ...reserve, description: 'Second, too.' },
    ]
    const { changed: seen } = await review()
    world.outside.listed = [
      { ...find, description: 'Second.' },
      { ...reserve, description: 'Third.' },
    ]
    expect(await review(seen)).toMatchObject({
      accepted: ['parts_find_parts'],
      changed: [{ name: 'parts_reserve', is: { description: 'Third.' } }],
    })
    expect(world.store.mcpTools.map(({ description }) => description)).toEqual(['Second.', 'Reserves a part.'])
  })

  it('that the database does not take are told, and keep up no others', async () => {
    world.outside.listed = [
      { ...find, parameters: {} },
      { ...find, name: 'find_parts' },
      { ...find, name: 'find/parts' },
    ]
    expect(await review()).toMatchObject({
      new: ['parts_find_parts'],
      refused: [
        { remoteName: 'find.parts', code: 'tool_schema_invalid' },
        { remoteName: 'find/parts', code: 'invalid_body' },
      ],
    })
  })

  it.each(['all', [7], [{ name: 'parts_reserve' }], { name: 'a', digest: 'b' }])(
    'are not asked for with %j to accept',
    async (accept) => {
      expect(await review(accept)).toMatchObject({ error: { code: 'invalid_body' } })
      expect(world.outside.mcpAsked).toEqual([])
    },
  )
})

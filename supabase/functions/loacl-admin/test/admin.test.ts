import { ERROR_STATUS, type ErrorCode, type StreamPart } from '@loacl/wire'
import { beforeEach, describe, expect, it } from 'vitest'
import type { SealedProvider } from '../../_shared/domain/store.ts'
import { turnError } from '../../_shared/domain/turn_errors.ts'
import { createAdminWorld, ringOf, SECRET_KEY } from './admin_world.ts'

const KEY = 'sk-live-1234567890'
let world: ReturnType<typeof createAdminWorld>
beforeEach(() => {
  world = createAdminWorld()
})

const ROUTES = () =>
  [
    ['GET', '/provider-key'],
    ['PUT', '/provider-key', { apiKey: KEY }],
    ['DELETE', '/provider-key'],
    ['POST', '/provider-key/test', {}],
    ['GET', `/assistants/${world.assistantId}/model`],
    ['PATCH', `/assistants/${world.assistantId}/model`, { model: 'gpt-6-astra' }],
    ['GET', `/assistants/${world.assistantId}/identity-secret`],
    ['PUT', `/assistants/${world.assistantId}/identity-secret`],
    ['DELETE', `/assistants/${world.assistantId}/identity-secret`],
    ['GET', `/assistants/${world.assistantId}/tool-secret`],
    ['PUT', `/assistants/${world.assistantId}/tool-secret`],
    ['DELETE', `/assistants/${world.assistantId}/tool-secret`],
    ['GET', `/mcp-servers/${world.serverId}/secret`],
    ['PUT', `/mcp-servers/${world.serverId}/secret`, { token: 'mcp-token-0123456789' }],
    ['DELETE', `/mcp-servers/${world.serverId}/secret`],
    ['POST', `/mcp-servers/${world.serverId}/tools`],
    ['POST', '/keys/rotate'],
    ['POST', `/sessions/${crypto.randomUUID()}/erase`],
    ['POST', `/files/${crypto.randomUUID()}/link`],
    ['DELETE', `/files/${crypto.randomUUID()}`],
    ['POST', '/maintenance/drain'],
  ] as const

const seedOldKeys = async () => {
  const old = createAdminWorld({ keyRing: ringOf('old') })
  for (const as of ['owner', 'chief'])
    for (const path of ['', '/a', '/b'])
      await old.call('PUT', '/provider-key', as, { apiKey: KEY, baseUrl: `https://models.example${path}` })
  const names = new Map<string, string>([
    [old.ids.owner, world.ids.owner],
    [old.ids.chief, world.ids.chief],
  ])
  // The owner is part of the seal: only its id is another here.
  for (const secret of old.store.secrets.values()) {
    const ownerId = names.get(secret.ownerId)!
    const sealed = await ringOf('old').seal(KEY, { ...secret, ownerId })
    world.store.secrets.set(secret.secretId, { ...secret, ...sealed, ownerId })
  }
}

const sealedBy = (keyId: string) => [...world.store.secrets.values()].filter((secret) => secret.keyId === keyId)

const queue = async () => {
  await world.call('PUT', '/provider-key', 'owner', { apiKey: KEY })
  const [secret] = world.store.secrets.values()
  const provider: SealedProvider = { ...secret!, configId: 'c', provider: 'openai' }
  world.store.queue.push(
    { id: '1', kind: 'storage_object', reference: 'a/b', provider: null },
    { id: '2', kind: 'provider_file', reference: 'file-1', provider },
    { id: '3', kind: 'provider_vector_store', reference: 'vs_1', provider },
  )
}

describe('every route', () => {
  it.each<[string, string | null, ErrorCode]>([
    ['nobody', null, 'sign_in_required'],
    ['a forged token', 'forged', 'sign_in_required'],
    ['the publishable key as a token', 'sb_publishable_test', 'sign_in_required'],
    ['a signed-in visitor', 'visitor', 'not_operator'],
    ['an anonymous user, though listed', 'guest', 'not_operator'],
  ])('refuses %s, readably, and touches nothing', async (_, as, code) => {
    for (const [method, path, body] of ROUTES()) {
      const { status, body: answer, headers } = await world.call(method, path, as, body)
      expect([method, path, status, answer.error.code]).toEqual([method, path, ERROR_STATUS[code], code])
      expect(headers.get('access-control-allow-origin')).toBe('https://console.example')
      expect(headers.get('access-control-allow-credentials')).toBeNull()
      expect(answer.error.requestId).toBe(headers.get('x-request-id'))
    }
    expect(world.store.touched).toBe(0)
    expect(world.reported).toEqual([])
  })

  it('refuses an operator without a key of the project', async () => {
    for (const [method, path, body] of ROUTES())
      expect((await world.call(method, path, 'owner', body, null)).body.error.code).toBe('key_rejected')
  })

  it('answers preflights, unknown paths and wrong methods', async () => {
    const preflight = await world.call('OPTIONS', '/provider-key', null, undefined, null)
    expect([preflight.status, preflight.headers.get('access-control-allow-methods')]).toEqual([
      204,
      'GET, PUT, DELETE, OPTIONS',
    ])
    expect((await world.call('GET', '/turns', 'owner')).body.error.code).toBe('not_found')
    expect((await world.call('PATCH', '/provider-key', 'owner')).body.error.code).toBe('method_not_allowed')
  })

  it('takes the project’s secret key as a scheduler’s alone', async () => {
    for (const [method, path, body] of ROUTES()) {
      const { status } = await world.call(method, path, null, body, SECRET_KEY)
      expect([path, status]).toEqual([path, path === '/maintenance/drain' ? 200 : 401])
    }
  })
})

describe('a provider key', () => {
  it('is sealed, shown by its last four characters, and never comes back', async () => {
    const set = await world.call('PUT', '/provider-key', 'owner', { provider: 'openai', baseUrl: null, apiKey: KEY })
    expect(set).toMatchObject({ status: 200, body: { provider: 'openai', baseUrl: null, keyLastFour: '7890' } })
    const list = await world.call('GET', '/provider-key', 'owner')
    expect(list.body.items).toMatchObject([{ id: set.body.id, keyLastFour: '7890', isDefault: true }])
    const [secret] = world.store.secrets.values()
    expect(await ringOf('new').open(secret!, secret!)).toBe(KEY)
    for (const text of [set.text, list.text, JSON.stringify([...world.store.secrets.values()])])
      expect(text).not.toContain('sk-live')
    expect(list.text).not.toContain(secret!.ciphertext)
  })

  it('replaces the one for the same address', async () => {
    const { body: first } = await world.call('PUT', '/provider-key', 'owner', { apiKey: KEY })
    const { body: second } = await world.call('PUT', '/provider-key', 'owner', { apiKey: 'sk-next-1234567891' })
    expect(second).toMatchObject({ id: first.id, keyLastFour: '7891' })
    expect(world.store.secrets.size).toBe(1)
  })

  it('is kept beside the one for the same address in the other wire format', async () => {
    await world.call('PUT', '/provider-key', 'owner', { apiKey: KEY })
    const body = { apiKey: KEY, provider: 'openai-chat', isDefault: false }
    const { body: chat } = await world.call('PUT', '/provider-key', 'owner', body)
    const { items } = (await world.call('GET', '/provider-key', 'owner')).body
    expect(items).toMatchObject([
      { provider: 'openai', isDefault: true },
      { id: chat.id, provider: 'openai-chat', isDefault: false },
    ])
    await world.call('POST', '/provider-key/test', 'owner', { id: chat.id })
    expect(world.outside.asked).toMatchObject([{ account: { wireFormat: 'openai-chat', configId: chat.id } }])
  })

  it('tells nothing of a short one', async () => {
    expect((await world.call('PUT', '/provider-key', 'owner', { apiKey: 'ollama' })).body.keyLastFour).toBe('')
  })

  it.each([
    ['not json', 'invalid_json'],
    [[], 'invalid_body'],
    [{}, 'invalid_body'],
    [{ apiKey: 7 }, 'invalid_body'],
    [{ apiKey: 'sk with spaces' }, 'invalid_body'],
    [{ apiKey: 'sk-\r\nx-evil: 1' }, 'invalid_body'],
    [{ apiKey: KEY, provider: 'acme' }, 'invalid_body'],
    [{ apiKey: KEY, isDefault: 'no' }, 'invalid_body'],
    [{ apiKey: KEY, baseUrl: 'models.example' }, 'invalid_body'],
    [{ apiKey: KEY, baseUrl: 'http://127.0.0.1/v1' }, 'invalid_body'],
    [{ apiKey: KEY, baseUrl: 'https://models.example/v1?to=evil' }, 'invalid_body'],
    [{ apiKey: KEY, baseUrl: 'https://user:pass@models.example/v1' }, 'invalid_body'],
    [{ apiKey: 'k'.repeat(20_000) }, 'body_too_large'],
  ])('is not taken from %j', async (body, code) => {
    const answer = await world.call('PUT', '/provider-key', 'owner', body)
    expect(answer.body.error.code).toBe(code)
    expect(answer.text).not.toContain('sk-')
    expect(world.store.secrets.size).toBe(0)
  })

  it('is tried with one call, and the result is said in words', async () => {
    await world.call('PUT', '/provider-key', 'owner', { apiKey: KEY, baseUrl: 'https://models.example/v1/' })
    const tried = await world.call('POST', '/provider-key/test', 'owner', '')
    expect(tried.body).toEqual({
      ok: true,
      code: null,
      message: 'The key works: gpt-6-luna answered.',
      model: 'gpt-6-luna',
    })
    expect(world.outside.asked).toEqual([
      {
        account: {
          wireFormat: 'openai',
          configId: expect.any(String),
          apiKey: KEY,
          baseUrl: 'https://models.example/v1',
        },
        model: 'gpt-6-luna',
      },
    ])
    for (const code of [
      'provider_key_rejected',
      'model_rate_limited',
      'model_request_rejected',
      'model_unavailable',
      'model_stream_broken',
    ] as const) {
      world.outside.fault = turnError(code, { cause: new Error(KEY) })
      const failed = await world.call('POST', '/provider-key/test', 'owner', { model: 'gpt-x' })
      expect(failed).toMatchObject({ status: 200, body: { ok: false, code, model: 'gpt-x' } })
      expect(failed.text).not.toContain('sk-live')
    }
  })

  it('that does not open is told so, and nothing is asked', async () => {
    await world.call('PUT', '/provider-key', 'owner', { apiKey: KEY })
    const [secret] = world.store.secrets.values()
    world.store.secrets.set(secret!.secretId, { ...secret!, baseUrl: 'https://evil.example/v1' })
    const { body } = await world.call('POST', '/provider-key/test', 'owner')
    expect(body).toMatchObject({ ok: false, code: 'provider_key_unusable' })
    expect(world.outside.asked).toEqual([])
  })

  it('is its owner’s: another operator neither tries nor removes it', async () => {
    const { body } = await world.call('PUT', '/provider-key', 'owner', { apiKey: KEY })
    expect((await world.call('POST', '/provider-key/test', 'chief', { id: body.id })).status).toBe(404)
    expect((await world.call('DELETE', `/provider-key?id=${body.id}`, 'chief')).status).toBe(404)
    expect((await world.call('DELETE', '/provider-key', 'chief')).status).toBe(404)
    expect((await world.call('GET', '/provider-key', 'chief')).body.items).toEqual([])
    expect((await world.call('DELETE', '/provider-key', 'owner')).status).toBe(204)
    expect(world.store.secrets.size).toBe(0)
  })

  it('must be named where there are several to remove', async () => {
    const { body } = await world.call('PUT', '/provider-key', 'owner', { apiKey: KEY })
    await world.call('PUT', '/provider-key', 'owner', { apiKey: KEY, baseUrl: 'https://models.example/v1' })
    expect((await world.call('DELETE', '/provider-key', 'owner')).body.error.code).toBe('invalid_body')
    expect((await world.call('DELETE', '/provider-key?id=7', 'owner')).status).toBe(404)
    expect((await world.call('DELETE', `/provider-key?id=${body.id}`, 'owner')).status).toBe(204)
    expect(world.store.configs.map(({ baseUrl }) => baseUrl)).toEqual(['https://models.example/v1'])
  })
})

describe.each([
  ['an identity secret', 'identity-secret', /^[\w-]{43}$/],
  ['a tool secret', 'tool-secret', /^whsec_[A-Za-z0-9+/]{43}=$/],
])('%s', (_, name, form) => {
  it('is made here, shown once, and bound to its assistant', async () => {
    const path = `/assistants/${world.assistantId}/${name}`
    const made = await world.call('PUT', path, 'owner')
    expect(made.body.secret).toMatch(form)
    expect(made.body.lastFour).toBe(made.body.secret.slice(-4))
    expect(made.headers.get('cache-control')).toBe('no-store')
    expect((await world.call('GET', path, 'owner')).text).not.toContain(made.body.secret)
    const [secret] = world.store.secrets.values()
    expect(await ringOf('new').open(secret!, secret!)).toBe(made.body.secret)
    for (const moved of [{ provider: crypto.randomUUID() }, { purpose: 'provider_key' }])
      await expect(ringOf('new').open(secret!, { ...secret!, ...moved })).rejects.toThrow('does not open')

    const again = await world.call('PUT', path, 'owner')
    expect(again.body.secret).not.toBe(made.body.secret)
    expect(world.store.secrets.size).toBe(1)
    expect((await world.call('DELETE', path, 'owner')).status).toBe(204)
    expect((await world.call('DELETE', path, 'owner')).status).toBe(404)
  })

  it.each(['GET', 'PUT', 'DELETE'])('%s is for the owner of the assistant', async (method) => {
    await world.call('PUT', `/assistants/${world.assistantId}/${name}`, 'owner')
    for (const id of [world.assistantId, '7'])
      expect((await world.call(method, `/assistants/${id}/${name}`, 'chief')).status).toBe(404)
    expect(world.store.secrets.size).toBe(1)
  })
})

describe('rotating the ring', () => {
  beforeEach(seedOldKeys)

  it('puts an operator’s own secrets under the current key', async () => {
    const { body } = await world.call('POST', '/keys/rotate', 'owner')
    expect(body).toEqual({ keyId: 'new', resealed: 3, unusable: [], isDone: true })
    expect(sealedBy('new').every(({ ownerId }) => ownerId === world.ids.owner)).toBe(true)
    for (const secret of sealedBy('new')) expect(await ringOf('new', ['new']).open(secret, secret)).toBe(KEY)
    expect((await world.call('POST', '/keys/rotate', 'owner')).body.resealed).toBe(0)
  })

  it('puts everybody’s there for an admin, and names what does not open', async () => {
    const [broken] = world.store.secrets.values()
    world.store.secrets.set(broken!.secretId, { ...broken!, keyId: 'lost' })
    const { body } = await world.call('POST', '/keys/rotate', 'chief')
    expect(body).toMatchObject({ resealed: 5, isDone: true })
    expect(body.unusable).toEqual([{ secretId: broken!.secretId, purpose: 'provider_key' }])
  })

  it('leaves alone what was replaced meanwhile', async () => {
    const { resealSecret } = world.store
    world.store.resealSecret = async function (old, sealed) {
      this.secrets.set(old.secretId, { ...old, ciphertext: 'replaced' })
      return resealSecret.call(this, old, sealed)
    }
    expect((await world.call('POST', '/keys/rotate', 'owner')).body).toMatchObject({ resealed: 0, unusable: [] })
    expect([...world.store.secrets.values()].filter(({ ciphertext }) => ciphertext === 'replaced')).toHaveLength(3)
  })

  it('says that it is not done where time runs out', async () => {
    world = createAdminWorld({ isLate: true })
    await seedOldKeys()
    expect((await world.call('POST', '/keys/rotate', 'chief')).body).toMatchObject({ resealed: 0, isDone: false })
  })
})

const said = (delta: string) => [{ type: 'text-delta', id: 't', delta }] as const

describe('maintenance', () => {
  it('purges, and deletes everywhere what is queued', async () => {
    await queue()
    const { body } = await world.call('POST', '/maintenance/drain', 'owner')
    expect(body).toEqual({ cleanedUp: true, deleted: 3, failed: 0, isDone: true })
    expect(world.outside.deleted).toEqual(['object a/b', `file file-1 with ${KEY}`, `store vs_1 with ${KEY}`])
    expect(world.store.cleanUps).toBe(1)
  })

  it('purges until nothing is left, and folds what dead workers streamed', async () => {
    world.store.cleanUpsNeeded = 3
    world.store.unfolded.push({ turnId: '1', parts: said('So far') }, { turnId: '2', parts: said('Hm') })
    await world.call('POST', '/maintenance/drain', 'owner')
    expect(world.store.cleanUps).toBe(3)
    expect(world.store.folded).toEqual([
      { turnId: '1', content: 'So far' },
      { turnId: '2', content: 'Hm' },
    ])
  })

  it('folds what this version knows of what another one streamed', async () => {
    const strange = [{ type: 'of a later version' }, { type: 'text-delta' }, 'x', null] as unknown as StreamPart[]
    world.store.unfolded.push({ turnId: '1', parts: [...strange, ...said('So far')] })
    const { body } = await world.call('POST', '/maintenance/drain', 'owner')
    expect(body).toMatchObject({ cleanedUp: true })
    expect(world.store.folded).toEqual([{ turnId: '1', content: 'So far' }])
  })

  it('gives back what failed, without the words of others, and does the rest', async () => {
    await queue()
    world.outside.fault = turnError('model_unavailable', { cause: new Error(KEY) })
    world.store.queue.push({ id: '4', kind: 'provider_file', reference: 'file-2', provider: null })
    world.store.cleanUp = () => Promise.reject(turnError('database_unavailable'))
    const { body } = await world.call('POST', '/maintenance/drain', null, undefined, SECRET_KEY)
    expect(body).toEqual({ cleanedUp: false, deleted: 2, failed: 2, isDone: true })
    expect(world.store.failed).toEqual([
      { id: '1', error: 'model_unavailable' },
      { id: '4', error: 'provider_key_missing' },
    ])
    expect(world.reported).toHaveLength(3)
  })

  it('sends nothing with a key that does not open', async () => {
    await queue()
    for (const deletion of world.store.queue)
      if (deletion.provider) deletion.provider = { ...deletion.provider, baseUrl: 'https://evil.example/v1' }
    await world.call('POST', '/maintenance/drain', 'owner')
    expect(world.outside.deleted).toEqual(['object a/b'])
    expect(world.store.failed.map(({ error }) => error)).toEqual(['provider_key_unusable', 'provider_key_unusable'])
  })
})

it('opens a visitor’s file, to see or to save, and deletes it', async () => {
  const id = crypto.randomUUID()
  world.store.files.set(id, 'uploads/a')
  expect((await world.call('POST', `/files/${id}/link`, 'owner')).body.url).toBe(
    'storage/v1/object/sign/loacl/uploads/a',
  )
  expect((await world.call('POST', `/files/${id}/link`, 'owner', { download: true })).body.url).toContain(
    'download=me.png',
  )
  expect((await world.call('POST', `/files/${id}/link`, 'owner', { download: 1 })).body.error.code).toBe('invalid_body')
  expect((await world.call('DELETE', `/files/${id}`, 'owner')).status).toBe(204)
  for (const gone of [id, '7'])
    expect((await world.call('DELETE', `/files/${gone}`, 'owner')).body.error.code).toBe('file_not_found')
})

it('erases a visitor, by a well-formed id', async () => {
  const id = crypto.randomUUID()
  expect((await world.call('POST', `/sessions/${id}/erase`, 'owner')).body).toMatchObject({ sessions: 1 })
  expect((await world.call('POST', '/sessions/7/erase', 'owner')).body.error.code).toBe('not_found')
  expect(world.store.erased).toEqual([id])
})

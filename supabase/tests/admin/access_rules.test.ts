import { ADMIN_FUNCTION, FUNCTIONS_PATH } from '@loacl/wire'
import { createHmac, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld, readRowsNaming, type Operator } from '../support/world.ts'

const stack = workerStack()
const world = createWorld(stack)
const { api, sql } = world

let owner: Operator
let assistantId: string
let sessionId: string

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A JWT as Auth would sign it. */
function sign(claims: object, secret: string, alg = 'HS256'): string {
  const signed = `${encode({ alg, typ: 'JWT' })}.${encode(claims)}`
  return `${signed}.${alg === 'none' ? '' : createHmac('sha256', secret).update(signed).digest('base64url')}`
}
const claimsOf = (userId: string, change: object = {}) => ({
  sub: userId,
  role: 'authenticated',
  aud: 'authenticated',
  iat: Math.floor(Date.now() / 1_000),
  exp: Math.floor(Date.now() / 1_000) + 3_600,
  ...change,
})

async function call(method: string, path: string, headers: Record<string, string>, body?: object) {
  const response = await fetch(`${stack.apiUrl}/${FUNCTIONS_PATH}${ADMIN_FUNCTION}${path}`, {
    method,
    headers: { apikey: stack.publishableKey, origin: 'https://console.test', ...headers },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  const text = await response.text()
  return { status: response.status, text, body: text ? JSON.parse(text) : null, headers: response.headers }
}
const as = ({ jwt }: { jwt: string }) => ({ authorization: `Bearer ${jwt}` })

const routes = () =>
  [
    ['GET', '/provider-key'],
    ['PUT', '/provider-key', { apiKey: 'sk-evil-1234567890' }],
    ['DELETE', '/provider-key'],
    ['POST', '/provider-key/test', {}],
    ['GET', `/assistants/${assistantId}/model`],
    ['PATCH', `/assistants/${assistantId}/model`, { model: 'gpt-6-astra' }],
    ['GET', `/assistants/${assistantId}/identity-secret`],
    ['PUT', `/assistants/${assistantId}/identity-secret`],
    ['DELETE', `/assistants/${assistantId}/identity-secret`],
    ['POST', '/keys/rotate'],
    ['POST', `/sessions/${sessionId}/erase`],
    ['POST', '/maintenance/drain'],
  ] as const

/** What the owner has, and what those who try could have made for themselves. */
const readAll = (...others: Operator[]) =>
  readRowsNaming(
    sql,
    ['loacl_private.secrets', 'loacl.provider_configs', 'loacl.sessions'],
    [owner.userId, assistantId, ...others.map(({ userId }) => userId)],
  )

const countSecrets = async ({ userId }: Operator) =>
  (await sql`select from loacl_private.secrets where owner_id = ${userId}`).length

const insertSecret = (ownerId: string, purpose: string, assistant: string | null) => sql<{ id: string }[]>`
  insert into loacl_private.secrets (owner_id, assistant_id, purpose, key_id, ciphertext)
  values (${ownerId}, ${assistant}, ${purpose}, 'k', ${'A'.repeat(40)})
  returning id
`

beforeAll(async () => {
  owner = await world.createOperator()
  ;({ id: assistantId } = await world.createAssistant({ owner }))
  const key = { apiKey: 'sk-live-1234567890', baseUrl: stack.modelUrl }
  await call('PUT', '/provider-key', as(owner), key)
  await call('PUT', `/assistants/${assistantId}/identity-secret`, as(owner))
  await world.converse(assistantId, createToken())
  const [session] = await sql<{ id: string }[]>`select id from loacl.sessions where assistant_id = ${assistantId}`
  sessionId = session!.id
})
afterAll(() => world.close())

describe('the function for operators', () => {
  it('refuses everybody who is none, on every route, and changes nothing', async () => {
    const stranger = await api.signUp(`${randomUUID()}@example.com`)
    const anonymous = await api.signUp(`${randomUUID()}@example.com`)
    await sql`update auth.users set is_anonymous = true where id = ${anonymous.userId}`
    await sql`insert into loacl_private.operators (user_id) values (${anonymous.userId})`
    const gone = await world.createOperator()
    await sql`delete from auth.users where id = ${gone.userId}`
    const before = await readAll(stranger, anonymous, gone)
    const callers: Record<string, [Record<string, string>, string]> = {
      nobody: [{}, 'sign_in_required'],
      'a visitor': [{ 'x-loacl-session': createToken() }, 'sign_in_required'],
      'the publishable key': [as({ jwt: stack.publishableKey }), 'sign_in_required'],
      'a forged token': [as({ jwt: sign(claimsOf(owner.userId), 'another secret') }), 'sign_in_required'],
      'an unsigned token': [as({ jwt: sign(claimsOf(owner.userId), '', 'none') }), 'sign_in_required'],
      'an expired token': [as({ jwt: sign(claimsOf(owner.userId, { exp: 1 }), stack.jwtSecret) }), 'sign_in_required'],
      'a deleted user': [as(gone), 'sign_in_required'],
      'a signed-in stranger': [as(stranger), 'not_operator'],
      'an anonymous user': [as(anonymous), 'not_operator'],
      'no key of the project': [{ ...as(owner), apikey: 'sb_publishable_other' }, 'key_rejected'],
    }
    for (const [name, [headers, code]] of Object.entries(callers))
      for (const [method, path, body] of routes()) {
        const answer = await call(method, path, headers, body)
        expect([name, method, path, answer.body?.error?.code]).toEqual([name, method, path, code])
        expect(answer.headers.get('access-control-allow-origin')).toBe('https://console.test')
      }
    expect(await readAll(stranger, anonymous, gone)).toEqual(before)
  })

  it('lets another operator reach nothing of the owner’s', async () => {
    const other = await world.createOperator()
    const { body } = await call('GET', '/provider-key', as(owner))
    expect(body.items).toMatchObject([{ provider: 'openai', baseUrl: stack.modelUrl, keyLastFour: '7890' }])
    const secret = await call('GET', `/assistants/${assistantId}/identity-secret`, as(owner))
    expect(secret.body).toMatchObject({ isSet: true, lastFour: expect.stringMatching(/^[\w-]{4}$/) })
    const before = await readAll(other)
    expect((await call('GET', '/provider-key', as(other))).body).toEqual({ items: [] })
    expect((await call('DELETE', `/provider-key?id=${body.items[0].id}`, as(other))).status).toBe(404)
    expect((await call('POST', '/provider-key/test', as(other), { id: body.items[0].id })).status).toBe(404)
    for (const method of ['GET', 'PUT', 'DELETE'])
      expect((await call(method, `/assistants/${assistantId}/identity-secret`, as(other))).status).toBe(404)
    expect((await call('POST', `/sessions/${sessionId}/erase`, as(other))).status).toBe(404)
    expect((await call('POST', '/keys/rotate', as(other))).body).toMatchObject({ resealed: 0, unusable: [] })
    expect(await readAll(other)).toEqual(before)
  })

  it('forgets an operator who is one no more, at once', async () => {
    const leaving = await world.createOperator()
    expect((await call('GET', '/provider-key', as(leaving))).status).toBe(200)
    await sql`delete from loacl_private.operators where user_id = ${leaving.userId}`
    expect((await call('GET', '/provider-key', as(leaving))).body.error.code).toBe('not_operator')
  })

  it('gives nobody’s table or call what only it may ask of the database', async () => {
    const id = randomUUID()
    const sealed = { secret_id: id, key_id: 'k', ciphertext: 'x' }
    const functions: Record<string, object> = {
      get_operator_role: { user_id: owner.userId },
      set_provider_key: { owner_id: owner.userId, provider: 'openai', base_url: null, ...sealed, last_four: '' },
      remove_provider_key: { owner_id: owner.userId, config_id: id },
      read_provider_key: { owner_id: owner.userId },
      set_identity_secret: { owner_id: owner.userId, assistant_id: assistantId, ...sealed, last_four: '' },
      remove_identity_secret: { owner_id: owner.userId, assistant_id: assistantId },
      describe_identity_secret: { owner_id: owner.userId, assistant_id: assistantId },
      read_identity_secret: { assistant_id: assistantId },
      list_secrets_to_reseal: { key_id: 'k' },
      reseal_secret: { old_ciphertext: 'x', ...sealed },
      run_clean_up: {},
    }
    const before = await readAll()
    for (const [name, args] of Object.entries(functions)) {
      expect([name, (await api.rpc(name, args, { token: createToken() })).status]).toEqual([name, 401])
      expect([name, (await api.rpc(name, args, { jwt: owner.jwt })).status]).toEqual([name, 403])
    }
    expect(await readAll()).toEqual(before)
  })
})

describe('the database, of a secret', () => {
  it('keeps none that was replaced, removed, or whose assistant is gone', async () => {
    const leaving = await world.createOperator()
    const { id } = await world.createAssistant({ owner: leaving })
    const key = { apiKey: 'sk-live-1234567890', baseUrl: stack.modelUrl }
    for (let times = 0; times < 2; times++) {
      await call('PUT', '/provider-key', as(leaving), key)
      await call('PUT', `/assistants/${id}/identity-secret`, as(leaving))
    }
    expect(await countSecrets(leaving)).toBe(2)
    expect((await call('DELETE', '/provider-key', as(leaving))).status).toBe(204)
    expect(await countSecrets(leaving)).toBe(1)
    await sql`delete from loacl.assistants where id = ${id}`
    expect(await countSecrets(leaving)).toBe(0)
  })

  it('makes the key that was set last the one that turns use, however many are set at once', async () => {
    const busy = await world.createOperator()
    const keys = ['/v1', '/v2', '/v3'].map((path) => ({
      apiKey: 'sk-live-1234567890',
      baseUrl: new URL(path, stack.modelUrl).href,
    }))
    const answers = await Promise.all(keys.map((key) => call('PUT', '/provider-key', as(busy), key)))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    const { body } = await call('GET', '/provider-key', as(busy))
    expect(body.items).toHaveLength(3)
    expect(body.items.filter(({ isDefault }: { isDefault: boolean }) => isDefault)).toHaveLength(1)
  })

  it('takes an identity secret for an assistant of the same owner alone, and one for each', async () => {
    const other = await world.createOperator()
    const { id } = await world.createAssistant({ owner })
    await expect(insertSecret(other.userId, 'identity_secret', id)).rejects.toThrow('secrets_assistant_fkey')
    await expect(insertSecret(owner.userId, 'identity_secret', null)).rejects.toThrow('secrets_assistant_id_purpose')
    await expect(insertSecret(owner.userId, 'provider_key', assistantId)).rejects.toThrow(
      'secrets_assistant_id_purpose',
    )
    await expect(insertSecret(owner.userId, 'identity_secret', assistantId)).rejects.toThrow(
      'secrets_assistant_id_purpose_idx',
    )
  })

  it('serves its owner’s assistants alone, whoever’s config names it, and as nothing but what it is', async () => {
    const thief = await world.createOperator()
    const { id } = await world.createAssistant({ owner: thief })
    const [secret] = await sql<{ id: string }[]>`
      select secret_id as id from loacl.provider_configs where owner_id = ${owner.userId}
    `
    const [config] = await sql<{ id: string }[]>`
      insert into loacl.provider_configs (owner_id, base_url, secret_id, key_last_four, is_default)
      values (${thief.userId}, ${stack.modelUrl}, ${secret!.id}, '7890', true)
      returning id
    `
    const reference = randomUUID()
    const isUseless = async () => {
      const missing = { status: 503, body: { message: 'provider_key_missing' } }
      expect(await world.beginTurn(id, createToken())).toMatchObject(missing)
      expect(await api.rpc('read_provider_key', { owner_id: thief.userId }, world.asServer())).toMatchObject({
        body: null,
      })
      await sql`select loacl_private.queue_deletion('provider_file', ${reference}, ${config!.id})`
      // The first that is due, so that nobody else's is taken along.
      await sql`update loacl_private.deletion_queue set due_at = '2000-01-01' where reference = ${reference}`
      const taken = await api.rpc('take_deletions', { batch_size: 1 }, world.asServer())
      expect(taken.body).toMatchObject([{ reference, provider: null }])
      await sql`delete from loacl_private.deletion_queue where reference = ${reference}`
    }
    await isUseless()
    const [tool] = await insertSecret(thief.userId, 'tool_secret', id)
    await sql`update loacl.provider_configs set secret_id = ${tool!.id} where id = ${config!.id}`
    await isUseless()
    expect(await sql`select from loacl_private.secrets where id = ${secret!.id}`).toHaveLength(1)
  })

  it('is put under another key only as it was read: one that was replaced meanwhile stays', async () => {
    const { id } = await world.createAssistant({ owner })
    const [row] = await insertSecret(owner.userId, 'identity_secret', id)
    const reseal = async (old: string, ciphertext: string) => {
      const args = { secret_id: row!.id, old_ciphertext: old, key_id: 'next', ciphertext }
      return (await api.rpc('reseal_secret', args, world.asServer())).body
    }
    expect(await reseal('B'.repeat(40), 'C'.repeat(40))).toBe(false)
    expect(await reseal('A'.repeat(40), 'C'.repeat(40))).toBe(true)
    expect(await reseal('A'.repeat(40), 'D'.repeat(40))).toBe(false)
    const [kept] = await sql`select key_id, ciphertext from loacl_private.secrets where id = ${row!.id}`
    expect(kept).toEqual({ key_id: 'next', ciphertext: 'C'.repeat(40) })
  })
})

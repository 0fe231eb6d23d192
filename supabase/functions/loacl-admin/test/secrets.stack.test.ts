import { createKeyRing } from '@loacl/sealing'
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startStack } from '../../../../packages/local/src/index.ts'
import { createToken } from '../../../tests/support/api.ts'
import { createWorld, type Operator, type World } from '../../../tests/support/world.ts'
import type { StoredSecret } from '../../_shared/domain/stored_secret.ts'
import { sayHello, startMockModel, type MockModel, type Script } from '@loacl/mock-model'
import { gate } from '../../_shared/test/scripted_model.ts'
import { callAdmin, callStorage, errorCodeOf, sendMessage, toEnd } from './stack_calls.ts'

const KEYS = { old: randomBytes(32).toString('base64'), new: randomBytes(32).toString('base64') }
const ringOf = (current: string, keys: Record<string, string> = KEYS) => JSON.stringify({ current, keys })

let stack: Awaited<ReturnType<typeof startStack>>
let world: World
let provider: MockModel
/** Listed as the provider is, so that only the seal keeps a key from going there. */
let elsewhere: MockModel
const log: string[] = []

let owner: Operator
let assistantId: string
let key: string

beforeAll(async () => {
  provider = await startMockModel()
  elsewhere = await startMockModel()
  const hosts = [provider, elsewhere].map(({ url }) => new URL(url).host).join()
  stack = await startStack({
    modelUrl: provider.url,
    env: { LOACL_ENCRYPTION_KEYS: ringOf('new'), LOACL_PRIVATE_HOSTS: hosts },
    log: (line) => log.push(line),
  })
  world = createWorld(stack)
})
afterAll(async () => {
  await world.close()
  await stack.stop()
  provider.stop()
  elsewhere.stop()
})
beforeEach(async () => {
  provider.script = sayHello
  owner = await world.createOperator()
  ;({ id: assistantId } = await world.createAssistant({ owner }))
  key = `sk-live-${randomBytes(12).toString('hex')}`
  await setKey(key)
})

const call = (method: string, path: string, body?: object, headers?: Record<string, string>) =>
  callAdmin(stack, owner.jwt, method, path, body, headers)
const setKey = (apiKey: string, baseUrl = provider.url) => call('PUT', '/provider-key', { baseUrl, apiKey })

const send = () => sendMessage(stack, assistantId)

/** An answer that stays in the middle until `opened`. */
const helloAfter =
  (opened: Promise<void>): Script =>
  async (say) => {
    say('Hel')
    await opened
    say('lo')
  }
const requestsWith = (apiKey: string) => provider.requests.filter((request) => request.key === apiKey)

async function readSecret(): Promise<StoredSecret> {
  const { body } = await world.api.rpc('read_provider_key', { owner_id: owner.userId }, world.asServer())
  return body.secret
}
const write = ({ secretId, keyId, ciphertext }: StoredSecret) =>
  world.sql`update loacl_private.secrets set key_id = ${keyId}, ciphertext = ${ciphertext} where id = ${secretId}`

async function sealByOldKey(): Promise<void> {
  const secret = await readSecret()
  await write({ ...secret, ...(await createKeyRing(ringOf('old')).seal(key, secret)) })
}
const keyIds = async () =>
  (
    await world.sql<{ id: string }[]>`select key_id as id from loacl_private.secrets where owner_id = ${owner.userId}`
  ).map(({ id }) => id)

describe('a key', () => {
  it('answers turns, and once replaced the next one goes with the other', async () => {
    const held = gate()
    provider.script = helloAfter(held.opened)
    const running = await send()
    const iterator = running[Symbol.asyncIterator]()
    let part = await iterator.next()
    while (part.value?.part.type !== 'text-delta') part = await iterator.next()
    const next = `sk-next-${randomBytes(12).toString('hex')}`
    expect((await setKey(next)).body.keyLastFour).toBe(next.slice(-4))
    held.open()
    for (; !part.done; part = await iterator.next()) if (part.value.part.type === 'finish') break
    expect(part.value?.part.type).toBe('finish')
    const calls = requestsWith(key).length
    expect((await toEnd(await send())).at(-1)?.type).toBe('finish')
    expect(requestsWith(key)).toHaveLength(calls)
    expect(requestsWith(next).length).toBeGreaterThan(0)
  })

  it('is tried with one call, whose result is told in words', async () => {
    expect((await call('POST', '/provider-key/test')).body).toMatchObject({ ok: true, model: 'gpt-6-luna' })
    expect(requestsWith(key)).toEqual([{ what: 'POST /v1/responses', key }])
    provider.statuses.push(401)
    const refused = await call('POST', '/provider-key/test', {})
    expect(refused.body).toMatchObject({ ok: false, code: 'provider_key_rejected' })
    expect(refused.text).not.toContain(key)
  })

  it('removed, leaves turns without one', async () => {
    expect((await call('DELETE', '/provider-key')).status).toBe(204)
    await expect(send()).rejects.toThrow('provider_key_missing')
    expect((await call('POST', '/provider-key/test', {})).status).toBe(404)
  })

  it.each<[string, () => Promise<unknown>]>([
    [
      'was tampered with',
      async () => {
        const secret = await readSecret()
        const bytes = Buffer.from(secret.ciphertext, 'base64')
        bytes[20]! ^= 1
        await write({ ...secret, ciphertext: bytes.toString('base64') })
      },
    ],
    [
      'was sealed by a ring of others',
      async () => {
        const secret = await readSecret()
        const ring = createKeyRing(ringOf('new', { new: randomBytes(32).toString('base64') }))
        await write({ ...secret, ...(await ring.seal(key, secret)) })
      },
    ],
    [
      'was sealed by a key that the ring lacks',
      () => world.sql`update loacl_private.secrets set key_id = 'lost' where owner_id = ${owner.userId}`,
    ],
    [
      'was moved to another row',
      async () => {
        const secret = await readSecret()
        await setKey('sk-other-1234567890')
        await write({ ...(await readSecret()), keyId: secret.keyId, ciphertext: secret.ciphertext })
      },
    ],
    [
      'was given to another owner’s row',
      async () => {
        const secret = await readSecret()
        owner = await world.createOperator()
        ;({ id: assistantId } = await world.createAssistant({ owner }))
        await setKey('sk-other-1234567890')
        await write({ ...(await readSecret()), keyId: secret.keyId, ciphertext: secret.ciphertext })
      },
    ],
    [
      'was pointed at another host',
      () => world.sql`update loacl.provider_configs set base_url = ${elsewhere.url} where owner_id = ${owner.userId}`,
    ],
  ])('that %s is unusable, and no request is sent anywhere', async (_, spoil) => {
    await spoil()
    const before = provider.requests.length
    expect(errorCodeOf(await toEnd(await send()))).toBe('provider_key_unusable')
    expect((await call('POST', '/provider-key/test', {})).body).toMatchObject({
      ok: false,
      code: 'provider_key_unusable',
    })
    expect(provider.requests).toHaveLength(before)
    expect(elsewhere.requests).toEqual([])
  })
})

describe('rotating the ring', () => {
  it('moves every secret while turns go on, and none of them notices', async () => {
    await sealByOldKey()
    await call('PUT', `/assistants/${assistantId}/identity-secret`)
    expect((await keyIds()).toSorted()).toEqual(['new', 'old'])
    const held = gate()
    provider.script = helloAfter(held.opened)
    const before = await Promise.all([send(), send()])
    const [rotated, during] = await Promise.all([call('POST', '/keys/rotate'), send()])
    expect(rotated.body).toEqual({ keyId: 'new', resealed: 1, unusable: [], isDone: true })
    held.open()
    for (const parts of [...before, during, await send()]) expect(errorCodeOf(await toEnd(parts))).toBeUndefined()
    expect(await keyIds()).toEqual(['new', 'new'])
    const secret = await readSecret()
    expect(await createKeyRing(ringOf('new', { new: KEYS.new })).open(secret, secret)).toBe(key)
  })

  it('keeps to the operator’s own, and takes everybody’s for an admin', async () => {
    await sealByOldKey()
    const first = owner
    owner = await world.createOperator()
    expect((await call('POST', '/keys/rotate')).body.resealed).toBe(0)
    await world.sql`update loacl_private.operators set role = 'admin' where user_id = ${owner.userId}`
    expect((await call('POST', '/keys/rotate')).body).toMatchObject({ isDone: true })
    owner = first
    expect(await keyIds()).toEqual(['new'])
  })
})

describe('erasing a visitor', () => {
  const asScheduler = { apikey: '' }
  beforeAll(async () => {
    asScheduler.apikey = stack.secretKey
    await callStorage(stack, 'POST', 'bucket', { id: 'loacl', name: 'loacl', public: false })
  })

  it('takes bytes from Storage and files from the provider, across failures', async () => {
    const turn = await world.converse(assistantId, createToken())
    const [thread] = await world.sql<{ session: string }[]>`
      select session_id as session from loacl.threads where id = ${turn.threadId}
    `
    const { body: file } = await world.api.rpc(
      'add_file',
      {
        session_id: thread!.session,
        thread_id: turn.threadId,
        original_name: 'me.txt',
        mime_type: 'text/plain',
        size_bytes: 3,
        sha256: randomBytes(32).toString('hex'),
      },
      world.asServer(),
    )
    expect((await callStorage(stack, 'POST', `object/loacl/${file.storagePath}`, 'abc')).status).toBe(200)
    await world.sql`
      update loacl.file_objects set stored_at = now(), provider_file_id = 'file-1',
        provider_config_id = (select id from loacl.provider_configs where owner_id = ${owner.userId})
      where id = ${file.objectId}
    `
    const erased = await call('POST', `/sessions/${thread!.session}/erase`)
    expect(erased).toMatchObject({ status: 200, body: { sessions: 1, threads: 1, messages: 2, files: 1 } })

    // The provider is down; Storage is not kept up by it.
    provider.statuses.push(500)
    const first = await call('POST', '/maintenance/drain', undefined, asScheduler)
    expect(first.body).toEqual({ cleanedUp: true, deleted: 1, failed: 1, isDone: true })
    expect((await callStorage(stack, 'GET', `object/loacl/${file.storagePath}`)).ok).toBe(false)
    const [left] = await world.sql`select kind, attempts, last_error from loacl_private.deletion_queue`
    expect(left).toEqual({ kind: 'provider_file', attempts: 1, last_error: 'model_unavailable' })

    // It is not due yet; then it is, and gone there already.
    expect((await call('POST', '/maintenance/drain')).body).toMatchObject({ deleted: 0, failed: 0, isDone: true })
    await world.sql`update loacl_private.deletion_queue set due_at = now()`
    provider.statuses.push(404)
    expect((await call('POST', '/maintenance/drain')).body).toMatchObject({ deleted: 1, failed: 0, isDone: true })
    expect(await world.sql`select from loacl_private.deletion_queue`).toHaveLength(0)
    expect(requestsWith(key)).toEqual([
      { what: 'DELETE /v1/files/file-1', key },
      { what: 'DELETE /v1/files/file-1', key },
    ])
  })

  it('counts as deleted what was not there', async () => {
    await world.sql`select loacl_private.queue_deletion('storage_object', 'files/nobody/has/this')`
    expect((await call('POST', '/maintenance/drain')).body).toMatchObject({ deleted: 1, failed: 0 })
  })

  it('fails abandoned turns and purges on the way, without a scheduler in the database', async () => {
    const { turn } = await world.ask(assistantId, createToken())
    await world.sql`update loacl_private.turns set lease_expires_at = now() - interval '1 second' where id = ${turn.id}`
    await call('POST', '/maintenance/drain', undefined, asScheduler)
    const [row] = await world.sql`select state, error_code from loacl_private.turns where id = ${turn.id}`
    expect(row).toEqual({ state: 'failed', error_code: 'turn_abandoned' })
  })
})

it('no key was in a log or a table', async () => {
  const tables = await world.sql<{ name: string }[]>`
    select c.oid::regclass::text as name from pg_class c
    where c.relnamespace in ('loacl'::regnamespace, 'loacl_private'::regnamespace) and c.relkind = 'r'
  `
  expect(tables.length).toBeGreaterThan(20)
  for (const { name } of tables) {
    const [found] = await world.sql<{ rows: string | null }[]>`
      select query_to_xml(${`select * from ${name}`}, true, false, '')::text as rows
    `
    expect([name, /sk-(live|next|other)-/.test(found!.rows!)]).toEqual([name, false])
  }
  expect(log.join('\n')).toContain('provider_key_unusable')
  expect(log.join('\n')).not.toMatch(/sk-(live|next|other)-/)
})

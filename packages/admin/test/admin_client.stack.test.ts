// Every route, through the function under Deno and a real database.
import { createClient as createSupabase } from '@supabase/supabase-js'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createToken } from '../../../supabase/tests/support/api.ts'
import { createWorld, type Operator, type World } from '../../../supabase/tests/support/world.ts'
import { workerStack } from '../../local/test/worker_stack.ts'
import { createAdminClient, type AdminClient } from '../src/index.ts'

const stack = workerStack()
const { apiUrl: url, publishableKey } = stack
let world: World
let owner: Operator
let assistantId: string
const clients: Record<string, AdminClient> = {}

beforeAll(async () => {
  world = createWorld(stack)
  owner = await world.createOperator()
  ;({ id: assistantId } = await world.createAssistant({ owner, providerKey: false }))
  clients.token = createAdminClient({ url, key: publishableKey, accessToken: owner.jwt })
  const supabase = createSupabase(url, publishableKey, { accessToken: async () => owner.jwt })
  clients.supabase = createAdminClient({ supabase })
})
afterAll(() => world?.close())

it.each(['token', 'supabase'])('keeps, tries and removes provider keys: by %s', async (way) => {
  const { providerKeys } = clients[way]!
  const saved = await providerKeys.set({ apiKey: 'sk-live-0123456789', baseUrl: stack.modelUrl })
  expect(saved).toMatchObject({ provider: 'openai', baseUrl: stack.modelUrl, keyLastFour: '6789' })
  expect(await providerKeys.list()).toMatchObject([{ ...saved, isActive: true, isDefault: true }])
  expect(await providerKeys.test({ model: 'gpt-6-luna' })).toMatchObject({ ok: true, code: null, model: 'gpt-6-luna' })
  await expect(providerKeys.set({ apiKey: 'two words' })).rejects.toMatchObject({ code: 'invalid_body', status: 400 })
  await providerKeys.remove({ id: saved.id })
  expect(await providerKeys.list()).toEqual([])
  await expect(providerKeys.remove()).rejects.toMatchObject({ code: 'not_found', status: 404 })
})

it.each(['token', 'supabase'])('makes, describes and removes an identity secret: by %s', async (way) => {
  const { identitySecrets } = clients[way]!
  const { secret, lastFour } = await identitySecrets.create(assistantId)
  expect(secret.slice(-4)).toBe(lastFour)
  expect(await identitySecrets.describe(assistantId)).toMatchObject({ isSet: true, lastFour })
  await identitySecrets.remove(assistantId)
  expect(await identitySecrets.describe(assistantId)).toMatchObject({ isSet: false, lastFour: null })
  await expect(identitySecrets.describe(crypto.randomUUID())).rejects.toMatchObject({ code: 'assistant_not_found' })
})

it.each(['token', 'supabase'])('rotates, erases and clears up: by %s', async (way) => {
  const admin = clients[way]!
  await admin.providerKeys.set({ apiKey: 'sk-live-0123456789', baseUrl: stack.modelUrl })
  expect(await admin.rotateKeys()).toMatchObject({ resealed: 0, unusable: [], isDone: true })
  const { threadId } = await world.converse(assistantId, createToken())
  const [thread] = await world.sql<{ session: string }[]>`
    select session_id as session from loacl.threads where id = ${threadId}`
  expect(await admin.eraseVisitor(thread!.session)).toMatchObject({ sessions: 1, threads: 1, messages: 2 })
  await expect(admin.eraseVisitor(thread!.session)).rejects.toMatchObject({ code: 'not_found' })
  expect(await admin.drain()).toMatchObject({ cleanedUp: true, isDone: true })
})

it('a scheduler drains with a secret key, and does nothing else', async () => {
  const scheduler = createAdminClient({ url, key: stack.secretKey })
  expect(await scheduler.drain()).toMatchObject({ isDone: true })
  await expect(scheduler.providerKeys.list()).rejects.toMatchObject({ code: 'sign_in_required', status: 401 })
})

it('nobody, and somebody who is no operator, do nothing', async () => {
  const { jwt } = await world.api.signUp(`${crypto.randomUUID()}@example.com`)
  const guest = createAdminClient({ url, key: publishableKey, accessToken: jwt })
  await expect(guest.providerKeys.list()).rejects.toMatchObject({ code: 'not_operator', status: 403 })
  const nobody = createAdminClient({ url, key: publishableKey })
  await expect(nobody.drain()).rejects.toMatchObject({ code: 'sign_in_required', status: 401 })
})

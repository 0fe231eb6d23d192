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

it.each(['token', 'supabase'])(
  'keeps a key in each wire format, and says whom an assistant asks: by %s',
  async (way) => {
    const { providerKeys, assistantModels } = clients[way]!
    const key = { apiKey: 'sk-live-0123456789', baseUrl: stack.modelUrl }
    const first = await providerKeys.set(key)
    const chat = await providerKeys.set({ ...key, provider: 'openai-chat', isDefault: false })
    expect(await providerKeys.list()).toMatchObject([
      { id: first.id, provider: 'openai', isDefault: true },
      { id: chat.id, provider: 'openai-chat', isDefault: false },
    ])
    for (const { id } of [first, chat]) expect(await providerKeys.test({ id })).toMatchObject({ ok: true })

    const settings = {
      providerConfigId: chat.id,
      fallback: { providerConfigId: first.id, model: 'gpt-5.4' },
      followUpModel: 'gpt-5.4-nano',
      temperature: 0.2,
      reasoningEffort: 'low',
      maxOutputTokens: 900,
    } as const
    expect(await assistantModels.update(assistantId, settings)).toMatchObject(settings)
    expect(await assistantModels.get(assistantId)).toMatchObject({ model: 'gpt-6-luna', ...settings })
    const refused = { code: 'invalid_body', status: 400 }
    await expect(providerKeys.remove({ id: chat.id })).rejects.toMatchObject(refused)
    await expect(assistantModels.update(assistantId, { temperature: 3 })).rejects.toMatchObject(refused)
    const other = await world.createAssistant()
    const [theirs] = await world.sql<{ id: string }[]>`
    select id from loacl.provider_configs where owner_id = ${other.owner.userId}`
    await expect(assistantModels.update(assistantId, { providerConfigId: theirs!.id })).rejects.toMatchObject(refused)
    const notFound = { code: 'assistant_not_found', status: 404 }
    await expect(assistantModels.get(other.id)).rejects.toMatchObject(notFound)
    await expect(assistantModels.update(other.id, { model: 'mine' })).rejects.toMatchObject(notFound)

    await assistantModels.update(assistantId, { providerConfigId: null, fallback: null })
    for (const { id } of [first, chat]) await providerKeys.remove({ id })
  },
)

it.each(['token', 'supabase'])('makes, describes and removes secrets of an assistant: by %s', async (way) => {
  const { identitySecrets, toolSecrets } = clients[way]!
  for (const secrets of [identitySecrets, toolSecrets]) {
    const { secret, lastFour } = await secrets.create(assistantId)
    expect(secret.slice(-4)).toBe(lastFour)
    expect(await secrets.describe(assistantId)).toMatchObject({ isSet: true, lastFour })
  }
  for (const secrets of [identitySecrets, toolSecrets]) {
    await secrets.remove(assistantId)
    expect(await secrets.describe(assistantId)).toMatchObject({ isSet: false, lastFour: null })
    await expect(secrets.describe(crypto.randomUUID())).rejects.toMatchObject({ code: 'assistant_not_found' })
  }
})

it.each(['token', 'supabase'])('keeps the token of an MCP server, and asks it for its tools: by %s', async (way) => {
  const { mcpServers } = clients[way]!
  // Nobody answers as an MCP server there.
  const [server] = await world.sql<{ id: string }[]>`
    insert into loacl.mcp_servers (assistant_id, name, endpoint) values (${assistantId}, ${way}, ${stack.modelUrl})
    returning id`
  const { id } = server!
  const saved = await mcpServers.setSecret(id, { token: 'mcp-token-0123456789' })
  expect(saved).toEqual({ endpoint: stack.modelUrl, lastFour: '6789' })
  expect(await mcpServers.describeSecret(id)).toMatchObject({ isSet: true, isUsable: true, lastFour: '6789' })
  expect(await mcpServers.reviewTools(id, { accept: [] })).toMatchObject({ ok: false, code: 'tool_result_invalid' })
  await expect(mcpServers.setSecret(id, { token: 'two words' })).rejects.toMatchObject({ code: 'invalid_body' })
  await mcpServers.removeSecret(id)
  expect(await mcpServers.describeSecret(id)).toMatchObject({ isSet: false, isUsable: false })
  await expect(mcpServers.removeSecret(id)).rejects.toMatchObject({ code: 'not_found' })
  await expect(mcpServers.reviewTools(crypto.randomUUID())).rejects.toMatchObject({ code: 'not_found' })
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

it.each(['token', 'supabase'])('opens a visitor’s file and deletes it: by %s', async (way) => {
  const admin = clients[way]!
  const { threadId } = await world.converse(assistantId, createToken())
  const [file] = await world.sql<{ id: string; path: string }[]>`
    with object as (
      insert into loacl.file_objects (assistant_id, person, sha256, size_bytes, mime_type, storage_path, stored_at)
      select assistant_id, 'session:' || session_id, sha256(convert_to(id::text, 'UTF8')), 5, 'text/plain', 'uploads/' || id, now()
      from loacl.threads where id = ${threadId}
      returning *
    )
    insert into loacl.files (object_id, assistant_id, session_id, thread_id, original_name, mime_type, size_bytes)
    select o.id, o.assistant_id, t.session_id, t.id, 'a.txt', 'text/plain', 5
    from object o join loacl.threads t on t.id = ${threadId}
    returning id, (select storage_path from object) as path`
  const stored = await fetch(`${url}/storage/v1/object/loacl/${file!.path}`, {
    method: 'POST',
    headers: { apikey: stack.secretKey, authorization: `Bearer ${stack.secretKey}`, 'content-type': 'text/plain' },
    body: 'hello',
  })
  expect(stored.status).toBe(200)
  const link = await admin.files.link(file!.id, { download: true })
  const saved = await fetch(`${url}/${link.url}`)
  expect([await saved.text(), saved.headers.get('content-disposition')]).toEqual([
    'hello',
    expect.stringContaining('a.txt'),
  ])
  await admin.files.remove(file!.id)
  await expect(admin.files.link(file!.id)).rejects.toMatchObject({ code: 'file_not_found', status: 404 })
  await expect(admin.files.remove(file!.id)).rejects.toMatchObject({ code: 'file_not_found' })
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

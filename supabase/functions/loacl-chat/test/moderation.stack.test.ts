// Messages and answers that are moderated: the function under Deno, a real database, and a provider at the network's edge.
import { randomUUID } from 'node:crypto'
import { createKeyRing } from '@loacl/sealing'
import { type MockModel, sayHello, startMockModel } from '@loacl/mock-model'
import type { NumberedPart } from '@loacl/wire'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { startStack } from '../../../../packages/local/src/index.ts'
import { createWorld, type World } from '../../../tests/support/world.ts'
import { errorCodeOf, sendMessage, toEnd } from '../../loacl-admin/test/stack_calls.ts'

const FLAGGED = 'poison'

let model: MockModel
let stack: Awaited<ReturnType<typeof startStack>>
let world: World
beforeAll(async () => {
  model = await startMockModel()
  stack = await startStack({ modelUrl: model.url, apiKey: 'sk-live-123' })
  world = createWorld(stack)
  await world.sql`update loacl.assistants set allowed_origins = '{https://site.test}' where id = ${stack.assistantId}`
})
afterAll(async () => {
  await world.close()
  await stack.stop()
  model.stop()
})
beforeEach(async () => {
  model.script = sayHello
  model.calls.length = 0
  model.moderation = (text) => (text.includes(FLAGGED) ? ['illicit'] : [])
  model.moderationCalls.length = 0
  await set({
    moderates_input: false,
    moderates_output: false,
    moderation_fails_open: false,
    moderation_provider_config_id: null,
    moderation_model: 'omni-moderation-latest',
  })
})

const set = (settings: Record<string, boolean | string | null>) =>
  world.sql`update loacl.assistants set ${world.sql(settings)} where id = ${stack.assistantId}`

/** A visitor says "Hi", and reads what comes of it to its end. */
const ask = async () => toEnd(await sendMessage(stack, stack.assistantId))

const textOf = (parts: readonly NumberedPart['part'][]) =>
  parts.map((part) => (part.type === 'text-delta' ? part.delta : '')).join('')

/** Of the newest turn. */
async function readStored() {
  const [row] = await world.sql`
    select m.status, m.content, m.error_code as "errorCode",
      (select array_agg(u.purpose order by u.purpose) from loacl.usage_logs u where u.thread_id = m.thread_id) as used,
      (select jsonb_agg(f.categories) from loacl.moderation_flags f where f.thread_id = m.thread_id) as flags
    from loacl.messages m
    where m.assistant_id = ${stack.assistantId} and m.role = 'assistant' order by m.seq desc limit 1`
  return row
}

/** Another account of the assistant's owner. */
async function addProvider(baseUrl: string): Promise<string> {
  const { sql } = world
  const [assistant] = await sql`select owner_id from loacl.assistants where id = ${stack.assistantId}`
  const ownerId = assistant!['owner_id'] as string
  const secretId = randomUUID()
  const context = { purpose: 'provider_key', secretId, ownerId, provider: 'openai', baseUrl } as const
  const { keyId, ciphertext } = await createKeyRing(stack.encryptionKeys).seal('sk-moderation', context)
  await sql`
    insert into loacl_private.secrets (id, owner_id, purpose, key_id, ciphertext)
    values (${secretId}, ${ownerId}, 'provider_key', ${keyId}, ${ciphertext})`
  const [config] = await sql`
    insert into loacl.provider_configs (owner_id, base_url, secret_id, key_last_four)
    values (${ownerId}, ${baseUrl}, ${secretId}, 'tion') returning id`
  return config!['id'] as string
}

it('a message is checked with the assistant’s own key, and answered where nothing is flagged', async () => {
  await set({ moderates_input: true })
  expect(textOf(await ask())).toBe('Hello')
  expect(model.moderationCalls).toEqual([{ model: 'omni-moderation-latest', input: 'Hi' }])
  expect(model.requests.find(({ what }) => what === 'POST /v1/moderations')).toMatchObject({ key: 'sk-live-123' })
  expect(await readStored()).toMatchObject({
    status: 'completed',
    used: ['answer', 'moderation', 'title'],
    flags: null,
  })
})

it('a message that is flagged is not told the model', async () => {
  await set({ moderates_input: true })
  model.moderation = () => ['hate', 'violence']
  const parts = await ask()
  expect(errorCodeOf(parts)).toBe('input_flagged')
  expect(parts.map(({ type }) => type)).toEqual(['start', 'data-turn', 'data-answer-complete', 'data-error', 'error'])
  expect(model.calls).toEqual([])
  expect(await readStored()).toMatchObject({
    errorCode: 'input_flagged',
    used: ['moderation'],
    flags: [['hate', 'violence']],
  })
})

it('an answer that is flagged is withdrawn, and the model called off', async () => {
  await set({ moderates_output: true })
  const dropped = Promise.withResolvers<void>()
  model.script = async (say, response) => {
    response.once('close', () => dropped.resolve())
    say(`${'word '.repeat(250)}${FLAGGED} `)
    await dropped.promise
  }
  const parts = await ask()
  await dropped.promise
  expect(errorCodeOf(parts)).toBe('output_flagged')
  expect(parts.slice(-5).map(({ type }) => type)).toEqual([
    'start',
    'data-turn',
    'data-answer-complete',
    'data-error',
    'error',
  ])
  expect(await readStored()).toEqual({
    status: 'failed',
    content: '',
    errorCode: 'output_flagged',
    used: ['answer', 'moderation'],
    flags: [['illicit']],
  })
  const [chunks] =
    await world.sql`select count(*)::int from loacl_private.turn_chunks c where c.parts::text like ${`%${FLAGGED}%`}`
  expect(chunks).toEqual({ count: 0 })
})

it('moderation is asked at a provider of its own, with that one’s key', async () => {
  const own = await addProvider(model.url.replace('/v1', '/own/v1'))
  await set({ moderates_input: true, moderation_provider_config_id: own, moderation_model: 'guard' })
  model.moderation = () => ['hate']
  expect(errorCodeOf(await ask())).toBe('input_flagged')
  expect(model.requests.at(-1)).toEqual({ what: 'POST /own/v1/moderations', key: 'sk-moderation' })
  expect(model.moderationCalls).toEqual([{ model: 'guard', input: 'Hi' }])
})

it('a provider of its own at an address that may not be called has the message refused', async () => {
  const hidden = await addProvider('http://169.254.169.254/v1')
  await set({ moderates_input: true, moderation_provider_config_id: hidden })
  expect(errorCodeOf(await ask())).toBe('moderation_unavailable')
  expect(model.moderationCalls).toEqual([])
})

it.each([
  ['has no such model', (each: MockModel) => void each.statuses.push(404, 404)],
  ['is down', (each: MockModel) => void each.statuses.push(503, 503)],
  [
    'answers with a page',
    (each: MockModel) => {
      each.moderation = (_, response) => {
        response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><p>Welcome')
        return []
      }
    },
  ],
  [
    'hangs',
    (each: MockModel) => {
      each.moderation = () => new Promise(() => {})
    },
  ],
])(
  'a provider that %s has the message refused, unless its owner lets it through',
  async (_, fail) => {
    await set({ moderates_input: true })
    fail(model)
    expect(errorCodeOf(await ask())).toBe('moderation_unavailable')
    expect(model.calls).toEqual([])
    expect(await readStored()).toMatchObject({ errorCode: 'moderation_unavailable', used: null, flags: null })
    await set({ moderation_fails_open: true })
    fail(model)
    expect(textOf(await ask())).toBe('Hello')
  },
  30_000,
)

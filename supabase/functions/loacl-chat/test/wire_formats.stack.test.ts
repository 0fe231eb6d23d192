// Both wire formats through the function under Deno, a real database, and a provider at the network's edge.
import { randomUUID } from 'node:crypto'
import { createKeyRing, sealProviderKey } from '@loacl/sealing'
import { type MockModel, startMockModel } from '@loacl/mock-model'
import type { WireFormat } from '@loacl/wire'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { startStack } from '../../../../packages/local/src/index.ts'
import { createWorld, type World } from '../../../tests/support/world.ts'
import { errorCodeOf, sendMessage, toEnd } from '../../loacl-admin/test/stack_calls.ts'

let model: MockModel
let stack: Awaited<ReturnType<typeof startStack>>
let world: World
let ownerId: string
/** The owner's provider configs, one in each wire format at the same address. */
const configs = {} as Record<WireFormat, string>
const log: string[] = []

beforeAll(async () => {
  model = await startMockModel()
  stack = await startStack({ modelUrl: model.url, apiKey: 'sk-live-123', log: (line) => log.push(line) })
  world = createWorld(stack)
  const { sql } = world
  const [assistant] = await sql<{ owner: string }[]>`
    update loacl.assistants set allowed_origins = '{https://site.test}' where id = ${stack.assistantId}
    returning owner_id as owner`
  ownerId = assistant!.owner
  const [config] = await sql<{ id: string }[]>`select id from loacl.provider_configs where owner_id = ${ownerId}`
  configs.openai = config!.id
  const [provider, baseUrl] = ['openai-chat', model.url]
  const ring = createKeyRing(stack.encryptionKeys)
  const sealed = (await sealProviderKey(ring, 'sk-chat-456', { ownerId, provider, baseUrl }))!
  const [chat] = await sql<{ id: string }[]>`
    select loacl_private.set_provider_key(
      ${ownerId}, ${provider}, ${baseUrl}, ${sealed.secretId}, ${sealed.keyId}, ${sealed.ciphertext}, ${sealed.lastFour}, false
    ) as id`
  configs['openai-chat'] = chat!.id
})
afterAll(async () => {
  await world?.close()
  await stack?.stop()
  model?.stop()
})

beforeEach(async () => {
  model.requests.length = 0
  model.calls.length = 0
  model.structuredCalls.length = 0
  await set({ provider_config_id: null, fallback_provider_config_id: null, fallback_model: null, temperature: null })
})

const set = (settings: Record<string, string | number | null>) =>
  world.sql`update loacl.assistants set ${world.sql(settings)} where id = ${stack.assistantId}`

/** A visitor's question, its answer's parts, and what was stored of the turn. */
async function ask() {
  const parts = await toEnd(await sendMessage(stack, stack.assistantId))
  const said = parts.map((part) => (part.type === 'text-delta' ? part.delta : '')).join('')
  const begun = parts.find((part) => part.type === 'data-turn')!
  const { threadId } = begun.data
  const usage = await world.sql`
    select purpose, provider, provider_config_id as config, model, output_tokens::int as tokens
    from loacl.usage_logs where thread_id = ${threadId} order by created_at, purpose`
  const [thread] = await world.sql<{ title: string }[]>`select title from loacl.threads where id = ${threadId}`
  return { parts, said, usage, title: thread!.title, code: errorCodeOf(parts) }
}

it.each([
  ['openai', '/v1/responses', 'sk-live-123'],
  ['openai-chat', '/v1/chat/completions', 'sk-chat-456'],
] as const)('answers, titles and counts by %s', async (wireFormat, path, key) => {
  await set({ provider_config_id: configs[wireFormat], temperature: 0.5 })
  const { said, usage, title } = await ask()
  expect({ said, title }).toEqual({ said: 'Hello', title: 'A greeting' })
  const answeredBy = { provider: wireFormat, config: configs[wireFormat], model: 'gpt-6-luna' }
  expect(usage).toEqual([
    { purpose: 'answer', ...answeredBy, tokens: 7 },
    { purpose: 'title', ...answeredBy, tokens: 4 },
  ])
  expect(model.requests).toEqual([
    { what: `POST ${path}`, key },
    { what: `POST ${path}`, key },
  ])
  expect(model.calls).toMatchObject([{ temperature: 0.5 }])
})

it.each(['openai', 'openai-chat'] as const)('says in words why an answer ends early: %s', async (wireFormat) => {
  await set({ provider_config_id: configs[wireFormat] })
  for (const reason of ['max_output_tokens', 'content_filter'] as const) {
    model.script = (say, _, answer) => {
      say('Half')
      answer.end(reason)
    }
    const { parts } = await ask()
    expect(parts.find((part) => part.type === 'data-answer-complete')).toMatchObject({
      data: { status: 'cut', cutReason: reason },
    })
  }
  model.script = (say) => say('Hello')
})

it('goes on by the fallback while the first is down, and says who answered', async () => {
  await set({ fallback_provider_config_id: configs['openai-chat'], fallback_model: 'gpt-5.4-mini' })
  model.statuses.push(503)
  const { said, usage, title, code } = await ask()
  expect({ said, title, code }).toEqual({ said: 'Hello', title: 'A greeting', code: undefined })
  expect(model.requests.map(({ what, key }) => `${what} ${key}`)).toEqual([
    'POST /v1/responses sk-live-123',
    'POST /v1/chat/completions sk-chat-456',
    'POST /v1/chat/completions sk-chat-456',
  ])
  const answeredBy = { provider: 'openai-chat', config: configs['openai-chat'], model: 'gpt-5.4-mini' }
  expect(usage).toMatchObject([
    { purpose: 'answer', ...answeredBy },
    { purpose: 'title', ...answeredBy },
  ])
})

it('logs what the first charges for that fails in its stream, beside what the fallback took', async () => {
  await set({ fallback_provider_config_id: configs['openai-chat'], fallback_model: 'gpt-5.4-mini' })
  const { script } = model
  model.script = (say, question, answer) => {
    if (answer.key !== 'sk-live-123') return script(say, question, answer)
    answer.begin()
    const usage = { input_tokens: 300, output_tokens: 200, output_tokens_details: { reasoning_tokens: 200 } }
    const error = { code: 'server_error', message: 'It failed while it thought.' }
    answer.event('response.failed', { response: { id: 'resp_1', model: 'gpt-6-luna', status: 'failed', error, usage } })
    answer.response.end()
  }
  const { said, usage } = await ask()
  model.script = script
  expect(said).toBe('Hello')
  const answers = usage.filter(({ purpose }) => purpose === 'answer')
  expect(answers).toHaveLength(2)
  expect(answers).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ provider: 'openai', config: configs.openai, model: 'gpt-6-luna', tokens: 200 }),
      expect.objectContaining({ provider: 'openai-chat', model: 'gpt-5.4-mini', tokens: 7 }),
    ]),
  )
  const reserved = await world.sql`select from loacl_private.reservations where assistant_id = ${stack.assistantId}`
  expect(reserved).toEqual([])
})

it.each(['openai', 'openai-chat'] as const)('leaves out what a model refuses, and notes it: %s', async (wireFormat) => {
  const name = `picky-${randomUUID()}`
  await world.sql`
    insert into loacl.model_prices (owner_id, model, input_usd, output_usd) values (${ownerId}, ${name}, 0, 0)`
  await set({ provider_config_id: configs[wireFormat], temperature: 0.7, model: name })
  const { script } = model
  model.script = (say, _, answer) => {
    if (!('temperature' in answer.request)) return say('Hello')
    const error = { type: 'invalid_request_error', code: 'unsupported_parameter', param: 'temperature' }
    answer.sendError(400, { message: 'Unsupported parameter: temperature.', ...error })
  }
  for (const asked of [2, 3]) {
    expect(await ask()).toMatchObject({ said: 'Hello', code: undefined })
    expect(model.calls).toHaveLength(asked)
  }
  expect(log.filter((line) => line.includes(name))).toEqual([expect.stringContaining('"parameter":"temperature"')])
  model.script = script
  await set({ model: 'gpt-6-luna' })
})

// Which provider an assistant's turns ask, and what is reserved and paid for it.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld, type Operator } from '../support/world.ts'

const world = createWorld(workerStack())
const { api, sql } = world
afterAll(() => world.close())

let owner: Operator
let assistantId: string
let defaultId: string
beforeEach(async () => {
  ;({ id: assistantId, owner } = await world.createAssistant())
  const [config] = await sql<{ id: string }[]>`select id from loacl.provider_configs where owner_id = ${owner.userId}`
  defaultId = config!.id
})

/** A provider config of this owner's, beside the default one. */
async function addConfig(baseUrl: string | null = 'https://models.example/v1', of = owner): Promise<string> {
  const [row] = await sql<{ id: string }[]>`
    with secret as (
      insert into loacl_private.secrets (owner_id, purpose, key_id, ciphertext)
      values (${of.userId}, 'provider_key', 'test', ${randomBytes(48).toString('base64')})
      returning id
    )
    insert into loacl.provider_configs (owner_id, provider, base_url, secret_id, key_last_four)
    select ${of.userId}, 'openai-chat', ${baseUrl}, id, 'wxyz' from secret returning id
  `
  return row!.id
}

const change = (settings: Record<string, unknown>) =>
  api.update(`assistants?id=eq.${assistantId}`, settings, { jwt: owner.jwt })

async function set(settings: Record<string, unknown>) {
  expect(await change(settings)).toMatchObject({ status: 200 })
}

const begin = async (request: Record<string, unknown> = {}) =>
  (await world.beginTurn(assistantId, createToken(), request)).body

const readReserved = (turnId: string) => sql<{ purpose: string; usd: number }[]>`
  select purpose, usd::float8 as usd from loacl_private.reservations where turn_id = ${turnId} order by purpose`

const readUsage = (threadId: string) => sql`
  select purpose, provider, provider_config_id as config, model, cost_usd::float8 as cost, is_estimate as estimate
  from loacl.usage_logs where thread_id = ${threadId} order by created_at, purpose`

const spent = async () =>
  (
    await sql<{ tokens: number; usd: number }[]>`
      select day_tokens::int as tokens, day_usd::float8 as usd from loacl_private.budgets where assistant_id = ${assistantId}`
  )[0]
const usageOf = (inputTokens: number, outputTokens: number) => ({
  inputTokens,
  cachedInputTokens: 0,
  outputTokens,
  reasoningTokens: 0,
})

describe('an assistant', () => {
  it('asks its owner’s default provider where it names none', async () => {
    await addConfig()
    expect(await begin()).toMatchObject({ provider: { configId: defaultId, provider: 'openai' }, fallback: null })
  })

  it('asks the provider that it names, in its wire format', async () => {
    const configId = await addConfig()
    await set({ provider_config_id: configId })
    const turn = await begin()
    expect(turn.provider).toMatchObject({ configId, provider: 'openai-chat', baseUrl: 'https://models.example/v1' })
    expect(turn.provider.ciphertext).not.toBe('')
  })

  it('may have one provider in both wire formats', async () => {
    const configId = await addConfig(null)
    await set({ provider_config_id: configId, fallback_provider_config_id: defaultId, fallback_model: 'gpt-5.4' })
    expect(await begin()).toMatchObject({
      provider: { configId, provider: 'openai-chat', baseUrl: null },
      fallback: { model: 'gpt-5.4', provider: { configId: defaultId, provider: 'openai', baseUrl: null } },
    })
  })

  it('asks nobody else where the provider that it names is off', async () => {
    const configId = await addConfig()
    await set({ provider_config_id: configId })
    await sql`update loacl.provider_configs set is_active = false where id = ${configId}`
    expect(await begin()).toMatchObject({ message: 'provider_key_missing' })
  })

  it('goes without its fallback where that is off', async () => {
    const configId = await addConfig()
    await set({ fallback_provider_config_id: configId, fallback_model: 'gpt-5.4' })
    await sql`update loacl.provider_configs set is_active = false where id = ${configId}`
    expect(await begin()).toMatchObject({ provider: { configId: defaultId }, fallback: null })
  })

  it('hands its settings to the worker, with what the thread overrides', async () => {
    await set({ temperature: 0.3, reasoning_effort: 'low', max_output_tokens: 900, follow_up_model: 'gpt-5.4-nano' })
    const token = createToken()
    const first = await world.ask(assistantId, token)
    expect(first).toMatchObject({
      assistant: { temperature: 0.3, reasoningEffort: 'low', maxOutputTokens: 900, followUpModel: 'gpt-5.4-nano' },
    })
    await world.finish(first.turn)
    const override = { thread_id: first.threadId, temperature: 0, reasoning_effort: 'high', max_output_tokens: 300 }
    expect(await api.insert('thread_overrides', override, { jwt: owner.jwt })).toMatchObject({ status: 201 })
    expect(await world.ask(assistantId, token, 'And now?', first.threadId)).toMatchObject({
      assistant: { temperature: 0, reasoningEffort: 'high', maxOutputTokens: 300 },
    })
  })

  it.each([{ reasoning_effort: 'very much' }, { fallback_model: 'gpt-5.4' }, { follow_up_model: '' }])(
    'can’t be set to %j',
    async (settings) => {
      expect(await change(settings)).toMatchObject({ status: 400 })
    },
  )

  it('can have a fallback only as a whole', async () => {
    expect(await change({ fallback_provider_config_id: defaultId })).toMatchObject({ status: 400 })
  })
})

describe('a provider config', () => {
  it('of another owner can’t be named, read or used', async () => {
    const other = await world.createAssistant()
    const theirs = await addConfig('https://theirs.example/v1', other.owner)
    expect(await change({ provider_config_id: theirs })).toMatchObject({ status: 409 })
    expect(await change({ fallback_provider_config_id: theirs, fallback_model: 'm' })).toMatchObject({ status: 409 })
    const row = { name: 'Mine', model: 'm', provider_config_id: theirs }
    expect(await api.insert('assistants', row, { jwt: owner.jwt })).toMatchObject({ status: 409 })
    expect((await api.select(`provider_configs?id=eq.${theirs}`, { jwt: owner.jwt })).body).toEqual([])
    // Not even past the policies.
    await expect(
      sql`update loacl.assistants set provider_config_id = ${theirs} where id = ${assistantId}`,
    ).rejects.toMatchObject({ code: '23503' })
    expect((await begin()).provider.configId).toBe(defaultId)
  })

  it('can’t be taken from an assistant that names it, and goes with its owner', async () => {
    const configId = await addConfig()
    await set({ provider_config_id: configId, fallback_provider_config_id: defaultId, fallback_model: 'gpt-5.4' })
    for (const id of [configId, defaultId])
      expect(
        await api.rpc('remove_provider_key', { owner_id: owner.userId, config_id: id }, world.asServer()),
      ).toMatchObject({ status: 409, body: { code: '23503' } })
    await set({ provider_config_id: null })
    expect(
      await api.rpc('remove_provider_key', { owner_id: owner.userId, config_id: configId }, world.asServer()),
    ).toMatchObject({ status: 200, body: true })
    await sql`delete from auth.users where id = ${owner.userId}`
    expect(await sql`select from loacl.provider_configs where owner_id = ${owner.userId}`).toHaveLength(0)
  })
})

describe('a fallback', () => {
  let configId: string
  beforeEach(async () => {
    configId = await addConfig()
    await set({ fallback_provider_config_id: configId, fallback_model: 'gpt-6-astra', follow_up_model: 'gpt-5.4-nano' })
  })
  const fallback = () => ({ configId, model: 'gpt-6-astra' })

  it('is reserved for, where it is the dearer one', async () => {
    const { turn } = await begin()
    const dearer = await readReserved(turn.id)
    await set({ fallback_provider_config_id: null, fallback_model: null, model: 'gpt-6-astra', follow_up_model: null })
    const { turn: alone } = await begin()
    expect(dearer).toEqual(await readReserved(alone.id))
    await set({ fallback_provider_config_id: configId, fallback_model: 'gpt-6-luna' })
    const { turn: other } = await begin()
    expect(dearer).toEqual(await readReserved(other.id))
  })

  it('without a price is refused where there is a spend limit', async () => {
    await set({ fallback_model: 'unpriced' })
    expect(await begin()).toMatchObject({ message: 'price_unknown' })
  })

  it('is paid for where it answered, and owners see that it did', async () => {
    const { turn, threadId, messageId } = await begin()
    await world.finish(turn, { model: 'gpt-6-astra-2026-10-01', fallback: fallback() })
    const usage = { inputTokens: 100, cachedInputTokens: 0, outputTokens: 10, reasoningTokens: 0, model: 'gpt-6-astra' }
    const saved = { turn_id: turn.id, lease: turn.lease, title: 'It', suggestions: ['And?'], usage }
    expect(await api.rpc('save_follow_ups', saved, world.asServer())).toMatchObject({ status: 200 })
    expect(await readUsage(threadId)).toEqual([
      {
        purpose: 'answer',
        provider: 'openai-chat',
        config: configId,
        model: 'gpt-6-astra-2026-10-01',
        cost: 0.0015,
        estimate: false,
      },
      {
        purpose: 'title',
        provider: 'openai-chat',
        config: configId,
        model: 'gpt-6-astra',
        cost: 0.0015,
        estimate: false,
      },
    ])
    const seen = await api.select(`usage_logs?thread_id=eq.${threadId}&select=provider_config_id`, { jwt: owner.jwt })
    expect(seen.body).toEqual([{ provider_config_id: configId }, { provider_config_id: configId }])
    const [message] = await sql`select model from loacl.messages where id = ${messageId}`
    expect(message).toEqual({ model: 'gpt-6-astra-2026-10-01' })
    const [step] = await sql`
      select t.provider, t.model, t.provider_config_id as config, s.provider_config_id as step_config
      from loacl_private.turns t join loacl_private.turn_steps s on s.turn_id = t.id where t.id = ${turn.id}`
    expect(step).toEqual({ provider: 'openai-chat', model: 'gpt-6-astra', config: configId, step_config: configId })
    expect(await readReserved(turn.id)).toEqual([])
  })

  /** What was charged for a turn whose first provider failed so. */
  const giveUp = async (givenUp: object) => {
    const { turn, threadId } = await begin()
    const answered = { model: 'gpt-6-astra', usage: usageOf(100, 10), fallback: fallback(), givenUp }
    expect(await world.finish(turn, answered)).toMatchObject({ status: 204 })
    await api.rpc(
      'save_follow_ups',
      { turn_id: turn.id, lease: turn.lease, title: 'It', suggestions: [], usage: null, is_called: false },
      world.asServer(),
    )
    expect(await readReserved(turn.id)).toEqual([])
    return (await readUsage(threadId)).filter(({ purpose }) => purpose === 'answer')
  }

  it('leaves what the first charged for to the first, in the log and in the budget', async () => {
    const usage = await giveUp({
      errorCode: 'model_unavailable',
      responseId: 'resp_0',
      model: 'gpt-6-luna-2026-09-01',
      usage: usageOf(1_000, 100),
    })
    expect(usage).toHaveLength(2)
    expect(usage).toContainEqual({
      purpose: 'answer',
      provider: 'openai-chat',
      config: configId,
      model: 'gpt-6-astra',
      cost: 0.0015,
      estimate: false,
    })
    expect(usage).toContainEqual({
      purpose: 'answer',
      provider: 'openai',
      config: defaultId,
      model: 'gpt-6-luna-2026-09-01',
      cost: 0.00015,
      estimate: false,
    })
    expect(await spent()).toEqual({ tokens: 1_210, usd: expect.closeTo(0.00165) })
  })

  it('leaves to the first an estimate of what it had begun to answer', async () => {
    const usage = await giveUp({ errorCode: 'model_stream_broken', responseId: 'resp_0', model: null, usage: null })
    expect(usage).toContainEqual(
      expect.objectContaining({ provider: 'openai', config: defaultId, model: 'gpt-6-luna', estimate: true }),
    )
  })

  it('leaves nothing to the first where that refused', async () => {
    const usage = await giveUp({ errorCode: 'model_rate_limited', responseId: null, model: null, usage: null })
    expect(usage).toMatchObject([{ provider: 'openai-chat' }])
    expect(await spent()).toEqual({ tokens: 110, usd: expect.closeTo(0.0015) })
  })

  it('is estimated by its own price where nobody says what it used', async () => {
    const { turn, threadId } = await begin()
    await world.finish(turn, { model: null, usage: null, fallback: fallback() })
    const [row] = await readUsage(threadId)
    expect(row).toMatchObject({ model: 'gpt-6-astra', provider: 'openai-chat', estimate: true })
  })

  it('goes on with a turn that it has answered a step of', async () => {
    const token = createToken()
    const { turn, threadId } = await world.ask(assistantId, token)
    const outcome = {
      parts: [],
      content: '',
      providerItems: [{ said: 1 }],
      usage: null,
      model: null,
      fallback: fallback(),
    }
    const wait = { turn_id: turn.id, lease: turn.lease, wait_ms: 60_000, outcome }
    expect(await api.rpc('wait_turn', wait, world.asServer())).toMatchObject({ status: 200 })
    const resume = { turn_id: turn.id, step: 1, lease: crypto.randomUUID(), deadline_ms: 60_000 }
    expect((await api.rpc('resume_turn', resume, world.asServer(token))).body).toMatchObject({
      threadId,
      assistant: { model: 'gpt-6-astra' },
      provider: { configId, provider: 'openai-chat' },
      fallback: null,
      steps: [{ configId, providerItems: [{ said: 1 }] }],
    })
  })

  it('is kept in mind while the first answers', async () => {
    const token = createToken()
    const { turn } = await world.ask(assistantId, token)
    const outcome = { parts: [], content: '', providerItems: [], usage: null, model: null, fallback: null }
    const wait = { turn_id: turn.id, lease: turn.lease, wait_ms: 60_000, outcome }
    await api.rpc('wait_turn', wait, world.asServer())
    const resume = { turn_id: turn.id, step: 1, lease: crypto.randomUUID(), deadline_ms: 60_000 }
    expect((await api.rpc('resume_turn', resume, world.asServer(token))).body).toMatchObject({
      provider: { configId: defaultId },
      fallback: { model: 'gpt-6-astra', provider: { configId } },
      steps: [{ configId: defaultId }],
    })
  })
})

describe('a cheaper model for titles and follow-ups', () => {
  it('is what is reserved and paid for them', async () => {
    await set({ model: 'gpt-6-astra' })
    const dear = await readReserved((await begin()).turn.id)
    await set({ follow_up_model: 'gpt-5.4-nano' })
    const { turn, threadId } = await begin()
    const cheap = await readReserved(turn.id)
    expect(cheap[0]).toEqual(dear[0])
    expect(cheap[1]!.usd).toBeLessThan(dear[1]!.usd / 10)
    await world.finish(turn)
    // Nobody knows what it used.
    const saved = { turn_id: turn.id, lease: turn.lease, title: 'It', suggestions: [], usage: null, is_called: true }
    await api.rpc('save_follow_ups', saved, world.asServer())
    expect((await readUsage(threadId)).at(-1)).toMatchObject({
      purpose: 'title',
      model: 'gpt-5.4-nano',
      estimate: true,
    })
  })

  it('leaves calls for suggestions alone a purpose of their own', async () => {
    const token = createToken()
    const { threadId } = await world.converse(assistantId, token)
    const { turn } = await world.ask(assistantId, token, 'And now?', threadId)
    expect((await readReserved(turn.id)).map(({ purpose }) => purpose)).toEqual(['answer', 'follow_ups'])
  })
})

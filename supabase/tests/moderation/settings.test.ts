import { afterAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld, type BegunTurn, type Operator } from '../support/world.ts'
import { createTurnCalls, stepOutcome } from '../turns/turn_calls.ts'
import { createModerated, output, used } from './moderated.ts'

const world = createWorld(workerStack())
const { api, sql } = world
const { moderating, followUp, flagsOf } = createModerated(world)
const { wait, resume, beginStep } = createTurnCalls(world)
afterAll(() => world.close())

/** What a turn of an assistant with these settings says of moderation. */
const settings = async (change: object, owner?: Operator) => {
  const { id } = await world.createAssistant({ settings: { ...change }, ...(owner ? { owner } : {}) })
  const { body } = await world.beginTurn(id, createToken())
  return body.moderation
}

/** Another account of an owner's. */
async function addProvider({ userId }: Operator) {
  const [config] = await sql<[{ id: string }]>`
    with secret as (
      insert into loacl_private.secrets (owner_id, purpose, key_id, ciphertext)
      values (${userId}, 'provider_key', 'test', ${'a'.repeat(64)}) returning id
    )
    insert into loacl.provider_configs (owner_id, base_url, secret_id, key_last_four)
    select ${userId}, 'https://moderation.example/v1', id, 'wxyz' from secret returning id
  `
  return config
}

describe('begin_turn', () => {
  it('says nothing of moderation where there is none', async () => {
    expect(await settings({})).toBe(null)
  })

  it('says what is moderated, by which model, and at whose provider', async () => {
    expect(await settings({ moderates_input: true })).toEqual({
      input: true,
      output: false,
      failsOpen: false,
      model: 'omni-moderation-latest',
      hasProvider: false,
      provider: null,
    })
    const { owner } = await world.createAssistant()
    const config = await addProvider(owner)
    const change = {
      moderates_output: true,
      moderation_fails_open: true,
      moderation_model: 'mistral-moderation-latest',
      moderation_provider_config_id: config.id,
    }
    expect(await settings(change, owner)).toEqual({
      input: false,
      output: true,
      failsOpen: true,
      model: 'mistral-moderation-latest',
      hasProvider: true,
      provider: {
        secretId: expect.any(String),
        configId: config.id,
        keyId: 'test',
        ciphertext: 'a'.repeat(64),
        purpose: 'provider_key',
        ownerId: owner.userId,
        provider: 'openai',
        baseUrl: 'https://moderation.example/v1',
      },
    })
    await sql`update loacl.provider_configs set is_active = false where id = ${config.id}`
    const off = await settings(change, owner)
    expect(off).toMatchObject({ hasProvider: true, provider: null })
  })

  it('an assistant has no provider of another owner’s', async () => {
    const [mine, other] = await Promise.all([world.createAssistant(), world.createAssistant()])
    const [config] = await sql`select id from loacl.provider_configs where owner_id = ${other.owner.userId}`
    const set = await api.update(
      `assistants?id=eq.${mine.id}`,
      { moderation_provider_config_id: config!['id'] },
      { jwt: mine.owner.jwt },
    )
    expect(set).toMatchObject({ status: 409, body: { code: '23503' } })
  })
})

describe('what moderation costs', () => {
  it('is logged with the provider that was asked, which can’t be removed while it is named', async () => {
    const { owner } = await world.createAssistant()
    const config = await addProvider(owner)
    const { id } = await moderating({ moderation_provider_config_id: config.id }, owner)
    const { turn, threadId } = await world.ask(id, createToken())
    await world.finish(turn, { moderation: used({ configId: config.id }) })
    const usage = await sql`
      select purpose, provider_config_id = ${config.id} as "isOwn" from loacl.usage_logs where thread_id = ${threadId} order by 1
    `
    expect(usage).toEqual([
      { purpose: 'answer', isOwn: false },
      { purpose: 'moderation', isOwn: true },
    ])
    const remove = () => sql`delete from loacl.provider_configs where id = ${config.id}`
    await expect(remove()).rejects.toMatchObject({ constraint_name: 'assistants_moderation_provider_config_fkey' })
    await sql`update loacl.assistants set moderation_provider_config_id = null where id = ${id}`
    await remove()
  })

  it('counts in the budget, by the price of its model', async () => {
    const { id, owner } = await moderating({ moderation_model: 'guard' })
    await api.insert(
      'model_prices',
      { owner_id: owner.userId, model: 'guard', input_usd: 2, output_usd: 0 },
      { jwt: owner.jwt },
    )
    const { turn } = await world.ask(id, createToken())
    const usage = { inputTokens: 1_000_000, outputTokens: 0, isEstimate: false }
    await world.finish(turn, { usage: null, isCalled: false, moderation: used({ model: 'guard', usage }) })
    await followUp({ turn } as BegunTurn, '')
    const [budget] =
      await sql`select day_tokens::int, day_usd::float8, month_usd::float8 from loacl_private.budgets where assistant_id = ${id}`
    expect(budget).toEqual({ day_tokens: 0, day_usd: 2, month_usd: 2 })
  })

  it('is logged of each step, also of one after which the turn waits, and of a title with follow-ups, once', async () => {
    const { id } = await moderating()
    const token = createToken()
    const { turn, threadId, messageId } = await world.ask(id, token)
    const moderation = used()
    for (let nth = 0; nth < 2; nth++) await wait(turn, { ...stepOutcome('Let me see.'), moderation })
    const { body } = await resume(turn, token)
    await beginStep(body.turn, 2, null)
    await world.finish(body.turn, { moderation })
    const saved = {
      turn_id: turn.id,
      lease: body.turn.lease,
      title: null,
      suggestions: [],
      usage: null,
      is_called: false,
      moderation: output,
    }
    for (let nth = 0; nth < 2; nth++) await api.rpc('save_follow_ups', saved, world.asServer())
    const usage = await sql`
      select step, input_tokens::int from loacl.usage_logs where thread_id = ${threadId} and purpose = 'moderation' order by created_at
    `
    expect(usage).toEqual([1, 2, 2].map((step) => ({ step, input_tokens: 30 })))
    expect(await flagsOf(messageId)).toMatchObject([{ direction: 'output' }])
  })

  it('is unknown where its model has no price', async () => {
    const { id } = await moderating({ moderation_model: 'guard' })
    const { turn, threadId } = await world.ask(id, createToken())
    expect((await world.finish(turn, { moderation: used({ model: 'guard' }) })).status).toBe(204)
    const [usage] =
      await sql`select cost_usd from loacl.usage_logs where thread_id = ${threadId} and purpose = 'moderation'`
    expect(usage).toEqual({ cost_usd: null })
  })
})

it('a result that makes no sense ends no turn', async () => {
  const { id } = await moderating()
  const { turn, messageId } = await world.ask(id, createToken())
  expect((await world.finish(turn, { moderation: used({ flags: [{ direction: 'sideways' }] }) })).status).toBe(400)
  const [message] = await sql`select status from loacl.messages where id = ${messageId}`
  expect(message).toEqual({ status: 'streaming' })
  expect((await world.finish(turn, { moderation: null })).status).toBe(204)
})

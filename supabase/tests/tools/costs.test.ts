import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createSpending, usageOf } from '../limits/spending.ts'
import { createToken } from '../support/api.ts'
import { createWorld } from '../support/world.ts'
import { createTurnCalls } from '../turns/turn_calls.ts'
import { asked, createToolCalls, type Tool } from './tool_calls.ts'

const world = createWorld(workerStack())
const { sql } = world
const { addTool, approve, begin, endCall, rowsOf } = createToolCalls(world)
const { abandon, read } = createTurnCalls(world)
const { readBudget } = createSpending(world)

let assistantId: string
let token: string
let tool: Tool

beforeEach(async () => {
  ;({ id: assistantId } = await world.createAssistant())
  token = createToken()
  tool = await addTool(assistantId, { cost_usd: 0.25 })
  await approve(assistantId, { specific_tools: sql.json({ look_up: true }) })
})
afterAll(() => world.close())

const logged = () => sql`
  select purpose, provider, model, step, cost_usd::float8, input_tokens::int, is_estimate, thread_id is not null as "hasThread"
  from loacl.usage_logs where assistant_id = ${assistantId} and purpose = 'tool' order by cost_usd
`
const row = { purpose: 'tool', provider: 'server', model: 'look_up', step: 1, input_tokens: 0, hasThread: true }
const free = { usage: usageOf(0, 0) }

describe('what a call of a tool costs', () => {
  it('is in the usage and in the budget, once, as it was said or else as its owner said', async () => {
    const { turn } = await world.ask(assistantId, token)
    const [said, most, nothing] = await begin(turn, [
      asked(tool, { n: 1 }),
      asked(tool, { n: 2 }),
      asked(tool, { n: 3 }),
    ])
    const before = (await readBudget(assistantId))!
    await endCall(turn, said!, { result: 1, costUsd: 0.1 })
    await endCall(turn, said!, { result: 1, costUsd: 0.1 })
    await endCall(turn, most!, { errorCode: 'tool_refused', errorMessage: 'No.' })
    await endCall(turn, nothing!, { result: 1, costUsd: 0 })
    expect(await logged()).toEqual([
      { ...row, cost_usd: 0.1, is_estimate: false },
      { ...row, cost_usd: 0.25, is_estimate: false },
    ])
    const after = (await readBudget(assistantId))!
    expect(after.usd - before.usd).toBeCloseTo(0.35)
    expect(after.month - before.month).toBeCloseTo(0.35)
    expect(after.tokens).toBe(before.tokens)
  })

  it.each(['session', 'thread'])(
    'is the most that it may cost where its %s is deleted while it runs, once',
    async (what) => {
      const { turn, threadId } = await world.ask(assistantId, token)
      await begin(turn, [asked(tool)])
      if (what === 'thread') await sql`delete from loacl.threads where id = ${threadId}`
      else await world.api.rpc('erase_visitor_data', {}, { token })
      expect(await logged()).toEqual([{ ...row, cost_usd: 0.25, is_estimate: true, hasThread: false }])
      expect((await readBudget(assistantId))!.usd).toBeGreaterThanOrEqual(0.25)
      expect((await readBudget(assistantId))!.usd).toBeLessThan(0.26)
    },
  )

  it('is the most that it may cost where its worker died, as an estimate', async () => {
    const { turn } = await world.ask(assistantId, token)
    await begin(turn, [asked(tool)])
    await abandon(turn)
    await read(turn, 0, token)
    expect(await logged()).toEqual([{ ...row, cost_usd: 0.25, is_estimate: true }])
    expect((await readBudget(assistantId))!.usd).toBeGreaterThanOrEqual(0.25)
    expect((await readBudget(assistantId))!.usd).toBeLessThan(0.26)
    expect(await sql`select from loacl_private.reservations where turn_id = ${turn.id}`).toEqual([])
  })

  it('is counted once where it was stopped while it ran', async () => {
    const { turn } = await world.ask(assistantId, token)
    const [call] = await begin(turn, [asked(tool)])
    await endCall(turn, call!, { errorCode: 'unknown', errorMessage: 'The turn ended while it ran.', costUsd: 0.25 })
    await world.finish(turn, { state: 'stopped' })
    const next = await world.ask(assistantId, createToken())
    await world.finish(next.turn, { state: 'stopped', usage: null, isCalled: false })
    expect(await logged()).toMatchObject([{ cost_usd: 0.25 }])
    expect((await readBudget(assistantId))!.usd).toBeLessThan(0.3)
    expect((await readBudget(assistantId))!.usd).toBeGreaterThanOrEqual(0.25)
  })
})

const hosted = (settings: object = {}) =>
  addTool(assistantId, { name: 'search', kind: 'hosted', hosted_type: 'web_search', cost_usd: 0.01, ...settings })
const reserved = (turnId: string) =>
  sql`select usd::float8, tokens::int from loacl_private.reservations where turn_id = ${turnId} and purpose = 'tool'`

describe('fees of hosted tools', () => {
  it('are reserved for as many calls as a step may make, and settled by those that it made', async () => {
    await hosted()
    await hosted({ name: 'run', hosted_type: 'code_interpreter', cost_usd: 0.03 })
    const { turn, maxHostedCalls } = (await world.beginTurn(assistantId, token)).body
    expect(maxHostedCalls).toBe(4)
    expect(await reserved(turn.id)).toEqual([{ usd: 0.12, tokens: 0 }])
    const hostedCalls = [
      { name: 'search', count: 2 },
      { name: 'look_up', count: 3 },
      { name: 'gone', count: 1 },
    ]
    await world.finish(turn, { ...free, hostedCalls })
    const fee = { ...row, provider: 'hosted', model: 'search', cost_usd: 0.01, is_estimate: false }
    expect(await logged()).toEqual([fee, fee])
    expect(await rowsOf(turn)).toMatchObject([
      { tool_name: 'search', kind: 'hosted', status: 'completed', approval_requested_at: null },
      { tool_name: 'search', kind: 'hosted', status: 'completed' },
    ])
    expect(await reserved(turn.id)).toEqual([])
  })

  it('are settled as reserved where nobody says what the provider did, and at nothing where it was not asked', async () => {
    await hosted()
    const lost = await world.ask(assistantId, token)
    await abandon(lost.turn)
    await read(lost.turn, 0, token)
    expect(await logged()).toMatchObject([{ provider: 'hosted', model: 'search', cost_usd: 0.04, is_estimate: true }])

    const { turn } = await world.ask(assistantId, createToken())
    await world.finish(turn, {
      state: 'failed',
      errorCode: 'model_unavailable',
      content: '',
      parts: [],
      usage: null,
      responseId: null,
    })
    expect(await reserved(turn.id)).toEqual([])
    expect(await logged()).toHaveLength(1)
  })

  it('refuse a turn that the budget has no room for, and one of unknown price', async () => {
    await hosted({ cost_usd: 3 })
    expect(await world.beginTurn(assistantId, token)).toMatchObject({
      status: 429,
      body: { message: 'budget_exceeded' },
    })
    await sql`update loacl.assistant_tools set cost_usd = null where name = 'search' and assistant_id = ${assistantId}`
    expect(await world.beginTurn(assistantId, token)).toMatchObject({ status: 409, body: { message: 'price_unknown' } })
    await sql`update loacl.assistant_tools set is_active = false where name = 'search' and assistant_id = ${assistantId}`
    expect((await world.beginTurn(assistantId, token)).status).toBe(200)
  })
})

it('what the model is told of tools counts in the bound of its call', async () => {
  const bound = async () => {
    const [found] = await sql`select loacl_private.bound_tools(${assistantId})::int as tokens`
    return found!['tokens'] as number
  }
  const before = await bound()
  await addTool(assistantId, { name: 'more', description: 'x'.repeat(4_000) })
  expect(await bound()).toBeGreaterThan(before + 4_000)
  await sql`update loacl.assistant_tools set is_active = false where assistant_id = ${assistantId}`
  expect(await bound()).toBe(0)
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld } from '../support/world.ts'

const world = createWorld(workerStack())
const { sql } = world
let assistantId: string

beforeAll(async () => {
  ;({ id: assistantId } = await world.createAssistant())
})
afterAll(() => world.close())

describe('what a turn costs', () => {
  const usage = { inputTokens: 1000, cachedInputTokens: 400, outputTokens: 100, reasoningTokens: 40 }
  const finishWith = async (assistant: string, outcome: object) => {
    const { turn, threadId } = await world.ask(assistant, createToken())
    await world.finish(turn, { usage, ...outcome })
    return sql`
      select purpose, provider, model, cost_usd::float, input_tokens::int, cached_input_tokens::int, output_tokens::int, reasoning_tokens::int
      from loacl.usage_logs where thread_id = ${threadId}
    `
  }

  it('is computed from the prices, cached input apart', async () => {
    const tokens = { input_tokens: 1000, cached_input_tokens: 400, output_tokens: 100, reasoning_tokens: 40 }
    const logs = await finishWith(assistantId, { model: 'gpt-6-luna' })
    // 600 at 0.10, 400 at 0.01 and 100 at 0.50 dollars per million.
    expect(logs).toEqual([
      { purpose: 'answer', provider: 'openai', model: 'gpt-6-luna', cost_usd: 0.000114, ...tokens },
    ])
  })

  it('is that of the model for a dated snapshot', async () => {
    expect((await finishWith(assistantId, { model: 'gpt-6-luna-2026-10-01' }))[0]).toMatchObject({ cost_usd: 0.000114 })
  })

  it('is that of the snapshot where it has a price of its own, unless the owner set one for the model', async () => {
    const { id, owner } = await world.createAssistant()
    const price = (model: string, usd: number) =>
      sql`insert into loacl.model_prices (owner_id, model, input_usd, output_usd) values (${owner.userId}, ${model}, ${usd}, ${usd})`
    const other = await world.createAssistant()
    await sql`insert into loacl.model_prices (owner_id, model, input_usd, output_usd) values (${other.owner.userId}, 'gpt-6-luna', 9, 9)`
    await price('gpt-6-luna', 1)
    await price('gpt-6-luna-2026-10-01', 2)
    expect((await finishWith(id, { model: 'gpt-6-luna-2026-10-01' }))[0]).toMatchObject({ cost_usd: 0.0022 })
    expect((await finishWith(id, { model: 'gpt-6-luna-2026-11-01' }))[0]).toMatchObject({ cost_usd: 0.0011 })
  })

  it('is not known for a model without a price, whose tokens are kept', async () => {
    expect((await finishWith(assistantId, { model: 'llama-9' }))[0]).toMatchObject({
      model: 'llama-9',
      cost_usd: null,
      input_tokens: 1000,
    })
  })

  it('is by the owner’s own price where there is one', async () => {
    const { id, owner } = await world.createAssistant()
    await sql`insert into loacl.model_prices (owner_id, model, input_usd, output_usd) values (${owner.userId}, 'gpt-6-luna', 1, 2)`
    expect((await finishWith(id, { model: 'gpt-6-luna' }))[0]).toMatchObject({ cost_usd: 0.0012 })
  })

  it('is not logged where nothing was used', async () => {
    expect(await finishWith(assistantId, { usage: null, isCalled: false })).toHaveLength(0)
  })

  it('outlives the assistant', async () => {
    const { id, owner } = await world.createAssistant()
    await world.converse(id, createToken())
    await sql`delete from loacl.assistants where id = ${id}`
    const logs =
      await sql`select assistant_id, session_id, thread_id, model from loacl.usage_logs where owner_id = ${owner.userId} and purpose = 'answer'`
    expect(logs).toEqual([{ assistant_id: null, session_id: null, thread_id: null, model: 'gpt-6-luna' }])
    expect(await sql`select from loacl.messages where assistant_id = ${id}`).toHaveLength(0)
  })
})

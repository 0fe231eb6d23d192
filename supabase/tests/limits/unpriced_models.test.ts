import { afterAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createWorld } from '../support/world.ts'
import { createSpending } from './spending.ts'

const world = createWorld(workerStack())
const { api, sql } = world
const { begin } = createSpending(world)
afterAll(() => world.close())

describe('a model without a price', () => {
  const unknown = { status: 409, body: { message: 'price_unknown' } }

  it.each([{ spend_per_day_usd: null }, { spend_per_month_usd: null }])(
    'is refused under a spend limit (%o)',
    async (settings) => {
      const { id, owner } = await world.createAssistant({ settings: { model: 'nobody-knows', ...settings } })
      const refused = await begin(id)
      expect(refused).toMatchObject(unknown)
      expect(refused.body.details).not.toContain('nobody-knows')
      expect(await world.readRows(id)).toMatchObject({ sessions: null, turns: null })
      // The owner's own price, even of nothing, is one.
      const price = { owner_id: owner.userId, model: 'nobody-knows', input_usd: 0, output_usd: 0 }
      expect((await api.insert('model_prices', price, { jwt: owner.jwt })).status).toBe(201)
      expect((await begin(id)).status).toBe(200)
    },
  )

  it('is let through without one', async () => {
    const { id } = await world.createAssistant({
      settings: { model: 'nobody-knows', spend_per_day_usd: null, spend_per_month_usd: null },
    })
    const { turn } = (await begin(id)).body
    await world.finish(turn, { model: 'nobody-knows' })
    const [log] = await sql`select cost_usd, input_tokens::int from loacl.usage_logs where assistant_id = ${id}`
    expect(log).toEqual({ cost_usd: null, input_tokens: 100 })
  })
})

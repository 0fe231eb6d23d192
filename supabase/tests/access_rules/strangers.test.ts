import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createWorld, type Operator } from '../support/world.ts'
import { createNeighbours, TABLES } from './neighbours.ts'

const world = createWorld(workerStack())
const { api, sql } = world

let assistantId: string
let stranger: Operator

beforeAll(async () => {
  ;({ assistantId, stranger } = await createNeighbours(world))
})
afterAll(() => world.close())

describe('a signed-in stranger', () => {
  it.each([...TABLES, 'assistants', 'guided_questions', 'provider_configs', 'usage_logs', 'model_prices'])(
    'sees no %s',
    async (table) => {
      expect(await api.select(`${table}?select=*`, { jwt: stranger.jwt })).toMatchObject({ status: 200, body: [] })
    },
  )

  it('can own nothing', async () => {
    const caller = { jwt: stranger.jwt }
    const forbidden = { status: 403, body: { code: '42501' } }
    expect(
      await api.insert('assistants', { owner_id: stranger.userId, name: 'Mine', model: 'x' }, caller),
    ).toMatchObject(forbidden)
    expect(await api.insert('guided_questions', { assistant_id: assistantId, question: 'Hi?' }, caller)).toMatchObject(
      forbidden,
    )
    const price = { owner_id: stranger.userId, model: 'x', input_usd: 1, output_usd: 1 }
    expect(await api.insert('model_prices', price, caller)).toMatchObject(forbidden)
  })

  it('owns nothing even where a row names them', async () => {
    await sql`insert into loacl.assistants (owner_id, name, model) values (${stranger.userId}, 'Left over', 'x')`
    expect((await api.select('assistants?select=id', { jwt: stranger.jwt })).body).toEqual([])
    expect((await api.remove('assistants?name=eq.Left over', { jwt: stranger.jwt })).body).toEqual([])
  })
})

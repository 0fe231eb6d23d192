import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld, type Operator } from '../support/world.ts'
import { createNeighbours, TABLES } from './neighbours.ts'

const world = createWorld(workerStack())
const { api, sql } = world

let assistantId: string
let operator: Operator
let otherAssistantId: string
let otherOperator: Operator

beforeAll(async () => {
  ;({ assistantId, operator, otherAssistantId, otherOperator } = await createNeighbours(world))
})
afterAll(() => world.close())

/** The assistants that a signed-in user of these claims sees. */
const seenBy = (claims: object) =>
  sql.begin(async (tx) => {
    await tx`select set_config('request.jwt.claims', ${JSON.stringify(claims)}, true)`
    await tx`set local role authenticated`
    return tx`select id from loacl.assistants`
  })

describe('an operator', () => {
  it.each(TABLES)('sees the %s of their assistants and no other’s', async (table) => {
    const { status, body } = await api.select(`${table}?select=assistant_id`, { jwt: operator.jwt })
    expect(status).toBe(200)
    expect(new Set(body.map((row: { assistant_id: string }) => row.assistant_id))).toEqual(new Set([assistantId]))
  })

  it('sees what it costs, and only theirs', async () => {
    const { body } = await api.select('usage_logs?select=assistant_id,input_tokens,cost_usd', { jwt: operator.jwt })
    expect(body.length).toBeGreaterThan(0)
    for (const row of body) {
      expect(row).toMatchObject({ assistant_id: assistantId, input_tokens: 100 })
      expect(Number(row.cost_usd)).toBeCloseTo(0.000015, 9)
    }
  })

  it('changes their assistant and can’t touch, take or give away another’s', async () => {
    const caller = { jwt: operator.jwt }
    expect((await api.update(`assistants?id=eq.${assistantId}`, { description: 'New' }, caller)).body).toMatchObject([
      { description: 'New' },
    ])
    expect((await api.update(`assistants?id=eq.${otherAssistantId}`, { description: 'New' }, caller)).body).toEqual([])
    expect((await api.remove(`assistants?id=eq.${otherAssistantId}`, caller)).body).toEqual([])
    const forbidden = { status: 403, body: { code: '42501' } }
    expect(
      await api.update(`assistants?id=eq.${assistantId}`, { owner_id: otherOperator.userId }, caller),
    ).toMatchObject(forbidden)
    const question = { question: 'Hi?', assistant_id: otherAssistantId }
    expect(await api.insert('guided_questions', question, caller)).toMatchObject(forbidden)
    expect(await api.insert('guided_questions', { ...question, assistant_id: assistantId }, caller)).toMatchObject({
      status: 201,
    })
  })

  it('sets prices of their own and can’t change the shared ones', async () => {
    const caller = { jwt: operator.jwt }
    const price = { model: 'gpt-6-luna', input_usd: 1, output_usd: 1 }
    expect(await api.insert('model_prices', { ...price, owner_id: null }, caller)).toMatchObject({ status: 403 })
    expect((await api.update('model_prices?owner_id=is.null', { input_usd: 0 }, caller)).body).toEqual([])
    expect(await api.insert('model_prices', { ...price, owner_id: operator.userId }, caller)).toMatchObject({
      status: 201,
    })
    const others = await api.select(`model_prices?owner_id=eq.${operator.userId}`, { jwt: otherOperator.jwt })
    expect(others.body).toEqual([])
    await sql`delete from loacl.model_prices where owner_id = ${operator.userId}`
  })

  it('sees no token’s hash and no secret anywhere', async () => {
    const [sessions, configs] = await Promise.all([
      api.select('sessions?select=*', { jwt: operator.jwt }),
      api.select('provider_configs?select=*', { jwt: operator.jwt }),
    ])
    expect(Object.keys(sessions.body[0])).not.toContain('token_hash')
    expect(configs.body).toHaveLength(1)
    expect(JSON.stringify(configs.body)).not.toContain('ciphertext')
  })

  it('is none any more once the row is gone', async () => {
    const { id, owner: former } = await world.createAssistant()
    await world.converse(id, createToken())
    const tables = ['assistants', 'provider_configs', 'usage_logs', ...TABLES]
    for (const table of tables)
      expect((await api.select(`${table}?select=id`, { jwt: former.jwt })).body).not.toEqual([])
    await sql`delete from loacl_private.operators where user_id = ${former.userId}`
    for (const table of tables) expect((await api.select(`${table}?select=id`, { jwt: former.jwt })).body).toEqual([])
  })

  it('is never an anonymous user, whatever the table of operators says', async () => {
    expect(await seenBy({ sub: operator.userId, is_anonymous: false })).toEqual([{ id: assistantId }])
    expect(await seenBy({ sub: operator.userId, is_anonymous: true })).toEqual([])
  })
})

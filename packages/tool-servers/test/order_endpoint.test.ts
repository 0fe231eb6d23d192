import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startToolServer, type ToolServer } from '../src/index.ts'

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
let server: ToolServer
beforeAll(async () => {
  server = await startToolServer('orders', { TOOL_SECRET: SECRET })
})
afterAll(() => server.stop())

const CUSTOMER = { type: 'identified', externalId: 'customer-1' }
const GUEST = { type: 'guest' }

interface Sent {
  id?: string
  secret?: string
  at?: Date
  body?: string
}

async function call(tool: string, args: object, visitor: object, sent: Sent = {}) {
  const { id = crypto.randomUUID(), secret = SECRET, at = new Date() } = sent
  const body = JSON.stringify({ executionId: id, idempotencyKey: id, assistantId: 'a', tool, arguments: args, visitor })
  const response = await fetch(server.url, {
    method: 'POST',
    headers: {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
      'webhook-signature': new Webhook(secret).sign(id, at, body),
    },
    body: sent.body ?? body,
  })
  // oxlint-disable-next-line typescript/no-explicit-any -- whatever the endpoint says; each test reads what it expects
  return { status: response.status, body: (await response.json()) as any }
}

describe('the shop’s tool endpoint', () => {
  it('gives a person their own orders, and no other’s', async () => {
    const { body } = await call('list_orders', {}, CUSTOMER)
    expect(body.orders.map(({ number }: { number: string }) => number)).toEqual(['NL-20417', 'NL-20388'])
    expect(JSON.stringify(body)).not.toContain('customer')
    expect((await call('look_up_order', { number: 'NL-20417' }, CUSTOMER)).body).toMatchObject({ status: 'packing' })
    for (const tool of ['look_up_order', 'cancel_order'])
      expect((await call(tool, { number: 'NL-20402', postcode: '80331' }, CUSTOMER)).status).toBe(404)
  })

  it('gives a guest the order whose postcode they know, and no list', async () => {
    expect((await call('look_up_order', { number: 'NL-20402', postcode: '80331' }, GUEST)).status).toBe(200)
    expect((await call('look_up_order', { number: 'NL-20402', postcode: '24837' }, GUEST)).status).toBe(404)
    expect((await call('look_up_order', { number: 'NL-20402' }, GUEST)).status).toBe(404)
    expect((await call('list_orders', {}, GUEST)).status).toBe(403)
  })

  it('gives somebody who is identified otherwise nothing', async () => {
    const user = { type: 'identified', userId: 'customer-1' }
    expect((await call('list_orders', {}, user)).status).toBe(403)
    expect((await call('look_up_order', { number: 'NL-20417', postcode: '24837' }, user)).status).toBe(404)
  })

  it('cancels an order once, and answers the same call again alike', async () => {
    const id = crypto.randomUUID()
    const cancel = (sent: Sent) => call('cancel_order', { number: 'NL-20417' }, CUSTOMER, sent)
    expect(await cancel({ id })).toMatchObject({ status: 200, body: { status: 'cancelled' } })
    expect(await cancel({ id })).toMatchObject({ status: 200, body: { status: 'cancelled' } })
    expect((await cancel({})).status).toBe(409)
    expect((await call('cancel_order', { number: 'NL-20388' }, CUSTOMER)).status).toBe(409)
  })

  it.each<[string, Sent]>([
    ['another secret', { secret: `whsec_${Buffer.alloc(32, 8).toString('base64')}` }],
    ['a signature of ten minutes ago', { at: new Date(Date.now() - 600_000) }],
    ['another body', { body: '{"tool":"list_orders","visitor":{"type":"identified","externalId":"customer-2"}}' }],
  ])('refuses %s', async (_, sent) => {
    expect((await call('list_orders', {}, CUSTOMER, sent)).status).toBe(401)
  })

  it('refuses what is not signed, and tools that it has not', async () => {
    expect((await fetch(server.url, { method: 'POST', body: '{}' })).status).toBe(401)
    expect((await fetch(server.url)).status).toBe(405)
    for (const name of ['drop_orders', 'constructor']) expect((await call(name, {}, CUSTOMER)).status).toBe(404)
  })
})

it('a server that lacks what it needs says so', async () => {
  await expect(startToolServer('orders', { TOOL_SECRET: '' })).rejects.toThrow('TOOL_SECRET is missing')
})

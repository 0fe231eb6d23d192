// The endpoint of examples/tool-endpoint, as docs/tools.md explains it.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const PROGRAM = fileURLToPath(new URL('../../../examples/tool-endpoint/server.mjs', import.meta.url))
const SECRET = `whsec_${Buffer.alloc(32, 9).toString('base64')}`
let server: ChildProcess
let url: string

beforeAll(async () => {
  server = spawn(process.execPath, [PROGRAM], { env: { ...process.env, TOOL_SECRET: SECRET, PORT: '0' } })
  const [line] = (await once(createInterface({ input: server.stdout! }), 'line')) as [string]
  url = line.replace('Listening at ', '')
})
afterAll(() => server.kill())

const ADA = { type: 'identified', externalId: 'ada' }

interface Call {
  visitor?: object
  secret?: string
  at?: Date
  sentBody?: (body: string) => string
}

async function call(
  tool: string,
  args: object,
  { visitor = ADA, secret = SECRET, at = new Date(), sentBody }: Call = {},
) {
  const id = crypto.randomUUID()
  const body = JSON.stringify({ executionId: id, idempotencyKey: id, assistantId: 'a', tool, arguments: args, visitor })
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
      'webhook-signature': new Webhook(secret).sign(id, at, body),
    },
    body: sentBody?.(body) ?? body,
  })
  return [response.status, await response.text().then((text) => (text ? JSON.parse(text) : null))]
}

describe('the example of a tool endpoint', () => {
  it('gives a person their own orders, and no other’s', async () => {
    const own = [{ number: 'A-1001' }, { number: 'A-1002' }]
    expect(await call('list_orders', {})).toMatchObject([200, own])
    expect(await call('look_up_order', { number: 'A-1002' })).toMatchObject([200, { status: 'packing' }])
    expect(await call('look_up_order', { number: 'A-1003' })).toMatchObject([404, {}])
  })

  it('gives a guest, and a user of another kind, nothing', async () => {
    expect(await call('list_orders', {}, { visitor: { type: 'guest' } })).toMatchObject([403, {}])
    expect(await call('list_orders', {}, { visitor: { type: 'identified', userId: 'ada' } })).toEqual([200, []])
  })

  it.each<[string, Call]>([
    ['another secret', { secret: `whsec_${Buffer.alloc(32, 8).toString('base64')}` }],
    ['an old signature', { at: new Date(Date.now() - 600_000) }],
    ['a signature of the future', { at: new Date(Date.now() + 600_000) }],
    ['another visitor than was signed', { sentBody: (body) => body.replace('ada', 'grace') }],
  ])('refuses %s', async (_, options) => {
    expect(await call('list_orders', {}, options)).toEqual([401, null])
  })

  it('refuses what is not signed', async () => {
    expect((await fetch(url, { method: 'POST', body: '{}' })).status).toBe(401)
  })
})

// A tool of an assistant, in plain Node: it looks up the orders of whoever asks. See docs/tools.md.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'

/** As `PUT /assistants/:id/tool-secret` showed it. Read from the environment, never from a file that is published. */
const secret = process.env.TOOL_SECRET ?? ''
if (!/^whsec_.{40,}$/.test(secret)) throw new Error('TOOL_SECRET must be the secret that begins with whsec_.')
const key = Buffer.from(secret.replace('whsec_', ''), 'base64')

const ORDERS = [
  { number: 'A-1001', customer: 'ada', status: 'sent' },
  { number: 'A-1002', customer: 'ada', status: 'packing' },
  { number: 'A-1003', customer: 'grace', status: 'sent' },
]

/** Standard Webhooks: an HMAC of id, time and body; an old call is refused, for somebody may have recorded it. */
function isSigned(headers, body) {
  const { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': signatures = '' } = headers
  if (!(Math.abs(Date.now() / 1000 - Number(time)) < 300)) return false
  const expected = createHmac('sha256', key).update(`${id}.${time}.${body}`).digest()
  return signatures.split(' ').some((signature) => {
    const given = Buffer.from(signature.replace(/^v1,/, ''), 'base64')
    return given.length === expected.length && timingSafeEqual(given, expected)
  })
}

/** What has been done, by idempotency key: the same call again is answered, and done once. A database in earnest. */
const done = new Map()

function run({ tool, arguments: args, visitor }) {
  // Signed along with the call: a guest, or the person whom your site's identity token or Supabase Auth has named.
  if (visitor.type === 'guest') return [403, { error: 'Sign in to see your orders.' }]
  const own = ORDERS.filter((order) => order.customer === visitor.externalId)
  if (tool === 'list_orders') return [200, own]
  const order = own.find(({ number }) => number === args.number)
  if (tool === 'look_up_order') return order ? [200, order] : [404, { error: 'There is no such order of yours.' }]
  return [404, { error: 'There is no such tool.' }]
}

const server = createServer(async (request, response) => {
  const body = await text(request)
  if (!isSigned(request.headers, body)) return response.writeHead(401).end()
  const call = JSON.parse(body)
  if (!done.has(call.idempotencyKey)) done.set(call.idempotencyKey, run(call))
  const [status, answer] = done.get(call.idempotencyKey)
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
})
server.listen(Number(process.env.PORT ?? 8787), '127.0.0.1', () => {
  console.log(`Listening at http://127.0.0.1:${server.address().port}`)
})

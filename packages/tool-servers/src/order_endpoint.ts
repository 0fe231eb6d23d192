import { Webhook } from 'standardwebhooks'
import { createOrderDatabase, type Order, type OrderDatabase } from './orders.ts'

/** What LOACL's function sends: see docs/tools.md. */
interface ToolCall {
  executionId: string
  idempotencyKey: string
  assistantId: string
  tool: string
  arguments: Readonly<Record<string, unknown>>
  visitor: { type: 'guest' } | { type: 'identified'; externalId: string } | { type: 'identified'; userId: string }
}

type Answer = { status: number; body: unknown }
type Tool = (call: ToolCall, orders: OrderDatabase) => Answer

const refuse = (error: string, status = 403): Answer => ({ status, body: { error } })
const answer = (body: unknown): Answer => ({ status: 200, body })

/** Without whose it is, which the model need not know. */
const describe = ({ number, items, status, placedOn }: Order) => ({ number, items, status, placedOn })

/** A person gets their own orders. A guest gets one whose number and postcode they know, as on its parcel. */
function findOwn({ visitor, arguments: given }: ToolCall, orders: OrderDatabase): Order | null {
  const order = orders.find(String(given.number))
  const isOwn =
    visitor.type === 'guest'
      ? order?.postcode === given.postcode
      : 'externalId' in visitor && order?.customer === visitor.externalId
  return order && isOwn ? order : null
}

const NOT_THEIRS = 'There is no such order of this visitor.'

const TOOLS: Readonly<Record<string, Tool>> = {
  look_up_order(call, orders) {
    const order = findOwn(call, orders)
    return order ? answer(describe(order)) : refuse(NOT_THEIRS, 404)
  },
  list_orders({ visitor }, orders) {
    if (!('externalId' in visitor)) return refuse('Only somebody who has signed in at the shop has a list of orders.')
    return answer({ orders: orders.ofCustomer(visitor.externalId).map(describe) })
  },
  cancel_order(call, orders) {
    const order = findOwn(call, orders)
    if (!order) return refuse(NOT_THEIRS, 404)
    const cancelled = orders.cancel(order.number)
    return cancelled ? answer(describe(cancelled)) : refuse('It is too late to cancel this order.', 409)
  },
}

const REMEMBERED_ANSWERS = 1_000

/**
 * A tool endpoint of a shop: it takes calls that are signed with the assistant's tool secret, and gives a visitor what is
 * theirs. The same call again gets the same answer.
 *
 * @param secret as `PUT /assistants/:id/tool-secret` made it: `whsec_…`
 */
export function createOrderEndpoint(
  secret: string,
  orders: OrderDatabase = createOrderDatabase(),
): (request: Request) => Promise<Response> {
  const webhook = new Webhook(secret)
  const answers = new Map<string, Answer>()

  function run(call: ToolCall): Answer {
    const known = answers.get(call.idempotencyKey)
    if (known) return known
    const tool = Object.hasOwn(TOOLS, call.tool) ? TOOLS[call.tool] : undefined
    const given = tool ? tool(call, orders) : refuse('There is no such tool.', 404)
    answers.set(call.idempotencyKey, given)
    for (const oldest of answers.keys()) {
      if (answers.size <= REMEMBERED_ANSWERS) break
      answers.delete(oldest)
    }
    return given
  }

  return async (request) => {
    if (request.method !== 'POST') return new Response(null, { status: 405, headers: { allow: 'POST' } })
    const body = await request.text()
    let call: ToolCall
    try {
      // Compares the signature in constant time, and refuses one that is older than five minutes.
      call = webhook.verify(body, Object.fromEntries(request.headers)) as ToolCall
    } catch {
      return Response.json({ error: 'The signature is missing, wrong or too old.' }, { status: 401 })
    }
    const given = run(call)
    return Response.json(given.body, { status: given.status })
  }
}

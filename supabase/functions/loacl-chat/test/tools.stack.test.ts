// Turns that call tools: through the function under Deno, a real database, and tool servers over HTTP.
import { createKeyRing, sealNew } from '@loacl/sealing'
import { sayHello, startMockModel, type MockModel, type Script } from '@loacl/mock-model'
import { startToolServer, type ToolServer } from '@loacl/tool-servers'
import {
  CHAT_FUNCTION,
  FUNCTIONS_PATH,
  readParts,
  type CallAnswer,
  type Message,
  type NumberedPart,
  type ToolPart,
} from '@loacl/wire'
import { randomBytes } from 'node:crypto'
import postgres from 'postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startStack } from '../../../../packages/local/src/index.ts'
import { newCaller } from '../../_shared/test/contract_visitor.ts'

const SECRET = `whsec_${randomBytes(32).toString('base64')}`
const SCHEMA = {
  type: 'object',
  properties: { number: { type: 'string' }, postcode: { type: 'string' } },
  required: ['number'],
  additionalProperties: false,
}
const ORDER = { number: 'NL-20417', postcode: '24837' }

let model: MockModel
let orders: ToolServer
let hostile: ToolServer
let stack: Awaited<ReturnType<typeof startStack>>
let sql: postgres.Sql
let me: ReturnType<typeof createVisitor>

beforeAll(async () => {
  ;[model, orders, hostile] = await Promise.all([
    startMockModel(),
    startToolServer('orders', { TOOL_SECRET: SECRET }),
    startToolServer('hostile'),
  ])
  const privateHosts = [new URL(model.url).host, orders.host, hostile.host].join(',')
  stack = await startStack({ modelUrl: model.url, apiKey: 'sk-live-123', env: { LOACL_PRIVATE_HOSTS: privateHosts } })
  sql = postgres(stack.dbUrl)
  await addTools()
})
afterAll(async () => {
  await sql.end()
  await stack.stop()
  await Promise.all([orders.stop(), hostile.stop()])
  model.stop()
})
beforeEach(() => {
  me = createVisitor()
  model.script = sayHello
})

async function addTools(): Promise<void> {
  const { assistantId } = stack
  const [{ owner_id: ownerId }] =
    (await sql`select owner_id from loacl.assistants where id = ${assistantId}`) as unknown as [{ owner_id: string }]
  const context = { purpose: 'tool_secret', ownerId, provider: assistantId, baseUrl: null }
  const { secretId, keyId, ciphertext, lastFour } = await sealNew(createKeyRing(stack.encryptionKeys), SECRET, context)
  await sql`select loacl.set_tool_secret(${ownerId}, ${assistantId}, ${secretId}, ${keyId}, ${ciphertext}, ${lastFour})`
  const add = (name: string, endpoint: string | null, kind = 'server') =>
    sql`insert into loacl.assistant_tools (assistant_id, name, kind, description, parameters, endpoint, timeout_ms, words)
      values (${assistantId}, ${name}, ${kind}, 'For the tests.', ${sql.json(SCHEMA)}, ${endpoint}, 2000,
        '{"en": {"title": "Your orders", "sentence": "Changes an order."}}')`
  await add('look_up_order', `${orders.url}/`)
  await add('cancel_order', `${orders.url}/`)
  await add('slow', `${hostile.url}/endpoint/silent`)
  await add('inward', `${hostile.url}/endpoint/inward`)
  await add('show', null, 'page')
  await sql`insert into loacl.assistant_tools (assistant_id, name, kind, hosted_type, hosted_options, cost_usd)
    values (${assistantId}, 'search', 'hosted', 'web_search', '{"search_context_size": "low"}', 0.01)`
  await sql`
    insert into loacl.auto_approval_settings (assistant_id, specific_tools)
    values (${assistantId}, '{"look_up_order": true, "slow": true, "inward": true, "show": true}')`
}

function createVisitor() {
  const session = newCaller().sessionToken
  const headers = { apikey: stack.publishableKey, 'x-loacl-session': session, 'content-type': 'application/json' }
  const call = (path: string, init: RequestInit = {}) =>
    fetch(`${stack.apiUrl}/${FUNCTIONS_PATH}${CHAT_FUNCTION}${path}`, { ...init, headers })
  const post = (path: string, body: unknown) => call(path, { method: 'POST', body: JSON.stringify(body) })
  return {
    post,
    async ask(text: string, threadId: string | null = null) {
      const { assistantId } = stack
      const response = await post('/turns', { type: 'message', assistantId, id: crypto.randomUUID(), threadId, text })
      return toEnd(response)
    },
    follow: async (turnId: string, after: number) => toEnd(await call(`/turns/${turnId}?after=${after}`)),
    decide: ({ toolCallId, toolMetadata }: ToolPart, approved = true) =>
      post(`/calls/${toolCallId}/decision`, { approved, argumentsDigest: toolMetadata!.argumentsDigest }),
    /** Of the assistant, oldest first. */
    async answers(threadId: string): Promise<readonly Message[]> {
      const response = await fetch(`${stack.apiUrl}/rest/v1/rpc/list_messages`, {
        method: 'POST',
        headers: { ...headers, 'content-profile': 'loacl' },
        body: JSON.stringify({ thread_id: threadId }),
      })
      const { items } = (await response.json()) as { items: Message[] }
      return items.filter(({ role }) => role === 'assistant').toReversed()
    },
  }
}

async function toEnd(response: Response): Promise<NumberedPart[]> {
  expect(response.status).toBe(200)
  const parts: NumberedPart[] = []
  for await (const part of readParts(response.body!)) parts.push(part)
  return parts
}

/** Calls these once, and then says so many words of what came of it. */
const calling =
  (...calls: { name: string; arguments?: unknown }[]): Script =>
  (say, _, answer) =>
    answer.round === 0 ? answer.call(...calls) : say(answer.results.join(' '))
const typesOf = (parts: readonly NumberedPart[]) => parts.map(({ part }) => part.type)
const turnOf = (parts: readonly NumberedPart[]) => {
  for (const { part } of parts) if (part.type === 'data-turn') return part.data
  throw new Error('No turn began.')
}
const toolsIn = (message: Message | undefined) =>
  (message?.parts ?? []).filter((part): part is ToolPart => part.type === 'dynamic-tool')

describe('a turn with tools on the real stack', () => {
  it('calls a signed endpoint, tells the model, and stores all of it', async () => {
    model.script = calling({ name: 'look_up_order', arguments: ORDER })
    const parts = await me.ask('Where is my order?')
    expect(typesOf(parts).slice(0, 5)).toEqual([
      'start',
      'data-turn',
      'tool-input-available',
      'tool-output-available',
      'text-start',
    ])
    const { threadId, turnId } = turnOf(parts)
    const [answer] = await me.answers(threadId)
    expect(answer).toMatchObject({ status: 'completed', content: expect.stringContaining('Fjord') })
    // Its owner lets visitors see neither what was sent nor what came.
    expect(toolsIn(answer)).toMatchObject([
      { state: 'output-available', title: 'Your orders', input: {}, output: null },
    ])
    const [execution] = await sql`
      select tool_name, parameters, status, result ->> 'status' as order_status, turn_id, step, cost_usd
      from loacl.tool_executions where turn_id = ${turnId}`
    expect(execution).toMatchObject({
      tool_name: 'look_up_order',
      parameters: ORDER,
      status: 'completed',
      order_status: 'packing',
      step: 1,
    })
    const offered = model.calls.at(-1) as { tools: { name: string }[] }
    expect(offered.tools.map(({ name }) => name)).toContain('look_up_order')
    expect(JSON.stringify(await me.answers(threadId))).not.toContain('127.0.0.1')
  })

  it('waits for a yes without a worker, and goes on in another request', async () => {
    model.script = calling({ name: 'cancel_order', arguments: ORDER })
    const parts = await me.ask('Cancel it.')
    expect(typesOf(parts).slice(-4)).toEqual([
      'tool-input-available',
      'tool-approval-request',
      'data-waiting',
      'finish',
    ])
    const { threadId, turnId } = turnOf(parts)
    const [card] = toolsIn((await me.answers(threadId))[0])
    expect(card).toMatchObject({
      state: 'approval-requested',
      input: ORDER,
      toolMetadata: { host: orders.host, sentences: { en: 'Changes an order.' } },
    })
    const stranger = await createVisitor().decide(card!)
    expect(stranger.status).toBe(404)
    const [decided, again] = await Promise.all([me.decide(card!), me.decide(card!)])
    expect([decided.status, again.status]).toEqual([202, 202])
    const rest = await me.follow(turnId, parts.at(-1)!.seq)
    expect(typesOf(rest).slice(0, 3)).toEqual(['tool-approval-response', 'tool-output-available', 'text-start'])
    expect(rest[0]!.seq).toBe(parts.at(-1)!.seq + 1)
    const [answer] = await me.answers(threadId)
    expect(answer).toMatchObject({ status: 'completed', content: expect.stringContaining('cancelled') })
    expect(model.calls.filter((call) => JSON.stringify(call).includes('Cancel it.'))).toHaveLength(2)
    expect((await me.decide(card!, false)).status).toBe(409)
  })

  it('tells the model of a no, and does nothing', async () => {
    model.script = calling({ name: 'cancel_order', arguments: { number: 'NL-20402' } })
    const parts = await me.ask('Cancel the other.')
    const { threadId, turnId } = turnOf(parts)
    const [card] = toolsIn((await me.answers(threadId))[0])
    expect(((await (await me.decide(card!, false)).json()) as CallAnswer).state).toBe('running')
    await me.follow(turnId, parts.at(-1)!.seq)
    const [answer] = await me.answers(threadId)
    expect(answer?.content).toContain('denied')
    expect(toolsIn(answer)).toMatchObject([{ state: 'output-denied' }])
  })

  it('shows and tells each failure, and nothing of where it was', async () => {
    model.script = calling(
      { name: 'slow', arguments: ORDER },
      { name: 'inward', arguments: ORDER },
      { name: 'look_up_order', arguments: { order: 7 } },
      { name: 'look_up_order', arguments: '{"number":' },
      { name: 'drop_table' },
    )
    const { threadId } = turnOf(await me.ask('Try all.'))
    const [answer] = await me.answers(threadId)
    expect(toolsIn(answer).map(({ errorText }) => errorText)).toEqual([
      'tool_timeout',
      'tool_unreachable',
      'arguments_invalid',
      'arguments_invalid',
      'tool_unknown',
    ])
    expect(answer?.status).toBe('completed')
    expect(answer?.content).not.toContain('127.0.0.1')
  })

  it('lets a page run what is the page’s', async () => {
    model.script = calling({ name: 'show', arguments: ORDER })
    const parts = await me.ask('Show it.')
    const { threadId, turnId } = turnOf(parts)
    const [call] = toolsIn((await me.answers(threadId))[0])
    const path = `/calls/${call!.toolCallId}`
    const claims = await Promise.all(['tab-1', 'tab-2'].map((tab) => me.post(`${path}/claim`, { tab })))
    expect(claims.map(({ status }) => status).toSorted()).toEqual([200, 409])
    const tab = claims[0]!.status === 200 ? 'tab-1' : 'tab-2'
    expect((await me.post(`${path}/result`, { tab, output: 'Shown' })).status).toBe(202)
    await me.follow(turnId, parts.at(-1)!.seq)
    expect((await me.answers(threadId))[0]).toMatchObject({
      status: 'completed',
      content: expect.stringContaining('Shown'),
    })
  })

  it('shows what the provider runs itself, and logs its fee', async () => {
    model.script = (say, _, answer) => {
      answer.callHosted('web_search')
      say('Found.')
    }
    const { threadId, turnId } = turnOf(await me.ask('Search.'))
    const [answer] = await me.answers(threadId)
    expect(answer).toMatchObject({ status: 'completed', content: 'Found.' })
    expect(toolsIn(answer)).toMatchObject([{ toolName: 'search', providerExecuted: true, state: 'output-available' }])
    expect(model.calls.at(-1)).toMatchObject({ max_tool_calls: 4 })
    expect(JSON.stringify(model.calls.at(-1))).toContain('{"search_context_size":"low","type":"web_search"}')
    expect(
      await sql`select kind, status, cost_usd::float from loacl.tool_executions where turn_id = ${turnId}`,
    ).toEqual([{ kind: 'hosted', status: 'completed', cost_usd: 0.01 }])
    const fees = await sql`
      select provider, model, cost_usd::float from loacl.usage_logs where thread_id = ${threadId} and purpose = 'tool'`
    expect(fees).toEqual([{ provider: 'hosted', model: 'search', cost_usd: 0.01 }])
  })

  it('ends what waits where the visitor writes something else', async () => {
    model.script = calling({ name: 'cancel_order', arguments: ORDER })
    const { threadId } = turnOf(await me.ask('Cancel it.'))
    const [card] = toolsIn((await me.answers(threadId))[0])
    model.script = sayHello
    await me.ask('Never mind.', threadId)
    const [first] = await me.answers(threadId)
    expect(first?.status).toBe('stopped')
    expect(toolsIn(first)).toMatchObject([{ state: 'output-error', errorText: 'cancelled' }])
    expect((await me.decide(card!)).status).toBe(409)
  })

  it('cuts a model that calls for ever', async () => {
    await sql`update loacl.assistants set max_tool_steps = 2 where id = ${stack.assistantId}`
    let nth = 0
    model.script = (_, __, answer) => answer.call({ name: 'look_up_order', arguments: { number: `NL-${nth++}` } })
    const { threadId } = turnOf(await me.ask('For ever.'))
    const [answer] = await me.answers(threadId)
    expect(answer).toMatchObject({ status: 'cut', cutReason: 'step_limit' })
    expect(toolsIn(answer).map(({ errorText }) => errorText)).toEqual(['tool_refused', 'tool_refused'])
    await sql`update loacl.assistants set max_tool_steps = 8 where id = ${stack.assistantId}`
  })
})

// The demo's tools, as a visitor's page calls them: the functions under Deno, the database, and the servers of the tools.
import {
  ADMIN_FUNCTION,
  CHAT_FUNCTION,
  FUNCTIONS_PATH,
  readParts,
  type StreamPart,
  type ToolStreamPart,
} from '@loacl/wire'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createToken } from '../../../supabase/tests/support/api.ts'
import { createChat } from '../../../supabase/tests/identity/site.ts'
import { setUpDemoTools } from '../src/demo_tools.ts'
import { startStack, type Stack } from '../src/index.ts'
import { query } from './own_stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack({ demoTools: true, demoOrigins: ['https://site.test'] })
})
afterAll(() => stack.stop())

const isTool = (part: StreamPart): part is ToolStreamPart => part.type.startsWith('tool-')

async function read(response: Response) {
  expect(response.status).toBe(200)
  const parts: StreamPart[] = []
  for await (const { part } of readParts(response.body!)) parts.push(part)
  const text = parts.map((part) => (part.type === 'text-delta' ? part.delta : '')).join('')
  return { parts, tools: parts.filter(isTool), text }
}

function createVisitor(token = createToken()) {
  const headers = { apikey: stack.publishableKey, 'x-loacl-session': token, 'content-type': 'application/json' }
  const call = (path: string, body?: object) =>
    fetch(`${stack.apiUrl}/${FUNCTIONS_PATH}${CHAT_FUNCTION}${path}`, {
      method: body ? 'POST' : 'GET',
      headers,
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
  return {
    call,
    ask: async (text: string, threadId: string | null = null) =>
      read(
        await call('/turns', {
          type: 'message',
          assistantId: stack.assistantId,
          id: crypto.randomUUID(),
          threadId,
          text,
        }),
      ),
    follow: async (turnId: string) => read(await call(`/turns/${turnId}?after=0`)),
  }
}

describe('the demo', () => {
  it('looks an order up on the shop’s server, and shows what was sent', async () => {
    const { tools, text } = await createVisitor().ask('Where is my order NL-20417? My postcode is 24837.')
    expect(tools).toMatchObject([
      {
        type: 'tool-input-available',
        toolName: 'look_up_order',
        input: { number: 'NL-20417', postcode: '24837' },
        toolMetadata: { kind: 'server', titles: { en: 'Look up an order', de: 'Bestellung nachsehen' } },
      },
      { type: 'tool-output-available', output: null },
    ])
    expect(text).toContain('| NL-20417 |')
    expect(text).toContain('packing')
  })

  it('says what the shop refuses', async () => {
    const { tools, text } = await createVisitor().ask('Where is my order NL-20417? My postcode is 11111.')
    expect(tools.at(-1)).toMatchObject({ type: 'tool-output-error', errorText: 'tool_refused' })
    expect(text).toContain('That did not work.')
  })

  it('finds spare parts by the MCP server, and shows what came back', async () => {
    const { tools, text } = await createVisitor().ask('Which spare parts are there for Fjord?')
    expect(tools).toMatchObject([
      { type: 'tool-input-available', toolName: 'parts_find_parts', toolMetadata: { kind: 'mcp' } },
      { type: 'tool-output-available', output: expect.stringContaining('FJ-110') },
    ])
    expect(text).toContain('| FJ-110 |')
  })

  it('asks before it cancels, and goes on when it may', async () => {
    const visitor = createVisitor()
    const { parts, tools } = await visitor.ask('Please cancel my order NL-20417, postcode 24837.')
    expect(tools).toMatchObject([
      {
        type: 'tool-input-available',
        toolName: 'cancel_order',
        input: { number: 'NL-20417', postcode: '24837' },
        toolMetadata: { host: new URL(stack.toolServers!.ordersUrl).host, sentences: { en: expect.any(String) } },
      },
      { type: 'tool-approval-request' },
    ])
    const [asked] = tools
    if (asked?.type !== 'tool-input-available') throw new Error('No call came.')
    const { toolCallId, toolMetadata } = asked
    const decision = { approved: true, argumentsDigest: toolMetadata!.argumentsDigest }
    const decided = await visitor.call(`/calls/${toolCallId}/decision`, decision)
    expect([decided.status, await decided.json()]).toMatchObject([202, { state: 'running' }])
    const turn = parts.find((part) => part.type === 'data-turn')!
    const { text } = await visitor.follow(turn.data.turnId)
    expect(text).toContain('cancelled')
  })

  it('has the page show a lamp, and the model search the web', async () => {
    const shown = await createVisitor().ask('Show me Aurora')
    expect(shown.tools).toMatchObject([{ toolName: 'show_lamp', toolMetadata: { kind: 'page' } }])
    expect(shown.parts.find(({ type }) => type === 'data-waiting')).toBeDefined()
    const searched = await createVisitor().ask('Search the web for lamps')
    expect(searched.tools).toMatchObject([
      { toolName: 'web_search', providerExecuted: true },
      { type: 'tool-output-available' },
    ])
  })

  it('gives a signed-in customer their orders, and offers a guest no such tool', async () => {
    expect((await createVisitor().ask('What about my orders?')).tools).toEqual([])
    const { secret } = await makeIdentitySecret()
    const token = createToken()
    const site = { assistantId: stack.assistantId, owner: { userId: '', jwt: '' }, secret }
    const customer = createVisitor(await createChat(stack).identified(site, 'customer-1', token))
    const { tools, text } = await customer.ask('What about my orders?')
    expect(tools).toMatchObject([{ toolName: 'list_orders' }, { type: 'tool-output-available' }])
    expect(text).toContain('NL-20388')
    expect(text).not.toContain('NL-20402')
  })
})

/** As the demo's owner makes it. */
async function makeIdentitySecret(): Promise<{ secret: string }> {
  const { ownerEmail: email, ownerPassword: password } = stack
  const post = (path: string, method: string, headers: Record<string, string>, body?: object) =>
    fetch(`${stack.apiUrl}/${path}`, {
      method,
      headers: { apikey: stack.publishableKey, 'content-type': 'application/json', ...headers },
      ...(body ? { body: JSON.stringify(body) } : {}),
    }).then((response) => response.json())
  const { access_token: jwt } = await post('auth/v1/token?grant_type=password', 'POST', {}, { email, password })
  const path = `${FUNCTIONS_PATH}${ADMIN_FUNCTION}/assistants/${stack.assistantId}/identity-secret`
  return post(path, 'PUT', { authorization: `Bearer ${jwt}` })
}

it('its tools stay as their owner has set them, and are led to where their servers are', async () => {
  const change = `update loacl.assistant_tools set risk = 'low' where name = 'cancel_order' returning assistant_id, endpoint`
  const [before] = await query<{ assistant_id: string; endpoint: string }>(stack.dbUrl, change)
  const [{ owner_id: ownerId } = { owner_id: '' }] = await query<{ owner_id: string }>(
    stack.dbUrl,
    `select owner_id from loacl.assistants where id = '${stack.assistantId}'`,
  )
  const servers = {
    ordersUrl: 'http://127.0.0.1:9/',
    partsUrl: 'http://127.0.0.1:9/mcp',
    toolSecret: 'whsec_x',
    mcpToken: 'x',
  }
  const { assistantId, encryptionKeys, dbUrl } = stack
  await setUpDemoTools(dbUrl, { ownerId, assistantId, encryptionKeys, servers, isMockModel: false })
  expect(before?.endpoint).toBe(stack.toolServers!.ordersUrl)
  const rows = await query(
    dbUrl,
    `select name, risk, endpoint, is_active from loacl.assistant_tools where name in ('cancel_order', 'web_search') order by name`,
  )
  expect(rows).toEqual([
    { name: 'cancel_order', risk: 'low', endpoint: servers.ordersUrl, is_active: true },
    { name: 'web_search', risk: 'read_only', endpoint: null, is_active: false },
  ])
})

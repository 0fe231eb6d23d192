import { createKeyRing, sealNew, type KeyRing } from '@loacl/sealing'
import { PARTS_TOOLS } from '@loacl/tool-servers'
import postgres from 'postgres'
import type { DemoServers } from './demo_servers.ts'

type Words = Readonly<Record<'en' | 'de', { title: string; sentence: string }>>

interface DemoTool {
  name: string
  kind: 'server' | 'page' | 'mcp' | 'hosted'
  description: string
  parameters: object
  risk: 'read_only' | 'low' | 'high'
  words: Words
  visitor_sees?: 'title' | 'arguments' | 'result'
  identified_only?: boolean
  remote_name?: string
  hosted_type?: string
  cost_usd?: number
}

const [FIND_PARTS, RESERVE_PART] = PARTS_TOOLS
const LAMPS = ['Fjord', 'Skerry', 'Aurora']
const ORDER = {
  type: 'object',
  properties: {
    number: { type: 'string', description: 'Such as NL-20417.' },
    postcode: { type: 'string', description: 'Of the address that the order goes to. Ask for it.' },
  },
  required: ['number', 'postcode'],
}

/** One of each kind, and more of those that ask. */
const TOOLS: readonly DemoTool[] = [
  {
    name: 'look_up_order',
    kind: 'server',
    description: 'Looks up an order by its number and the postcode that it goes to.',
    parameters: ORDER,
    risk: 'read_only',
    visitor_sees: 'arguments',
    words: {
      en: { title: 'Look up an order', sentence: 'The number and the postcode are sent to our shop.' },
      de: { title: 'Bestellung nachsehen', sentence: 'Nummer und Postleitzahl gehen an unseren Shop.' },
    },
  },
  {
    name: 'list_orders',
    kind: 'server',
    description: 'Lists the orders of the visitor.',
    parameters: { type: 'object', properties: {} },
    risk: 'read_only',
    identified_only: true,
    words: {
      en: { title: 'List your orders', sentence: 'Our shop is asked for your orders.' },
      de: { title: 'Ihre Bestellungen', sentence: 'Unser Shop wird nach Ihren Bestellungen gefragt.' },
    },
  },
  {
    name: 'cancel_order',
    kind: 'server',
    description: 'Cancels an order that has not been sent yet.',
    parameters: ORDER,
    risk: 'high',
    visitor_sees: 'arguments',
    words: {
      en: { title: 'Cancel an order', sentence: 'Your order is cancelled. This can’t be undone.' },
      de: {
        title: 'Bestellung stornieren',
        sentence: 'Ihre Bestellung wird storniert. Das lässt sich nicht zurücknehmen.',
      },
    },
  },
  {
    name: 'show_lamp',
    kind: 'page',
    description: 'Shows a lamp on the page that the visitor has open.',
    parameters: { type: 'object', properties: { name: { type: 'string', enum: LAMPS } }, required: ['name'] },
    risk: 'read_only',
    words: {
      en: { title: 'Show a lamp', sentence: 'The page shows you the lamp.' },
      de: { title: 'Lampe zeigen', sentence: 'Die Seite zeigt Ihnen die Lampe.' },
    },
  },
  {
    name: 'parts_find_parts',
    kind: 'mcp',
    remote_name: FIND_PARTS.name,
    description: FIND_PARTS.description,
    parameters: FIND_PARTS.parameters,
    risk: 'read_only',
    visitor_sees: 'result',
    words: {
      en: { title: 'Find spare parts', sentence: 'The name of the lamp is sent to our store of parts.' },
      de: { title: 'Ersatzteile suchen', sentence: 'Der Name der Lampe geht an unser Ersatzteillager.' },
    },
  },
  {
    name: 'parts_reserve_part',
    kind: 'mcp',
    remote_name: RESERVE_PART.name,
    description: RESERVE_PART.description,
    parameters: RESERVE_PART.parameters,
    risk: 'low',
    visitor_sees: 'arguments',
    words: {
      en: { title: 'Reserve a part', sentence: 'The part is put aside for you for three days.' },
      de: { title: 'Teil zurücklegen', sentence: 'Das Teil wird drei Tage lang für Sie zurückgelegt.' },
    },
  },
  {
    name: 'web_search',
    kind: 'hosted',
    hosted_type: 'web_search',
    description: '',
    parameters: { type: 'object', properties: {} },
    risk: 'read_only',
    cost_usd: 0.01,
    words: {
      en: { title: 'Search the web', sentence: 'The web is searched.' },
      de: { title: 'Im Web suchen', sentence: 'Das Web wird durchsucht.' },
    },
  },
]

export interface DemoToolSettings {
  ownerId: string
  assistantId: string
  encryptionKeys: string
  servers: Pick<DemoServers, 'ordersUrl' | 'partsUrl' | 'toolSecret' | 'mcpToken'>
  /** Whether the mock model answers: a real provider would take fees for its own tools. */
  isMockModel: boolean
}

/** Gives the demo assistant its tools, or leads those that it has to where their servers are now. Their settings stay. */
export async function setUpDemoTools(dbUrl: string, settings: DemoToolSettings): Promise<void> {
  const sql = postgres(dbUrl, { max: 1, onnotice: () => {} })
  try {
    await sql.begin(async (transaction) => {
      const serverId = await saveMcpServer(transaction, settings)
      await saveSecrets(transaction, serverId, settings)
      await saveTools(transaction, serverId, settings)
      // What only reads runs at once, also the first time: a demo is there to be tried.
      await transaction`
        insert into loacl.auto_approval_settings (assistant_id, read_only_operations, require_approval_for_new_tools)
        values (${settings.assistantId}, true, false) on conflict (assistant_id) do nothing
      `
    })
  } finally {
    await sql.end()
  }
}

type Transaction = postgres.TransactionSql

async function saveMcpServer(sql: Transaction, { assistantId, servers }: DemoToolSettings): Promise<string> {
  const [row] = await sql<{ id: string }[]>`
    insert into loacl.mcp_servers (assistant_id, name, endpoint)
    values (${assistantId}, 'parts', ${servers.partsUrl})
    on conflict (assistant_id, name) do update set endpoint = excluded.endpoint
    returning id
  `
  return row!.id
}

async function saveSecrets(sql: Transaction, serverId: string, settings: DemoToolSettings): Promise<void> {
  const { ownerId, assistantId, servers } = settings
  const ring: KeyRing = createKeyRing(settings.encryptionKeys)
  const toolSecret = { purpose: 'tool_secret', ownerId, provider: assistantId, baseUrl: null }
  const tool = await sealNew(ring, servers.toolSecret, toolSecret)
  await sql`
    select loacl_private.set_tool_secret(
      ${ownerId}, ${assistantId}, ${tool.secretId}, ${tool.keyId}, ${tool.ciphertext}, ${tool.lastFour}
    )
  `
  const mcpSecret = { purpose: 'mcp_secret', ownerId, provider: serverId, baseUrl: servers.partsUrl }
  const mcp = await sealNew(ring, servers.mcpToken, mcpSecret)
  await sql`
    select loacl_private.set_mcp_secret(
      ${ownerId}, ${serverId}, ${servers.partsUrl}, ${mcp.secretId}, ${mcp.keyId}, ${mcp.ciphertext}, ${mcp.lastFour}
    )
  `
}

async function saveTools(sql: Transaction, serverId: string, settings: DemoToolSettings): Promise<void> {
  const { assistantId, servers, isMockModel } = settings
  for (const tool of TOOLS) {
    const { name, kind, risk, description, identified_only = false, visitor_sees = 'title', cost_usd = 0 } = tool
    const { remote_name = null, hosted_type = null } = tool
    await sql`
      insert into loacl.assistant_tools ${sql({
        assistant_id: assistantId,
        name,
        kind,
        risk,
        description,
        identified_only,
        visitor_sees,
        cost_usd,
        remote_name,
        hosted_type,
        endpoint: kind === 'server' ? servers.ordersUrl : null,
        mcp_server_id: kind === 'mcp' ? serverId : null,
        parameters: sql.json(tool.parameters as postgres.JSONValue),
        words: sql.json(tool.words),
        is_active: kind !== 'hosted' || isMockModel,
      })}
      on conflict (assistant_id, name) do update set
        endpoint = excluded.endpoint,
        is_active = assistant_tools.is_active and (assistant_tools.kind <> 'hosted' or excluded.is_active)
    `
  }
}

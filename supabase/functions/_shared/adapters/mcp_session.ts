import type { Egress } from './egress.ts'
import { isSameJson, listOf, objectOf, stringOf, type Json } from './json_values.ts'
import { exchange, type McpAddress } from './mcp_exchange.ts'
import { ToolFailure } from './tool_failure.ts'

/** A tool as a server lists it, in the form in which an owner's declaration keeps it. */
export interface McpTool {
  name: string
  description: string
  parameters: Json
}

/** Whether a server still says of a tool what its owner has taken over. */
export const isDeclared = (listed: McpTool, kept: Pick<McpTool, 'description' | 'parameters'>): boolean =>
  listed.description === kept.description && isSameJson(listed.parameters, kept.parameters)

export interface McpSession {
  listTools(): Promise<readonly McpTool[]>
  /** What a call brought, as the protocol has it. */
  callTool(name: string, args: Json, maxBytes: number): Promise<Json>
  /** Lets the server forget the session, without waiting for that. */
  close(): void
}

/** With sessions, which `initialize` begins; every server of these years speaks one of them. */
const VERSIONS = ['2025-11-25', '2025-06-18', '2025-03-26']
/** Without: each request says all that it needs. */
const VERSION_WITHOUT_SESSIONS = '2026-07-28'

const CLIENT = { name: 'loacl', version: '1.0.0' }
const MAX_GREETING_BYTES = 65_536
const MAX_LIST_BYTES = 1_048_576
const MAX_PAGES = 20
const MAX_TOOLS = 500
/** As the database has it. */
const MAX_DESCRIPTION_LENGTH = 4_000
const GOODBYE_MS = 2_000

/**
 * Begins to speak with an MCP server over Streamable HTTP.
 * @throws ToolFailure, and what the network, its limits and JSON fail with
 */
export async function openMcpSession(egress: Egress, address: McpAddress, signal: AbortSignal): Promise<McpSession> {
  let lastId = 0
  let version = VERSIONS[0]!
  let sessionId: string | null = null

  const headersOf = (method: string, params: Json): Record<string, string> => {
    if (method === 'initialize') return {}
    const headers: Record<string, string> = { 'mcp-protocol-version': version }
    if (sessionId !== null) headers['mcp-session-id'] = sessionId
    if (version !== VERSION_WITHOUT_SESSIONS) return headers
    return { ...headers, 'mcp-method': method, ...(params.name ? { 'mcp-name': String(params.name) } : {}) }
  }
  const send = (method: string, params: Json, maxBytes: number, id?: number) =>
    exchange(
      egress,
      address,
      {
        ...(id === undefined ? {} : { id }),
        method,
        params: version === VERSION_WITHOUT_SESSIONS ? { ...params, _meta: META } : params,
      },
      { headers: headersOf(method, params), maxBytes, signal },
    )
  async function request(method: string, params: Json, maxBytes: number): Promise<Json> {
    const { answer } = await send(method, params, maxBytes, ++lastId)
    if ('error' in answer) throw toRefusal(answer)
    return objectOf(answer.result)
  }

  async function greet(): Promise<void> {
    const params = { protocolVersion: version, capabilities: {}, clientInfo: CLIENT }
    const greeting = await send('initialize', params, MAX_GREETING_BYTES, ++lastId)
    const { data } = objectOf(greeting.answer.error)
    if (listOf(objectOf(data).supported).includes(VERSION_WITHOUT_SESSIONS)) {
      version = VERSION_WITHOUT_SESSIONS
      return
    }
    if ('error' in greeting.answer) throw toRefusal(greeting.answer)
    version = stringOf(objectOf(greeting.answer.result).protocolVersion)
    if (!VERSIONS.includes(version))
      throw new ToolFailure('tool_result_invalid', 'It speaks no known version of the Model Context Protocol.')
    ;({ sessionId } = greeting)
    await send('notifications/initialized', {}, MAX_GREETING_BYTES)
  }

  await greet()
  return {
    async listTools() {
      const tools: McpTool[] = []
      let cursor: unknown
      for (let page = 0; page < MAX_PAGES; page++) {
        const listed = await request('tools/list', cursor === undefined ? {} : { cursor }, MAX_LIST_BYTES)
        if (!Array.isArray(listed.tools)) throw new ToolFailure('tool_result_invalid', 'Its list of tools is none.')
        tools.push(...listed.tools.map(toTool).filter((tool) => tool !== null))
        cursor = listed.nextCursor
        if (tools.length > MAX_TOOLS) break
        if (typeof cursor !== 'string') return tools
      }
      throw new ToolFailure('tool_result_too_large', `It lists more than ${MAX_TOOLS} tools, or without an end.`)
    },
    callTool: (name, args, maxBytes) => request('tools/call', { name, arguments: args }, maxBytes),
    close() {
      if (sessionId === null) return
      const { endpoint, token } = address
      egress
        .fetchWithin({ eventBytes: MAX_GREETING_BYTES, bodyBytes: MAX_GREETING_BYTES })(endpoint, {
          method: 'DELETE',
          headers: {
            ...(token === null ? {} : { authorization: `Bearer ${token}` }),
            ...headersOf('', {}),
          },
          signal: AbortSignal.timeout(GOODBYE_MS),
        })
        .then((response) => response.body?.cancel())
        // A server may not let clients end sessions, and what it says to that changes nothing here.
        .catch(() => null)
    },
  }
}

const META = {
  'io.modelcontextprotocol/protocolVersion': VERSION_WITHOUT_SESSIONS,
  'io.modelcontextprotocol/clientInfo': CLIENT,
  'io.modelcontextprotocol/clientCapabilities': {},
}

/** Its own words are a stranger's: the code is told alone. */
function toRefusal({ error }: Json): ToolFailure {
  const { code } = objectOf(error)
  return new ToolFailure('tool_refused', `It refused with the error ${Number(code)}.`)
}

function toTool(listed: unknown): McpTool | null {
  const { name, description, inputSchema } = objectOf(listed)
  if (typeof name !== 'string' || name === '') return null
  const told = stringOf(description)
    .slice(0, MAX_DESCRIPTION_LENGTH)
    .replace(/[\uD800-\uDBFF]$/, '')
  return { name, description: told || name, parameters: objectOf(inputSchema) }
}

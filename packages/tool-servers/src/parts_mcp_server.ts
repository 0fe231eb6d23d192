import { timingSafeEqual } from 'node:crypto'
import { createMcpHandler, McpServer, WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server'
import { z } from 'zod'
import { PARTS_TOOLS } from './parts_tools.ts'

const PARTS = [
  { number: 'FJ-110', lamp: 'Fjord', name: 'Joint of the arm', priceEur: 18, inStock: 42 },
  { number: 'FJ-140', lamp: 'Fjord', name: 'LED module', priceEur: 29, inStock: 7 },
  { number: 'SK-120', lamp: 'Skerry', name: 'Shade', priceEur: 22, inStock: 15 },
  { number: 'AU-150', lamp: 'Aurora', name: 'Dimmer', priceEur: 34, inStock: 0 },
]

const say = (value: unknown) => ({ content: [{ type: 'text' as const, text: JSON.stringify(value) }] })

/** The shop's store of spare parts, in the official SDK. */
function createPartsServer(): McpServer {
  const server = new McpServer({ name: 'northlight-parts', version: '1.0.0' })
  server.registerTool(
    'find_parts',
    {
      description: PARTS_TOOLS[0].description,
      inputSchema: z.object({ lamp: z.enum(['Fjord', 'Skerry', 'Aurora']) }),
      annotations: { readOnlyHint: true },
    },
    async ({ lamp }) => say({ parts: PARTS.filter((part) => part.lamp === lamp) }),
  )
  server.registerTool(
    'reserve_part',
    {
      description: PARTS_TOOLS[1].description,
      inputSchema: z.object({ number: z.string(), quantity: z.int().min(1).max(5) }),
    },
    async ({ number, quantity }) => {
      const part = PARTS.find((candidate) => candidate.number === number)
      if (!part || part.inStock < quantity) return { ...say('Not in stock.'), isError: true }
      return say({ reserved: number, quantity, untilDays: 3 })
    },
  )
  return server
}

type Handle = (request: Request) => Promise<Response>

/** As servers of 2025 keep clients apart: by a session that `initialize` begins. */
function createSessions(): Handle {
  const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>()
  return async (request) => {
    const known = sessions.get(request.headers.get('mcp-session-id') ?? '')
    if (known) return known.handleRequest(request)
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => crypto.randomUUID(),
      enableJsonResponse: true,
      onsessioninitialized: (id) => void sessions.set(id, transport),
      onsessionclosed: (id) => void sessions.delete(id),
    })
    await createPartsServer().connect(transport)
    return transport.handleRequest(request)
  }
}

/**
 * An MCP server with a bearer secret. It speaks every version of the protocol at `/mcp`, without sessions and in event
 * streams; that of 2025 alone, with sessions and in JSON, at `/session/mcp`; that of 2026 alone at `/modern/mcp`.
 */
export function createPartsMcpServer(token: string): Handle {
  const handles: Readonly<Record<string, Handle>> = {
    '/mcp': createMcpHandler(createPartsServer).fetch,
    '/session/mcp': createSessions(),
    '/modern/mcp': createMcpHandler(createPartsServer, { legacy: 'reject' }).fetch,
  }
  const expected = Buffer.from(`Bearer ${token}`)
  const isAllowed = ({ headers }: Request): boolean => {
    const given = Buffer.from(headers.get('authorization') ?? '')
    return given.length === expected.length && timingSafeEqual(given, expected)
  }
  return async (request) => {
    if (!isAllowed(request))
      return new Response(null, { status: 401, headers: { 'www-authenticate': 'Bearer realm="parts"' } })
    const { pathname } = new URL(request.url)
    const handle = Object.hasOwn(handles, pathname) ? handles[pathname] : undefined
    return handle ? handle(request) : new Response(null, { status: 404 })
  }
}

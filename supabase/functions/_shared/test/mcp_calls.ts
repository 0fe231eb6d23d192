import { createKeyRing, sealNew, type KeyRing } from '@loacl/sealing'
import { createEgress, type Egress } from '../adapters/egress.ts'
import { createMcpToolRunner } from '../adapters/mcp_tool.ts'
import type { StoredSecret } from '../domain/stored_secret.ts'
import type { Call, Tool, ToolContext } from '../domain/tools/tool.ts'

const RING = createKeyRing(JSON.stringify({ current: 'k', keys: { k: Buffer.alloc(32, 3).toString('base64') } }))
const CONTEXT: ToolContext = { assistantId: 'assistant', visitor: { type: 'guest' }, toolSecret: null }

/** As it was when its owner took it over from the MCP server of the tests. */
export const FIND_PARTS = {
  remoteName: 'find_parts',
  description: 'Finds the spare parts of a lamp, with price and stock.',
  // In another order than the server has it, as the database would give it.
  parameters: {
    required: ['lamp'],
    properties: { lamp: { enum: ['Fjord', 'Skerry', 'Aurora'], type: 'string' } },
    type: 'object',
    $schema: 'https://json-schema.org/draft/2020-12/schema',
  },
}

export async function sealMcpSecret(token: string, serverId: string, endpoint: string): Promise<StoredSecret> {
  const context = { purpose: 'mcp_secret', ownerId: 'owner', provider: serverId, baseUrl: endpoint }
  return { ...context, ...(await sealNew(RING, token, context)) }
}

export const createMcpTool = (
  changed: Partial<Omit<Tool, 'endpoint'>> & { endpoint: string; secret: StoredSecret | null },
): Tool => {
  const { endpoint, secret, ...tool } = changed
  return {
    id: 'tool',
    name: 'parts_find_parts',
    kind: 'mcp',
    ...FIND_PARTS,
    endpoint: null,
    server: { id: 'server', name: 'parts', endpoint, secret },
    hostedType: null,
    hostedOptions: null,
    timeoutMs: 10_000,
    maxResultBytes: 65_536,
    isIdempotent: false,
    costUsd: 0,
    approvalSeconds: 86_400,
    visitorSees: 'title',
    words: {},
    digest: 'd',
    ...tool,
  }
}

const createCall = (args: Call['arguments']): Call => ({
  id: 'execution',
  callId: 'call',
  toolId: 'tool',
  name: 'parts_find_parts',
  kind: 'mcp',
  arguments: args,
  argumentsDigest: 'd',
  status: 'executing',
  result: null,
  errorCode: null,
  errorMessage: null,
  expiresAt: null,
  idempotencyKey: 'execution',
  approvedBy: 'settings',
})

export const egressTo = (...privateHosts: string[]): Egress => createEgress({ privateHosts, fetch })

/** Runs a call as a turn does. */
export function runMcpCall(
  egress: Egress,
  tool: Tool,
  args: Call['arguments'] = { lamp: 'Fjord' },
  { signal = new AbortController().signal, keyRing = RING }: { signal?: AbortSignal; keyRing?: KeyRing } = {},
) {
  return createMcpToolRunner({ egress, keyRing }).run(tool, createCall(args), CONTEXT, signal)
}

import { createKeyRing, sealNew, type KeyRing } from '@loacl/sealing'
import { PARTS_TOOLS } from '@loacl/tool-servers'
import { createEgress, type Egress } from '../adapters/egress.ts'
import { createMcpToolRunner } from '../adapters/mcp_tool.ts'
import type { StoredSecret } from '../domain/stored_secret.ts'
import type { Call, Tool, ToolContext } from '../domain/tools/tool.ts'

const RING = createKeyRing(JSON.stringify({ current: 'k', keys: { k: Buffer.alloc(32, 3).toString('base64') } }))
const CONTEXT: ToolContext = { assistantId: 'assistant', visitor: { type: 'guest' }, toolSecret: null }

const [FIND_PARTS] = PARTS_TOOLS

/** In another order than the server has it, as the database gives it. */
const backwards = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(
        Object.entries(value)
          .toReversed()
          .map(([name, member]) => [name, backwards(member)]),
      )
    : value

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
    remoteName: FIND_PARTS.name,
    description: FIND_PARTS.description,
    parameters: backwards(FIND_PARTS.parameters) as Tool['parameters'],
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

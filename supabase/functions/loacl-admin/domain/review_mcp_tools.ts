import { KeyRingError, type KeyRing } from '@loacl/sealing'
import type { McpToolAcceptance, McpToolChange, McpToolReview } from '@loacl/wire'
import { CodedError } from '../../_shared/domain/coded_error.ts'
import { openMcpSecret } from '../../_shared/domain/stored_secret.ts'
import { invalid, toRecord } from './body.ts'
import { findMcpServer, type McpDeps } from './mcp_secrets.ts'
import { nameRemoteTool } from './mcp_tool_names.ts'
import type { KeptMcpServer, KeptMcpTool, McpServers, Operator, RemoteTool } from './ports.ts'

/**
 * Asks a server for its tools. Those that are new are kept, switched off; of those that are there, what has changed is told, and
 * taken over where the owner accepts just that change.
 *
 * @throws CodedError `not_found`, `invalid_body`
 */
export async function reviewMcpTools(
  operator: Operator,
  id: string,
  body: unknown,
  { store, mcpServers, keyRing }: McpDeps,
): Promise<McpToolReview> {
  const accepted = toAcceptances(toRecord(body).accept ?? [])
  const server = await findMcpServer(operator, id, store)
  const listed = await listTools(server, mcpServers, keyRing)
  if ('code' in listed) return { ok: false, ...listed }

  const kept = await store.listMcpTools(operator, server.id)
  const review: Extract<McpToolReview, { ok: true }> = {
    ok: true,
    new: [],
    changed: [],
    accepted: [],
    gone: [],
    refused: [],
  }
  for (const tool of listed.tools) {
    const known = kept.find(({ remoteName }) => remoteName === tool.name)
    if (!known) await add(tool)
    else if (!mcpServers.isSame(tool, known)) await compare(tool, known)
  }
  const names = new Set(listed.tools.map(({ name }) => name))
  review.gone.push(...kept.filter(({ remoteName }) => !names.has(remoteName)).map(({ name }) => name))
  return review

  async function add(tool: RemoteTool): Promise<void> {
    const name = nameRemoteTool(server.name, tool.name)
    const isAdded = await attempt(tool, () =>
      store.addMcpTool(operator, server, { ...tool, name, remoteName: tool.name }),
    )
    if (isAdded) review.new.push(name)
  }
  async function compare(tool: RemoteTool, known: KeptMcpTool): Promise<void> {
    const change: McpToolChange = {
      name: known.name,
      was: { description: known.description, parameters: known.parameters },
      is: { description: tool.description, parameters: tool.parameters },
      digest: await digestOf(tool),
    }
    const isAccepted = accepted.some(({ name, digest }) => name === change.name && digest === change.digest)
    if (!isAccepted) return void review.changed.push(change)
    if (await attempt(tool, () => store.changeMcpTool(operator, known.id, tool))) review.accepted.push(known.name)
  }
  /** One that the database does not take leaves the others alone. */
  async function attempt(tool: RemoteTool, save: () => Promise<void>): Promise<boolean> {
    try {
      await save()
      return true
    } catch (error) {
      if (!(error instanceof CodedError) || !['invalid_body', 'tool_schema_invalid'].includes(error.code)) throw error
      review.refused.push({ remoteName: tool.name, code: error.code, message: error.message })
      return false
    }
  }
}

async function listTools(server: KeptMcpServer, mcpServers: McpServers, keyRing: KeyRing) {
  const { endpoint, secret } = server
  try {
    const token = secret && (await openMcpSecret(keyRing, secret, server))
    return await mcpServers.listTools({ endpoint, token })
  } catch (error) {
    if (!(error instanceof KeyRingError)) throw error
    const message = 'Its token can’t be opened: it, or the endpoint that it is for, was changed. Set it again.'
    return { code: 'tool_unreachable' as const, message }
  }
}

const isAcceptance = (entry: unknown): entry is McpToolAcceptance => {
  const { name, digest } = (entry ?? {}) as Partial<Record<string, unknown>>
  return typeof name === 'string' && typeof digest === 'string'
}

function toAcceptances(value: unknown): readonly McpToolAcceptance[] {
  if (!Array.isArray(value) || !value.every(isAcceptance))
    throw invalid('"accept" must be a list of {"name", "digest"}, each as "changed" had it.')
  return value
}

/** Of what a server says of a tool, by which an owner accepts that and nothing that has come since. */
async function digestOf({ description, parameters }: RemoteTool): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify([description, parameters]))
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

import { KeyRingError, sealNew, type KeyRing } from '@loacl/sealing'
import { UUID, type McpSecretState, type SavedMcpSecret } from '@loacl/wire'
import { CodedError } from '../../_shared/domain/coded_error.ts'
import { openMcpSecret } from '../../_shared/domain/stored_secret.ts'
import { invalid, toRecord } from './body.ts'
import type { AdminStore, KeptMcpServer, McpServers, Operator } from './ports.ts'

export interface McpDeps {
  store: AdminStore
  mcpServers: McpServers
  keyRing: KeyRing
}

/** What a header may carry. */
const TOKEN = /^[\x21-\x7e]{1,4000}$/

/** @throws CodedError `not_found` */
export async function findMcpServer({ userId }: Operator, id: string, store: AdminStore): Promise<KeptMcpServer> {
  const server = UUID.test(id) ? await store.readMcpServer(userId, id.toLowerCase()) : null
  if (!server) throw new CodedError('not_found', 'There is no such MCP server.')
  return server
}

/**
 * Keeps the bearer token that an MCP server is called with, sealed for the address that the server has now.
 * @throws CodedError `not_found`, `invalid_body`
 */
export async function setMcpSecret(
  operator: Operator,
  id: string,
  body: unknown,
  { store, mcpServers, keyRing }: McpDeps,
): Promise<SavedMcpSecret> {
  const { token } = toRecord(body)
  if (typeof token !== 'string' || !TOKEN.test(token))
    throw invalid('"token" must be the token alone, without spaces or line breaks.')
  const server = await findMcpServer(operator, id, store)
  try {
    mcpServers.checkAddress(server.endpoint)
  } catch (cause) {
    throw new CodedError(
      'invalid_body',
      'The server’s endpoint must be HTTPS on a public host, or one that the project lists.',
      { cause },
    )
  }
  const context = {
    purpose: 'mcp_secret',
    ownerId: operator.userId,
    provider: server.id,
    baseUrl: server.endpoint,
  }
  const sealed = await sealNew(keyRing, token, context)
  await store.setMcpSecret(operator.userId, server, sealed)
  return { endpoint: server.endpoint, lastFour: sealed.lastFour }
}

/** @throws CodedError `not_found` */
export async function describeMcpSecret(
  operator: Operator,
  id: string,
  { store, keyRing }: McpDeps,
): Promise<McpSecretState> {
  const server = await findMcpServer(operator, id, store)
  const { endpoint, secret, lastFour, createdAt } = server
  const isUsable =
    secret !== null &&
    (await openMcpSecret(keyRing, secret, server).then(
      () => true,
      (error: unknown) => {
        if (error instanceof KeyRingError) return false
        throw error
      },
    ))
  return { isSet: secret !== null, isUsable, endpoint, lastFour, createdAt }
}

/** @throws CodedError `not_found` where there is none */
export async function removeMcpSecret(operator: Operator, id: string, { store }: McpDeps): Promise<void> {
  const server = await findMcpServer(operator, id, store)
  if (!(await store.removeMcpSecret(operator.userId, server.id)))
    throw new CodedError('not_found', 'This MCP server has no secret.')
}

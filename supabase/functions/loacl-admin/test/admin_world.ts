import { createKeyRing } from '@loacl/sealing'
import { ADMIN_FUNCTION, FUNCTIONS_PATH } from '@loacl/wire'
import { turnError } from '../../_shared/domain/turn_errors.ts'
import type { ModelAccount } from '../../_shared/domain/model.ts'
import { isDeclared } from '../../_shared/adapters/mcp_session.ts'
import type { RemoteTool } from '../domain/ports.ts'
import { createHandler } from '../handler.ts'
import { MemoryAdminStore } from './memory_admin_store.ts'

const PUBLISHABLE_KEY = 'sb_publishable_test'
export const SECRET_KEY = 'sb_secret_test'

const keys = { old: Buffer.alloc(32, 1).toString('base64'), new: Buffer.alloc(32, 2).toString('base64') }
export const ringOf = (current: 'old' | 'new', ids: readonly ('old' | 'new')[] = ['old', 'new']) =>
  createKeyRing(JSON.stringify({ current, keys: Object.fromEntries(ids.map((id) => [id, keys[id]])) }))

/** The function's handler over memory: an operator `owner`, an admin `chief`, and `visitor` and `guest` who are neither. */
export function createAdminWorld({ keyRing = ringOf('new'), isLate = false } = {}) {
  const store = new MemoryAdminStore()
  const reported: unknown[] = []
  const ids = {
    owner: crypto.randomUUID(),
    chief: crypto.randomUUID(),
    visitor: crypto.randomUUID(),
    guest: crypto.randomUUID(),
  }
  store.operators.set(ids.owner, 'operator').set(ids.chief, 'admin').set(ids.guest, 'operator')
  const assistantId = crypto.randomUUID()
  store.assistants.set(assistantId, ids.owner)
  const serverId = crypto.randomUUID()
  const endpoint = 'https://parts.example/mcp'
  store.mcpServers.set(serverId, { id: serverId, assistantId, name: 'parts', endpoint })

  /** What reached the provider and Storage, and what the next of it throws. */
  const outside = {
    asked: [] as { account: ModelAccount; model: string }[],
    deleted: [] as string[],
    fault: null as Error | null,
    /** What the MCP server says of its tools, and how it was asked. */
    listed: [] as RemoteTool[],
    mcpAsked: [] as { endpoint: string; token: string | null }[],
  }
  const reach = async (reference: string): Promise<void> => {
    const { fault } = outside
    outside.fault = null
    if (fault) throw fault
    outside.deleted.push(reference)
  }

  const handle = createHandler({
    store,
    keyRing,
    accounts: {
      find: async (accessToken) => {
        const name = accessToken as keyof typeof ids
        return Object.hasOwn(ids, name) ? { userId: ids[name], isAnonymous: name === 'guest' } : null
      },
    },
    provider: {
      checkAddress: (baseUrl) => {
        if (!baseUrl.startsWith('https://')) throw turnError('provider_key_unusable')
      },
      ask: async (account, model) => {
        const { fault } = outside
        outside.fault = null
        if (fault) throw fault
        outside.asked.push({ account, model })
      },
      deleteFile: (account, id) => reach(`file ${id} with ${account.apiKey}`),
      deleteVectorStore: (account, id) => reach(`store ${id} with ${account.apiKey}`),
    },
    mcpServers: {
      checkAddress: (address) => {
        if (!address.startsWith('https://')) throw turnError('provider_key_unusable')
      },
      isSame: isDeclared,
      listTools: async (address) => {
        outside.mcpAsked.push(address)
        return { tools: outside.listed }
      },
    },
    storage: {
      remove: (path) => reach(`object ${path}`),
      createLink: async (path, downloadName) => ({
        url: `storage/v1/object/sign/loacl/${path}${downloadName === null ? '' : `?download=${downloadName}`}`,
        expiresAt: '2026-11-22T08:00:00.000Z',
      }),
    },
    apiKeys: [PUBLISHABLE_KEY, SECRET_KEY],
    secretKeys: [SECRET_KEY],
    maxWorkMs: isLate ? -1 : 60_000,
    report: (error) => void reported.push(error),
  })

  async function call(
    method: string,
    path: string,
    as: string | null,
    body?: unknown,
    key: string | null = PUBLISHABLE_KEY,
  ) {
    const headers = new Headers({ origin: 'https://console.example' })
    if (key !== null) headers.set('apikey', key)
    if (as !== null) headers.set('authorization', `Bearer ${as}`)
    const text = body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body)
    const response = await handle(
      new Request(`https://project.example/${FUNCTIONS_PATH}${ADMIN_FUNCTION}${path}`, { method, headers, body: text }),
    )
    const answer = await response.text()
    // oxlint-disable-next-line typescript/no-explicit-any -- whatever the function says; each test reads what it expects
    const json: any = answer ? JSON.parse(answer) : null
    return { status: response.status, headers: response.headers, text: answer, body: json }
  }

  return { store, ids, assistantId, serverId, outside, reported, call }
}

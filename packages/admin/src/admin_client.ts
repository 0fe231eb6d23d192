import type {
  AssistantModel,
  FileLink,
  FileLinkRequest,
  KeyRotation,
  Maintenance,
  McpSecretState,
  McpToolReview,
  NewAssistantSecret,
  ProviderConfig,
  ProviderConfigList,
  ProviderKeyTest,
  ReviewMcpToolsRequest,
  SavedMcpSecret,
  SavedProviderKey,
  SecretState,
  SetMcpSecretRequest,
  SetProviderKeyRequest,
  TestProviderKeyRequest,
  VisitorErasure,
} from '@loacl/wire'
import type { AdminClientOptions } from './options.ts'
import { createSend } from './send.ts'

export interface CallOptions {
  signal?: AbortSignal
}

/** What an owner does through the function `loacl-admin`. Every method rejects with an `AdminError`. */
export interface AdminClient {
  /** Keys of model providers. They are sealed; none ever comes back out. */
  readonly providerKeys: {
    /**
     * Your keys, the one that turns use first.
     * @example
     * const [inUse] = await admin.providerKeys.list()
     * console.log(inUse?.keyLastFour)
     */
    list(options?: CallOptions): Promise<readonly ProviderConfig[]>
    /**
     * Keeps a key as the one that your next turns use, or with `isDefault: false` for assistants that name it. One is kept
     * for each `baseUrl` and wire format: a second replaces the first.
     * @throws AdminError `invalid_body` for what is no key, or an address that may not be called
     * @example
     * await admin.providerKeys.set({ apiKey: 'sk-…' })
     */
    set(request: SetProviderKeyRequest, options?: CallOptions): Promise<SavedProviderKey>
    /**
     * Makes one cheap call with a stored key. A key that fails is a result, not an error: `ok` is `false`.
     * @throws AdminError `not_found` where there is no such key
     * @example
     * const { ok, message } = await admin.providerKeys.test()
     */
    test(request?: TestProviderKeyRequest & CallOptions): Promise<ProviderKeyTest>
    /**
     * Removes a key. Without `id`, the only one.
     * @throws AdminError `not_found`; `invalid_body` where there are several and none was named, or an assistant names it
     * @example
     * await admin.providerKeys.remove({ id: config.id })
     */
    remove(request?: { id?: string } & CallOptions): Promise<void>
  }

  /** Whom an assistant asks, and how: its provider, fallback, models and their parameters. */
  readonly assistantModels: {
    /**
     * @throws AdminError `assistant_not_found`
     * @example
     * const { model, fallback } = await admin.assistantModels.get(assistantId)
     */
    get(assistantId: string, options?: CallOptions): Promise<AssistantModel>
    /**
     * Changes what is named, from the next message on, and gives all of it. What a model refuses of the temperature and the
     * effort is left out.
     * @throws AdminError `assistant_not_found`; `invalid_body` for what can't be, such as a key that is not yours
     * @example
     * const { id } = await admin.providerKeys.set({ apiKey, provider: 'openai-chat', baseUrl, isDefault: false })
     * await admin.assistantModels.update(assistantId, { fallback: { providerConfigId: id, model: 'gpt-oss:20b' } })
     */
    update(assistantId: string, change: Partial<AssistantModel> & CallOptions): Promise<AssistantModel>
  }

  /** The secret with which your server signs the identity tokens of one assistant's visitors. */
  readonly identitySecrets: {
    /**
     * @throws AdminError `assistant_not_found`
     * @example
     * const { isSet } = await admin.identitySecrets.describe(assistantId)
     */
    describe(assistantId: string, options?: CallOptions): Promise<SecretState>
    /**
     * Makes one in place of the one that there is: tokens signed with that are refused from then on. It is shown this once.
     * @throws AdminError `assistant_not_found`
     * @example
     * const { secret } = await admin.identitySecrets.create(assistantId)
     */
    create(assistantId: string, options?: CallOptions): Promise<NewAssistantSecret>
    /**
     * @throws AdminError `not_found` where there is none
     * @example
     * await admin.identitySecrets.remove(assistantId)
     */
    remove(assistantId: string, options?: CallOptions): Promise<void>
  }

  /** The secret with which calls of one assistant's tool endpoints are signed: docs/tools.md. */
  readonly toolSecrets: {
    /**
     * @throws AdminError `assistant_not_found`
     * @example
     * const { isSet } = await admin.toolSecrets.describe(assistantId)
     */
    describe(assistantId: string, options?: CallOptions): Promise<SecretState>
    /**
     * Makes one in place of the one that there is: calls are signed with it from the next turn on. It is shown this once.
     * @throws AdminError `assistant_not_found`
     * @example
     * const { secret } = await admin.toolSecrets.create(assistantId) // 'whsec_…'
     */
    create(assistantId: string, options?: CallOptions): Promise<NewAssistantSecret>
    /**
     * Calls of its endpoints fail from then on.
     * @throws AdminError `not_found` where there is none
     * @example
     * await admin.toolSecrets.remove(assistantId)
     */
    remove(assistantId: string, options?: CallOptions): Promise<void>
  }

  /** Remote MCP servers, which are rows of `loacl.mcp_servers`: their tokens and their tools. */
  readonly mcpServers: {
    /**
     * @throws AdminError `not_found`
     * @example
     * const { isUsable } = await admin.mcpServers.describeSecret(serverId)
     */
    describeSecret(serverId: string, options?: CallOptions): Promise<McpSecretState>
    /**
     * Keeps the bearer token that the server is called with, for the endpoint that it has now.
     * @throws AdminError `not_found`; `invalid_body` for what is no token, or an endpoint that may not be called
     * @example
     * await admin.mcpServers.setSecret(serverId, { token: '…' })
     */
    setSecret(serverId: string, request: SetMcpSecretRequest & CallOptions): Promise<SavedMcpSecret>
    /**
     * @throws AdminError `not_found` where there is none
     * @example
     * await admin.mcpServers.removeSecret(serverId)
     */
    removeSecret(serverId: string, options?: CallOptions): Promise<void>
    /**
     * Asks the server for its tools: adds those that are new, switched off, and tells what has changed. A server that can't be
     * asked is a result, not an error: `ok` is `false`.
     * @throws AdminError `not_found`
     * @example
     * const review = await admin.mcpServers.reviewTools(serverId)
     * if (review.ok) await admin.mcpServers.reviewTools(serverId, { accept: review.changed })
     */
    reviewTools(serverId: string, request?: ReviewMcpToolsRequest & CallOptions): Promise<McpToolReview>
  }

  /**
   * Puts secrets under the key ring's current key: your own, or everybody's for an operator with the role `admin`. Repeat
   * it until `isDone`.
   * @example
   * let rotation = await admin.rotateKeys()
   * while (!rotation.isDone) rotation = await admin.rotateKeys()
   */
  rotateKeys(options?: CallOptions): Promise<KeyRotation>

  /**
   * Erases the person behind a session of one of your assistants, with all their sessions there, at once and for good.
   * @param sessionId as in `loacl.sessions`
   * @throws AdminError `not_found`
   * @example
   * const { threads, messages } = await admin.eraseVisitor(sessionId)
   */
  eraseVisitor(sessionId: string, options?: CallOptions): Promise<VisitorErasure>

  /** What visitors of your assistants have attached. `loacl.files` lists them. */
  readonly files: {
    /**
     * Where a file can be opened, or with `download` saved, for a minute: an address of the project's.
     * @throws AdminError `file_not_found`
     * @example
     * const { url } = await admin.files.link(fileId)
     * window.open(new URL(url, projectUrl))
     */
    link(fileId: string, request?: FileLinkRequest & CallOptions): Promise<FileLink>
    /**
     * Deletes a file, sent or not: its bytes are queued for deletion, and the message keeps its name.
     * @throws AdminError `file_not_found`
     * @example
     * await admin.files.remove(fileId)
     */
    remove(fileId: string, options?: CallOptions): Promise<void>
  }

  /**
   * Purges what has run out, and deletes what is queued in Storage and at providers. For a scheduler too, with a secret key.
   * @example
   * const { failed, isDone } = await createAdminClient({ url, key: secretKey }).drain()
   */
  drain(options?: CallOptions): Promise<Maintenance>
}

/**
 * A client for an operator of the project: through the page's own supabase-js client, or with an access token.
 * @throws AdminError `options_invalid`
 * @example
 * const admin = createAdminClient({ supabase })
 * await admin.providerKeys.set({ apiKey: 'sk-…' })
 */
export function createAdminClient(options: AdminClientOptions): AdminClient {
  const send = createSend(options)
  const secretsAt = (name: string): AdminClient['identitySecrets'] => {
    const pathOf = (assistantId: string) => `/assistants/${encodeURIComponent(assistantId)}/${name}`
    return {
      describe: (assistantId, { signal } = {}) => send('GET', pathOf(assistantId), undefined, signal),
      create: (assistantId, { signal } = {}) => send('PUT', pathOf(assistantId), undefined, signal),
      remove: (assistantId, { signal } = {}) => send('DELETE', pathOf(assistantId), undefined, signal),
    }
  }
  return {
    providerKeys: {
      list: async ({ signal } = {}) =>
        (await send<ProviderConfigList>('GET', '/provider-key', undefined, signal)).items,
      set: (request, { signal } = {}) => send('PUT', '/provider-key', request, signal),
      test: ({ signal, ...request } = {}) => send('POST', '/provider-key/test', request, signal),
      remove: ({ id, signal } = {}) =>
        send('DELETE', `/provider-key${id === undefined ? '' : `?id=${encodeURIComponent(id)}`}`, undefined, signal),
    },
    assistantModels: {
      get: (assistantId, { signal } = {}) => send('GET', modelOf(assistantId), undefined, signal),
      update: (assistantId, { signal, ...change }) => send('PATCH', modelOf(assistantId), change, signal),
    },
    identitySecrets: secretsAt('identity-secret'),
    toolSecrets: secretsAt('tool-secret'),
    mcpServers: {
      describeSecret: (serverId, { signal } = {}) => send('GET', `${mcpServer(serverId)}/secret`, undefined, signal),
      setSecret: (serverId, { signal, ...request }) => send('PUT', `${mcpServer(serverId)}/secret`, request, signal),
      removeSecret: (serverId, { signal } = {}) => send('DELETE', `${mcpServer(serverId)}/secret`, undefined, signal),
      reviewTools: (serverId, { signal, accept = [] } = {}) =>
        send(
          'POST',
          `${mcpServer(serverId)}/tools`,
          // No more of a change than its digest is sent back.
          { accept: accept.map(({ name, digest }) => ({ name, digest })) },
          signal,
        ),
    },
    rotateKeys: ({ signal } = {}) => send('POST', '/keys/rotate', undefined, signal),
    eraseVisitor: (sessionId, { signal } = {}) =>
      send('POST', `/sessions/${encodeURIComponent(sessionId)}/erase`, undefined, signal),
    files: {
      link: (fileId, { signal, ...request } = {}) => send('POST', `${fileOf(fileId)}/link`, request, signal),
      remove: (fileId, { signal } = {}) => send('DELETE', fileOf(fileId), undefined, signal),
    },
    drain: ({ signal } = {}) => send('POST', '/maintenance/drain', undefined, signal),
  }
}

const modelOf = (assistantId: string): string => `/assistants/${encodeURIComponent(assistantId)}/model`
const mcpServer = (serverId: string): string => `/mcp-servers/${encodeURIComponent(serverId)}`
const fileOf = (fileId: string): string => `/files/${encodeURIComponent(fileId)}`

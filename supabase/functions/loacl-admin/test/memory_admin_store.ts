import type { NewSecret } from '@loacl/sealing'
import type { AssistantModel, ProviderConfig, StreamPart, WireFormat } from '@loacl/wire'
import { CodedError } from '../../_shared/domain/coded_error.ts'
import type { StoredSecret } from '../../_shared/domain/stored_secret.ts'
import type { AssistantSecret } from '../domain/assistant_secrets.ts'
import type { AdminStore, Deletion, KeptMcpServer, KeptMcpTool, Operator, RemoteTool } from '../domain/ports.ts'

interface Config extends ProviderConfig {
  ownerId: string
  secretId: string
}

/** The database as far as the function's own tests need it. */
export class MemoryAdminStore implements AdminStore {
  /** Of every assistant here. */
  readonly assistantModel: AssistantModel = {
    model: 'gpt-6-luna',
    providerConfigId: null,
    fallback: null,
    followUpModel: null,
    temperature: null,
    reasoningEffort: null,
    maxOutputTokens: 4_096,
    showReasoning: false,
  }
  readonly operators = new Map<string, Operator['role']>()
  readonly configs: Config[] = []
  readonly secrets = new Map<string, StoredSecret>()
  readonly assistants = new Map<string, string>()
  readonly mcpServers = new Map<string, Pick<KeptMcpServer, 'id' | 'assistantId' | 'name' | 'endpoint'>>()
  readonly mcpTools: (KeptMcpTool & { serverId: string; isActive: boolean })[] = []
  readonly queue: Deletion[] = []
  readonly failed: { id: string; error: string }[] = []
  readonly erased: string[] = []
  cleanUps = 0
  cleanUpsNeeded = 1
  readonly unfolded: { turnId: string; parts: readonly StreamPart[] }[] = []
  readonly folded: { turnId: string; content: string }[] = []
  /** Every call that changes or opens something. */
  touched = 0

  async getOperatorRole(userId: string) {
    return this.operators.get(userId) ?? null
  }

  async listProviderConfigs({ userId }: Operator) {
    return this.configs
      .filter(({ ownerId }) => ownerId === userId)
      .map(({ id, provider, baseUrl, keyLastFour, isActive, isDefault, createdAt, updatedAt }) => ({
        id,
        provider,
        baseUrl,
        keyLastFour,
        isActive,
        isDefault,
        createdAt,
        updatedAt,
      }))
  }

  async setProviderKey(
    ownerId: string,
    provider: WireFormat,
    baseUrl: string | null,
    secret: NewSecret,
    isDefault: boolean,
  ) {
    this.touched++
    const found = this.configs.findIndex(
      (config) => config.ownerId === ownerId && config.provider === provider && config.baseUrl === baseUrl,
    )
    const [old] = found < 0 ? [] : this.configs.splice(found, 1)
    if (old) this.secrets.delete(old.secretId)
    this.#keep(ownerId, 'provider_key', provider, baseUrl, secret)
    const at = new Date().toISOString()
    const id = old?.id ?? crypto.randomUUID()
    this.configs.push({
      id,
      ownerId,
      secretId: secret.secretId,
      provider,
      baseUrl,
      keyLastFour: secret.lastFour,
      isActive: true,
      isDefault,
      createdAt: at,
      updatedAt: at,
    })
    return id
  }

  async removeProviderKey(ownerId: string, configId: string) {
    this.touched++
    const found = this.configs.findIndex((config) => config.ownerId === ownerId && config.id === configId)
    if (found < 0) return false
    const [removed] = this.configs.splice(found, 1)
    return this.secrets.delete(removed!.secretId)
  }

  async readProviderKey(ownerId: string, configId: string | null) {
    this.touched++
    const config = this.configs.findLast(
      (candidate) => candidate.ownerId === ownerId && (configId === null || candidate.id === configId),
    )
    if (!config) return null
    const { id, provider } = config
    return { secret: { ...this.secrets.get(config.secretId)!, configId: id, provider }, model: 'gpt-6-luna' }
  }

  async readAssistantModel({ userId }: Operator, assistantId: string) {
    return this.assistants.get(assistantId) === userId ? this.assistantModel : null
  }

  async updateAssistantModel({ userId }: Operator, assistantId: string, change: Partial<AssistantModel>) {
    if (this.assistants.get(assistantId) === userId) Object.assign(this.assistantModel, change)
  }

  async setAssistantSecret(kind: AssistantSecret, ownerId: string, assistantId: string, secret: NewSecret) {
    this.touched++
    if (this.assistants.get(assistantId) !== ownerId) throw new CodedError('assistant_not_found', 'Not there.')
    await this.removeAssistantSecret(kind, ownerId, assistantId)
    this.#keep(ownerId, `${kind}_secret`, assistantId, null, secret)
  }

  async removeAssistantSecret(kind: AssistantSecret, ownerId: string, assistantId: string) {
    this.touched++
    const secret = this.#secretOf(`${kind}_secret`, ownerId, assistantId)
    return secret ? this.secrets.delete(secret.secretId) : false
  }

  async describeAssistantSecret(kind: AssistantSecret, ownerId: string, assistantId: string) {
    if (this.assistants.get(assistantId) !== ownerId) return null
    const secret = this.#secretOf(`${kind}_secret`, ownerId, assistantId)
    return { isSet: secret !== undefined, lastFour: null, createdAt: null }
  }

  async readMcpServer(ownerId: string, serverId: string): Promise<KeptMcpServer | null> {
    const server = this.mcpServers.get(serverId)
    if (!server || this.assistants.get(server.assistantId) !== ownerId) return null
    const secret = this.#secretOf('mcp_secret', ownerId, serverId) ?? null
    // As the database gives it: bound to the endpoint that the server has now.
    const bound = secret && { ...secret, baseUrl: server.endpoint }
    return { ...server, secret: bound, lastFour: null, createdAt: null }
  }

  async setMcpSecret(ownerId: string, { id, endpoint }: KeptMcpServer, secret: NewSecret) {
    this.touched++
    await this.removeMcpSecret(ownerId, id)
    this.#keep(ownerId, 'mcp_secret', id, endpoint, secret)
  }

  async removeMcpSecret(ownerId: string, serverId: string) {
    this.touched++
    const secret = this.#secretOf('mcp_secret', ownerId, serverId)
    return secret ? this.secrets.delete(secret.secretId) : false
  }

  async listMcpTools(_: Operator, serverId: string) {
    return this.mcpTools.filter((tool) => tool.serverId === serverId)
  }

  async addMcpTool(_: Operator, { id }: KeptMcpServer, tool: Omit<KeptMcpTool, 'id'>) {
    this.touched++
    const { name, remoteName, description, parameters } = tool
    if (this.mcpTools.some((kept) => kept.name === name)) throw new CodedError('invalid_body', 'There is one.')
    if (parameters.type !== 'object') throw new CodedError('tool_schema_invalid', 'It must be an object.')
    const kept = { id: crypto.randomUUID(), serverId: id, isActive: false, name, remoteName, description, parameters }
    this.mcpTools.push(kept)
  }

  async changeMcpTool(_: Operator, toolId: string, { description, parameters }: Omit<RemoteTool, 'name'>) {
    this.touched++
    Object.assign(
      this.mcpTools.find(({ id }) => id === toolId)!,
      { description, parameters },
    )
  }

  async listSecretsToReseal(keyId: string, ownerId: string | null, afterId: string | null) {
    this.touched++
    return [...this.secrets.values()]
      .filter((secret) => secret.keyId !== keyId && (ownerId === null || secret.ownerId === ownerId))
      .filter(({ secretId }) => afterId === null || secretId > afterId)
      .toSorted((a, b) => (a.secretId < b.secretId ? -1 : 1))
      .slice(0, 2)
  }

  async resealSecret(old: StoredSecret, sealed: { keyId: string; ciphertext: string }) {
    this.touched++
    const found = this.secrets.get(old.secretId)
    if (found?.ciphertext !== old.ciphertext) return false
    this.secrets.set(old.secretId, { ...found, ...sealed })
    return true
  }

  /** Paths by the file's id. */
  readonly files = new Map<string, string>()

  async locateFile(_: Operator, fileId: string) {
    const path = this.files.get(fileId)
    if (path === undefined) throw new CodedError('file_not_found', 'There is no such file.')
    return { path, name: 'me.png' }
  }

  async deleteFile(_: Operator, fileId: string): Promise<void> {
    if (!this.files.delete(fileId)) throw new CodedError('file_not_found', 'There is no such file.')
  }

  async eraseVisitor(_: Operator, sessionId: string) {
    this.touched++
    this.erased.push(sessionId)
    return { sessions: 1, threads: 0, messages: 0, files: 0 }
  }

  async takeDeletions() {
    this.touched++
    return this.queue.splice(0, 2)
  }

  async confirmDeletion() {
    this.touched++
  }

  async failDeletion(id: string, error: string) {
    this.failed.push({ id, error })
  }

  async cleanUp() {
    this.touched++
    return ++this.cleanUps < this.cleanUpsNeeded
  }

  async listUnfoldedTurns() {
    return this.unfolded.splice(0, 1)
  }

  async foldTurn(turnId: string, { content }: { content: string }) {
    this.folded.push({ turnId, content })
  }

  #keep(ownerId: string, purpose: string, provider: string, baseUrl: string | null, secret: NewSecret): void {
    const { secretId, keyId, ciphertext } = secret
    this.secrets.set(secretId, { secretId, keyId, ciphertext, purpose, ownerId, provider, baseUrl })
  }

  #secretOf(purpose: string, ownerId: string, provider: string): StoredSecret | undefined {
    return [...this.secrets.values()].find(
      (secret) => secret.purpose === purpose && secret.ownerId === ownerId && secret.provider === provider,
    )
  }
}

import type { NewSecret } from '@loacl/sealing'
import type {
  AssistantModel,
  MessagePart,
  ProviderConfig,
  SecretState,
  StreamPart,
  ToolError,
  VisitorErasure,
  WireFormat,
} from '@loacl/wire'
import type { ModelAccount } from '../../_shared/domain/model.ts'
import type { SealedProvider } from '../../_shared/domain/store.ts'
import type { StoredSecret } from '../../_shared/domain/stored_secret.ts'
import type { AssistantSecret } from './assistant_secrets.ts'

export interface Operator {
  userId: string
  role: 'admin' | 'operator'
  /** What the operator signed in with: reads and erasures go to the database under it, and so under its policies. */
  accessToken: string
}

/** Who is signed in. */
export interface Accounts {
  /** `null` where nobody is: the token is forged, expired or revoked, or its user is gone. */
  find(accessToken: string): Promise<{ userId: string; isAnonymous: boolean } | null>
}

/** Something that has lost its row and is still kept elsewhere. */
export interface Deletion {
  id: string
  kind: 'storage_object' | 'provider_file' | 'provider_vector_store'
  reference: string
  /** `null` where no key is needed, or its owner has removed it. */
  provider: SealedProvider | null
}

/** A tool as an MCP server lists it. */
export interface RemoteTool {
  name: string
  description: string
  parameters: Readonly<Record<string, unknown>>
}

/** One that an assistant has. */
export interface KeptMcpTool extends RemoteTool {
  id: string
  /** What the server calls it. */
  remoteName: string
}

export interface KeptMcpServer {
  id: string
  assistantId: string
  name: string
  endpoint: string
  /** Its token; `null` where none was set. */
  secret: StoredSecret | null
  lastFour: string | null
  createdAt: string | null
}

/** Remote MCP servers. */
export interface McpServers {
  /** @throws CodedError `provider_key_unusable` for an address that may not be called */
  checkAddress(endpoint: string): void
  /** One that fails is a result. Never rejects. */
  listTools(address: {
    endpoint: string
    token: string | null
  }): Promise<{ tools: readonly RemoteTool[] } | { code: ToolError; message: string }>
  /** Whether a server still says of a tool what was kept, as a call of it asks. */
  isSame(listed: RemoteTool, kept: Pick<RemoteTool, 'description' | 'parameters'>): boolean
}

/** The database. Every method rejects with a `CodedError`. */
export interface AdminStore {
  getOperatorRole(userId: string): Promise<Operator['role'] | null>

  listProviderConfigs(operator: Operator): Promise<readonly ProviderConfig[]>
  /** Takes the place of the key for the same address and wire format. Returns the config's id. */
  setProviderKey(
    ownerId: string,
    provider: WireFormat,
    baseUrl: string | null,
    secret: NewSecret,
    isDefault: boolean,
  ): Promise<string>
  /** Rejects with `invalid_body` where an assistant names it. */
  removeProviderKey(ownerId: string, configId: string): Promise<boolean>
  /** Without a config, the key that turns use. */
  readProviderKey(
    ownerId: string,
    configId: string | null,
  ): Promise<{ secret: SealedProvider; model: string | null } | null>

  /** `null` where the operator has no such assistant. */
  readAssistantModel(operator: Operator, assistantId: string): Promise<AssistantModel | null>
  /** Changes nothing where there is none. Rejects with `invalid_body` for what the database does not take. */
  updateAssistantModel(operator: Operator, assistantId: string, change: Partial<AssistantModel>): Promise<void>

  setAssistantSecret(kind: AssistantSecret, ownerId: string, assistantId: string, secret: NewSecret): Promise<void>
  removeAssistantSecret(kind: AssistantSecret, ownerId: string, assistantId: string): Promise<boolean>
  /** `null` where the owner has no such assistant. */
  describeAssistantSecret(kind: AssistantSecret, ownerId: string, assistantId: string): Promise<SecretState | null>

  /** `null` where the owner has no such server. */
  readMcpServer(ownerId: string, serverId: string): Promise<KeptMcpServer | null>
  /** Rejects with `not_found` where the server is gone, or has another endpoint by now. */
  setMcpSecret(ownerId: string, server: KeptMcpServer, secret: NewSecret): Promise<void>
  removeMcpSecret(ownerId: string, serverId: string): Promise<boolean>
  listMcpTools(operator: Operator, serverId: string): Promise<readonly KeptMcpTool[]>
  /** Switched off. Rejects with `invalid_body` or `tool_schema_invalid` for what the database does not take. */
  addMcpTool(operator: Operator, server: KeptMcpServer, tool: Omit<KeptMcpTool, 'id'>): Promise<void>
  /** Rejects as `addMcpTool`. */
  changeMcpTool(operator: Operator, toolId: string, change: Omit<RemoteTool, 'name'>): Promise<void>

  /** Of one owner, or of all, what another key than `keyId` sealed, by id. */
  listSecretsToReseal(keyId: string, ownerId: string | null, afterId: string | null): Promise<readonly StoredSecret[]>
  /** `false` where it has been replaced or removed since it was read. */
  resealSecret(old: StoredSecret, sealed: { keyId: string; ciphertext: string }): Promise<boolean>

  eraseVisitor(operator: Operator, sessionId: string): Promise<VisitorErasure>
  /** Where a file of one of their visitors' is. Rejects with `file_not_found`. */
  locateFile(operator: Operator, fileId: string): Promise<{ path: string; name: string }>
  /** Rejects with `file_not_found`. */
  deleteFile(operator: Operator, fileId: string): Promise<void>
  takeDeletions(): Promise<readonly Deletion[]>
  confirmDeletion(id: string): Promise<void>
  failDeletion(id: string, error: string): Promise<void>
  /** One batch; gives whether more is left. */
  cleanUp(): Promise<boolean>
  /** Turns whose worker died, with what they had streamed. */
  listUnfoldedTurns(): Promise<readonly { turnId: string; parts: readonly StreamPart[] }[]>
  foldTurn(turnId: string, answer: { content: string; parts: readonly MessagePart[] }): Promise<void>
}

/** The model provider. Every method rejects with a `CodedError`. What is not there any more counts as deleted. */
export interface Provider {
  /** @throws CodedError `provider_key_unusable` for an address that may not be called */
  checkAddress(baseUrl: string): void
  /** One cheap call. */
  ask(account: ModelAccount, model: string): Promise<void>
  deleteFile(account: ModelAccount, id: string): Promise<void>
  deleteVectorStore(account: ModelAccount, id: string): Promise<void>
}

export interface ObjectStorage {
  /** What is not there any more counts as deleted. */
  remove(path: string): Promise<void>
}

import type { NewSecret } from '@loacl/sealing'
import type {
  AssistantModel,
  IdentitySecretState,
  MessagePart,
  ProviderConfig,
  StreamPart,
  VisitorErasure,
  WireFormat,
} from '@loacl/wire'
import type { ModelAccount } from '../../_shared/domain/model.ts'
import type { SealedProvider } from '../../_shared/domain/store.ts'
import type { StoredSecret } from '../../_shared/domain/stored_secret.ts'

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

  setIdentitySecret(ownerId: string, assistantId: string, secret: NewSecret): Promise<void>
  removeIdentitySecret(ownerId: string, assistantId: string): Promise<boolean>
  /** `null` where the owner has no such assistant. */
  describeIdentitySecret(ownerId: string, assistantId: string): Promise<IdentitySecretState | null>

  /** Of one owner, or of all, what another key than `keyId` sealed, by id. */
  listSecretsToReseal(keyId: string, ownerId: string | null, afterId: string | null): Promise<readonly StoredSecret[]>
  /** `false` where it has been replaced or removed since it was read. */
  resealSecret(old: StoredSecret, sealed: { keyId: string; ciphertext: string }): Promise<boolean>

  eraseVisitor(operator: Operator, sessionId: string): Promise<VisitorErasure>
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

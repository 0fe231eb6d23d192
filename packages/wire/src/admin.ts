// What the function `loacl-admin` is asked, and what it answers.
import type { Timestamp } from './dto.ts'
import type { ErrorCode } from './errors.ts'

/** How a provider is spoken to: `openai` is the Responses API, `openai-chat` Chat Completions. */
export type WireFormat = 'openai' | 'openai-chat'

/** What an owner may see of a provider key: it never comes back out. */
export interface ProviderConfig {
  id: string
  provider: WireFormat
  /** `null` for the provider's own address. */
  baseUrl: string | null
  /** Empty for a key of fewer than twelve characters. */
  keyLastFour: string
  isActive: boolean
  /** It is the one that turns use. */
  isDefault: boolean
  createdAt: Timestamp
  updatedAt: Timestamp
}

/** Body of `PUT /provider-key`. */
export interface SetProviderKeyRequest {
  /** The key alone, without spaces or line breaks. */
  apiKey: string
  /** Left out: `openai`. */
  provider?: WireFormat
  /** Of another provider, such as `https://host/v1`: HTTPS on a public host, or one that the project lists. */
  baseUrl?: string | null
}

/** Answer to `PUT /provider-key`. */
export type SavedProviderKey = Pick<ProviderConfig, 'id' | 'provider' | 'baseUrl' | 'keyLastFour'>

/** Answer to `GET /provider-key`, the one that turns use first. */
export interface ProviderConfigList {
  items: readonly ProviderConfig[]
}

/** Body of `POST /provider-key/test`. */
export interface TestProviderKeyRequest {
  /** Left out: the key that turns use. */
  id?: string
  /** Left out: the default assistant's. */
  model?: string
}

/** What came of trying a key. */
export interface ProviderKeyTest {
  ok: boolean
  /** Why it failed; `null` where it didn't. */
  code: ErrorCode | null
  /** For the owner. */
  message: string
  model: string
}

/** Answer to `PUT /assistants/:id/identity-secret`. */
export interface NewIdentitySecret {
  /** Shown this once. Sites sign with the text as it stands. */
  secret: string
  lastFour: string
}

/** What an owner may see of an identity secret. */
export interface IdentitySecretState {
  isSet: boolean
  lastFour: string | null
  createdAt: Timestamp | null
}

/** Answer to `POST /keys/rotate`. */
export interface KeyRotation {
  /** The ring's current key, under which everything is now. */
  keyId: string
  resealed: number
  /** What no key of the ring opens: it has to be set again. */
  unusable: { secretId: string; purpose: string }[]
  /** `false` where time ran out: call again. */
  isDone: boolean
}

/** Answer to `POST /sessions/:id/erase`: how much is gone. */
export interface VisitorErasure {
  sessions: number
  threads: number
  messages: number
  files: number
}

/** Answer to `POST /maintenance/drain`. */
export interface Maintenance {
  /** Whether what has run out was purged; if not, the log says why, and the next call tries again. */
  cleanedUp: boolean
  deleted: number
  /** Kept in the queue, and due again in two minutes to a day. */
  failed: number
  /** `false` where time ran out: call again. */
  isDone: boolean
}

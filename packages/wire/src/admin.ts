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
  /** Assistants use it that name no other. */
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
  /** Left out: it becomes the one that turns use. `false`: only assistants that name it use it. */
  isDefault?: boolean
}

/** Answer to `GET` and `PATCH /assistants/:id/model`: whom an assistant asks, and how. */
export interface AssistantModel {
  model: string
  /** Of your provider configs; `null`: your default one. */
  providerConfigId: string | null
  /** Asked where the first is down before its first word. What the dearer of the two costs is reserved. */
  fallback: { providerConfigId: string; model: string } | null
  /** Asked for titles and follow-up questions, at the same provider; `null`: `model`. */
  followUpModel: string | null
  /** From 0 to 2; `null`: the model's own. */
  temperature: number | null
  /** How long a model that reasons is to think; `null`: the model's own. */
  reasoningEffort: ReasoningEffort | null
  /** The longest answer, reasoning included: from 16 to 128,000 tokens. */
  maxOutputTokens: number
  /** Whether visitors see how it came to an answer. */
  showReasoning: boolean
}

export type ReasoningEffort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max'

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
  /** Left out: that of an assistant which names the key, or else of the default one. */
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

// What the function `loacl-admin` is asked, and what it answers.
import type { Timestamp } from './dto.ts'
import type { ErrorCode } from './errors.ts'
import type { ToolError } from './parts/index.ts'

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

/** Answer to `PUT /assistants/:id/identity-secret` and `…/tool-secret`. */
export interface NewAssistantSecret {
  /** Shown this once. Sites sign and verify with the text as it stands. */
  secret: string
  lastFour: string
}

/** What an owner may see of a secret of an assistant. */
export interface SecretState {
  isSet: boolean
  lastFour: string | null
  createdAt: Timestamp | null
}

/** Body of `PUT /mcp-servers/:id/secret`. */
export interface SetMcpSecretRequest {
  /** The bearer token alone, without spaces or line breaks. */
  token: string
}

/** Answer to `PUT /mcp-servers/:id/secret`. */
export interface SavedMcpSecret {
  /** Where alone it is sent: with another one it has to be set again. */
  endpoint: string
  /** Empty for a token of fewer than twelve characters. */
  lastFour: string
}

/** Answer to `GET /mcp-servers/:id/secret`. */
export interface McpSecretState extends SecretState {
  /** `false` where there is none, or it was set for another endpoint than the server has now. */
  isUsable: boolean
  endpoint: string
}

/** What a server says of a tool. */
export interface McpToolDescription {
  description: string
  parameters: Readonly<Record<string, unknown>>
}

/** A tool of which its server says something else than the assistant's owner has seen. Calls of it fail with `tool_changed`. */
export interface McpToolChange {
  /** As in `assistant_tools`. */
  name: string
  was: McpToolDescription
  is: McpToolDescription
  /** Of what it is now: to accept just that. */
  digest: string
}

export type McpToolAcceptance = Pick<McpToolChange, 'name' | 'digest'>

/** Body of `POST /mcp-servers/:id/tools`. */
export interface ReviewMcpToolsRequest {
  /** Changes that an earlier review has told, and that are taken over now. */
  accept?: readonly McpToolAcceptance[]
}

/** Answer to `POST /mcp-servers/:id/tools`. Names are those of `assistant_tools`. */
export type McpToolReview =
  | {
      ok: true
      /** Added now, and switched off. */
      new: string[]
      changed: McpToolChange[]
      accepted: string[]
      /** The server has them no more. Calls of them fail with `tool_changed`. */
      gone: string[]
      /** What can't be taken over, and why. */
      refused: { remoteName: string; code: ErrorCode; message: string }[]
    }
  | {
      /** The server could not be asked. */
      ok: false
      code: ToolError
      message: string
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

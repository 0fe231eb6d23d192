import type { ToolError, ToolKind } from '@loacl/wire'
import type { StoredSecret } from '../stored_secret.ts'

export type HostedType = 'web_search' | 'file_search' | 'code_interpreter'

/** A tool as its owner declared it, for one turn. */
export interface Tool {
  id: string
  /** What the model calls it by. */
  name: string
  kind: ToolKind
  /** For the model. */
  description: string
  /** A JSON Schema of the type `object`. */
  parameters: Readonly<Record<string, unknown>>
  /** Of a server tool. */
  endpoint: string | null
  /** Of an MCP tool: the server, and the name that it has there. */
  server: McpServer | null
  remoteName: string | null
  /** Of a hosted tool. */
  hostedType: HostedType | null
  hostedOptions: Readonly<Record<string, unknown>> | null
  timeoutMs: number
  maxResultBytes: number
  isIdempotent: boolean
  /** What a call costs at most, in US dollars; `null` where that is not known. */
  costUsd: number | null
  approvalSeconds: number
  /** What visitors see of a call beside its state: `arguments` its title too, `result` all. */
  visitorSees: 'title' | 'arguments' | 'result'
  /** The owner's words for it, by language tag. */
  words: Readonly<Record<string, { title?: string; sentence?: string }>>
  /** Of all that an approval is for: SHA-256 in hex. */
  digest: string
}

interface McpServer {
  id: string
  name: string
  endpoint: string
  /** Its bearer token as it is stored; `null` where it needs none. */
  secret: StoredSecret | null
}

/** A call of a tool, as it is stored. */
export interface Call {
  /** Names the call everywhere but at the provider: the execution, its approval, its part. */
  id: string
  /** The provider's, within the step. */
  callId: string
  /** `null` where there is no such tool, or not any more. */
  toolId: string | null
  name: string
  /** `null` where there is no such tool. */
  kind: ToolKind | null
  /** `null` where they don't fit the tool. */
  arguments: Readonly<Record<string, unknown>> | null
  argumentsDigest: string
  status: 'pending' | 'approved' | 'executing' | 'completed' | 'failed' | 'cancelled'
  result: unknown
  /** Why it has no result. `denied`: the visitor said no. */
  errorCode: ToolError | 'denied' | null
  /** For the owner; of a denial, the visitor's reason. */
  errorMessage: string | null
  expiresAt: string | null
  idempotencyKey: string
  /** Who let it run; `null` where nobody has. */
  approvedBy: 'settings' | 'visitor' | null
}

/** Whom a call is for, as it has been verified. */
type ToolVisitor =
  | { type: 'guest' }
  | { type: 'identified'; externalId: string }
  | { type: 'identified'; userId: string }

/** What a call is made in. */
export interface ToolContext {
  assistantId: string
  visitor: ToolVisitor
  /** Signs calls of the owner's endpoints, as it is stored; `null` where the owner has made none. */
  toolSecret: StoredSecret | null
}

export type ToolOutcome = { result: unknown } | { errorCode: ToolError; errorMessage: string }

/** Runs calls of server and MCP tools. */
export interface ToolRunner {
  /**
   * Runs one call that may run, within the tool's time and size. Never rejects. `result` is JSON.
   * `errorMessage` is for the owner, and holds no secret.
   *
   * @param signal aborted where nobody wants the result any more
   */
  run(tool: Tool, call: Call, context: ToolContext, signal: AbortSignal): Promise<ToolOutcome>
}

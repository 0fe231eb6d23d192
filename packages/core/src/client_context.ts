import type { PageContext, ThreadSummary } from '@loacl/wire'
import type { Session, VisitorSession } from './session.ts'
import type { ClientOptions, Thread, ToolHandler } from './types.ts'

/** What a thread needs of its client. */
export interface ClientContext extends Session, VisitorSession {
  options: ClientOptions
  assistant: string
  /** What goes with the messages that are sent from now on. */
  context?: PageContext | null
  /** ISO 8601. */
  timestamp(): string
  /** What a turn's request carries against abuse, where the opened assistant asks for it. Never rejects. */
  signals(): Promise<{ fingerprint?: string } | false | void>
  /** By id. A new thread's own id goes on to name it when it has got the server's. */
  threads: Map<string, Thread>
  /** What the page has registered, latest last. */
  tools: ReadonlySet<RegisteredTool>
  /** Puts what is known of a thread in the list of threads; `isNewest` moves it to the front. */
  upsertSummary(id: string, change: Partial<ThreadSummary>, isNewest: boolean): void
}

export type RegisteredTool = readonly [name: string, run: ToolHandler]

/** What a client has for the other entries of this package, and `LoaclClient` doesn't promise. */
export interface WithClient {
  readonly client: ClientContext
}

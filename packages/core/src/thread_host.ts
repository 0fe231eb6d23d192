import { isSessionCode, type ErrorCode, type ThreadSummary } from '@loacl/wire'
import { LoaclError } from './errors.ts'
import type { Thread } from './types.ts'

/** What a thread needs of its client. */
export interface ThreadHost {
  assistant: string
  /** ISO 8601. */
  timestamp(): string
  /** Opens the client if it isn't open. */
  ready(signal: AbortSignal): Promise<void>
  /**
   * Calls a function of the database, opening first. `member`: what its result must have, `null` where it has none.
   * A session that is no more has been replaced when this rejects with a code that begins with `session_`.
   */
  rpc<T>(name: string, args: object, member: (keyof T & string) | null, signal: AbortSignal | undefined): Promise<T>
  /** Sends a request to the `chat` function; the same holds for its session. */
  chat(method: 'GET' | 'POST', path: string, body: object | undefined, signal: AbortSignal): Promise<Response>
  /** What a turn's request carries against abuse, where the opened assistant asks for it. Never rejects. */
  signals(): Promise<{ fingerprint?: string }>
  /** Aborted when the client lets go of the visitor. */
  lifetime(): AbortSignal
  /** The thread goes by this id from now on. */
  named(thread: Thread, id: string): void
  /** Puts what is known of a thread in the list of threads; `isNewest` moves it to the front. */
  listed(id: string, change: Partial<ThreadSummary>, isNewest: boolean): void
  unlisted(id: string): void
}

export const isCode = (error: unknown, code: ErrorCode): boolean => LoaclError.is(error) && error.code === code

export const isSessionError = (error: unknown): boolean => LoaclError.is(error) && isSessionCode(error.code)

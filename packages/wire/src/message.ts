import type { CutReason, MessageStatus, Page, Suggestion, ThreadSummary, Timestamp } from './dto.ts'
import type { ErrorCode } from './errors.ts'
import type { DataParts, MessagePart, StreamPart } from './parts/index.ts'

/**
 * Who wrote a message. `person`: somebody of the site, whose words come without a turn. A message of the `system` is
 * shown to operators alone.
 */
export type MessageAuthor = 'visitor' | 'assistant' | 'person' | 'system'

export interface Message {
  id: string
  /** The id that the browser gave a visitor's message; `null` on answers. */
  clientId: string | null
  role: 'user' | 'assistant'
  author: MessageAuthor
  status: MessageStatus
  /** The text parts, joined. */
  content: string
  parts: readonly MessagePart[]
  /** What a worker that died had streamed: `foldPart` makes the parts of it. Gone once a function has done so. */
  streamed?: readonly StreamPart[]
  errorCode: ErrorCode | null
  cutReason: CutReason | null
  createdAt: Timestamp
  suggestions: readonly Suggestion[]
  /**
   * Ids of its alternatives, itself included, oldest first: other answers to one question, or what a question was edited to.
   * Left out where there are none.
   */
  siblings?: readonly string[]
}

/** What `rpc/list_messages` returns. Items are newest first. */
export interface MessagePage extends Page<Message> {
  thread: ThreadSummary
  /** The turn that runs or waits in this thread, if any: `GET /turns/:id` follows it. */
  activeTurnId: string | null
  /** What that turn waits for, if it waits. */
  waiting: DataParts['waiting'] | null
  /** Number of the thread's latest event: what `rpc/list_events` is asked after. */
  lastEvent: number
}

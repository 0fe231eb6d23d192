import type { ThreadSummary, Timestamp } from './dto.ts'

/**
 * What a thread's log tells of.
 *
 * - `message_added`: a visitor's or a person's; an answer comes with its turn
 * - `message_changed`: what it says, or its suggestions
 * - `message_chosen`: the branch that ends in it is shown from now on
 * - `turn_waiting`: the turn has paused, and no answer is being written
 */
export type ThreadEventKind =
  | 'message_added'
  | 'message_changed'
  | 'message_chosen'
  | 'feedback_changed'
  | 'turn_began'
  | 'turn_waiting'
  | 'turn_resumed'
  | 'turn_ended'
  | 'thread_renamed'
  | 'thread_archived'
  | 'thread_deleted'
  | 'thread_restored'

/** Something that happened in a thread. It names what it is about, and holds nothing of it. */
export interface ThreadEvent {
  /** From 1 in each thread, without a gap. */
  number: number
  kind: ThreadEventKind
  /** The message that it is about; of a turn, the answer. */
  messageId: string | null
  turnId: string | null
  createdAt: Timestamp
}

/** What `rpc/list_events` returns. Items are oldest first. */
export interface EventPage {
  thread: ThreadSummary
  activeTurnId: string | null
  items: readonly ThreadEvent[]
  /** Number of the thread's latest event: where no item has it, there are more. */
  lastEvent: number
}

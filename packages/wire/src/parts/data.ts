import { TEXT } from './shape.ts'
import type { CutReason, MessageStatus, Suggestion, Timestamp, Usage } from '../dto.ts'
import type { WireError } from '../errors.ts'
import type { PartTable } from './part_table.ts'
import type { ToolKind } from './tools.ts'

/** A call of the step after which a turn waits. */
export interface WaitingCall {
  /** As `toolCallId` in its part. */
  id: string
  kind: ToolKind
  /**
   * - `pending`: the visitor is asked
   * - `approved`, `denied`: by them; `approved` also a page's call that needs no approval
   * - `running`: a page runs it
   * - `done`
   */
  status: 'pending' | 'approved' | 'denied' | 'running' | 'done'
  /** Until when it waits; `null` where it doesn't. */
  expiresAt: Timestamp | null
}

/** LOACL's own parts, by name. On the wire: `{"type": "data-<name>", "data": …}`. They say something about the turn. */
export interface DataParts {
  /** First part after `start`: the ids of what the database now holds. */
  turn: { turnId: string; threadId: string; userMessageId: string; messageId: string }
  /** The answer is stored. What follows (follow-ups, title) may still come. */
  'answer-complete': {
    messageId: string
    status: Exclude<MessageStatus, 'streaming' | 'waiting'>
    cutReason: CutReason | null
    usage: Usage | null
  }
  /**
   * The turn waits after step `step`, until `expiresAt`, for something that comes from outside. A `finish` follows and ends
   * the stream; once the turn goes on, it can be followed again.
   */
  waiting: { messageId: string; step: number; expiresAt: Timestamp; calls: readonly WaitingCall[] }
  'follow-ups': { messageId: string; suggestions: readonly Suggestion[] }
  title: { threadId: string; title: string }
  /** Stands right before an `error` part and says what it can't: the code. */
  error: WireError
}

export type DataPart = {
  [Name in keyof DataParts]: { type: `data-${Name}`; data: DataParts[Name]; transient?: boolean }
}[keyof DataParts]

export const DATA: PartTable<DataPart> = {
  'data-turn': [{ data: { turnId: TEXT, threadId: TEXT, userMessageId: TEXT, messageId: TEXT } }],
  'data-answer-complete': [{ data: { messageId: TEXT, status: TEXT } }],
  'data-waiting': [{ data: { messageId: TEXT } }],
  'data-follow-ups': [{ data: { messageId: TEXT, suggestions: [{ id: TEXT, suggestion: TEXT }] } }],
  'data-title': [{ data: { threadId: TEXT, title: TEXT } }],
  'data-error': [{ data: { code: TEXT, message: TEXT } }],
}

import type { CutReason, MessageStatus, Suggestion, Timestamp, Usage } from '../dto.ts'
import type { WireError } from '../errors.ts'
import type { PartTable } from './part_table.ts'
/** LOACL's own parts, by name. On the wire: `{"type": "data-<name>", "data": …}`. They say something about the turn. */
export interface DataParts {
  /** First part after `start`: the ids of what the database now holds. */
  turn: {
    turnId: string
    threadId: string
    userMessageId: string
    messageId: string
  }
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
  waiting: {
    messageId: string
    step: number
    expiresAt: Timestamp
  }
  'follow-ups': {
    messageId: string
    suggestions: readonly Suggestion[]
  }
  title: {
    threadId: string
    title: string
  }
  /** Stands right before an `error` part and says what it can't: the code. */
  error: WireError
}
export type DataPart = {
  [Name in keyof DataParts]: {
    type: `data-${Name}`
    data: DataParts[Name]
    transient?: boolean
  }
}[keyof DataParts]
export declare const DATA: PartTable<DataPart>

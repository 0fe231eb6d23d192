import { TEXT } from './shape.ts'
import type { PartTable } from './part_table.ts'

/** `length` and `content-filter` cut the answer short. `other`: so did the turn's time or the budget, or the turn waits. */
export type FinishReason = 'stop' | 'length' | 'content-filter' | 'tool-calls' | 'error' | 'interrupted' | 'other'

/** What frames a stream. */
export type ControlPart =
  /** The answer from its beginning: a reader that already holds some of this message drops it. */
  | { type: 'start'; messageId?: string }
  /** The three that end a stream: exactly one comes, and it is the last part. */
  | { type: 'finish'; finishReason?: FinishReason }
  | { type: 'abort'; reason?: string }
  | { type: 'error'; errorText: string }

export const CONTROL: PartTable<ControlPart> = {
  start: [{}],
  finish: [{}],
  abort: [{}],
  error: [{ errorText: TEXT }],
}

/** Whether this part ends its stream. */
export const isTerminal = ({ type }: { type: string }): boolean => /^(finish|abort|error)$/.test(type)

import type { InputItem, ToolCall } from './model.ts'

/** What comes after a step that the model completed. */
export type NextMove =
  /** The answer is complete. */
  | { type: 'complete' }
  /** Another step, with this added to what the model is told. */
  | { type: 'step'; input: readonly InputItem[] }
  /** Nothing, until something comes from outside; for so long at most, in milliseconds. */
  | { type: 'wait'; waitMs: number }

export type DecideNext = (ended: { step: number; toolCalls: readonly ToolCall[] }) => NextMove

/** No assistant has tools yet: each turn has one step. */
export const decideNext: DecideNext = () => ({ type: 'complete' })

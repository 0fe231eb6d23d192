import type { CallsSoFar } from './tools/tool_steps.ts'
import type { Call } from './tools/tool.ts'
import type { InputItem } from './model.ts'

/** What comes after a step in which the model called tools. Without calls the answer is complete. */
export type NextMove =
  /** Another step, with this added to what the model is told. */
  | { type: 'step'; input: readonly InputItem[] }
  /** Nothing, until something comes from outside; for so long at most, in milliseconds. */
  | { type: 'wait'; waitMs: number }

/** The longest that the database lets a turn wait. A page may be away for so long before the model is told that it was. */
const LONGEST_WAIT_MS = 86_400_000

export function decideNext({ calls, results }: CallsSoFar, now = Date.now()): NextMove {
  const waits = calls.filter(isOpen).map((call) => toWait(call, now))
  return waits.length > 0 ? { type: 'wait', waitMs: Math.min(...waits) } : { type: 'step', input: results() }
}

const isOpen = ({ status }: Call): boolean => status === 'pending' || status === 'approved' || status === 'executing'

const toWait = ({ status, expiresAt }: Call, now: number): number =>
  status === 'pending' && expiresAt ? Math.max(0, Date.parse(expiresAt) - now) : LONGEST_WAIT_MS

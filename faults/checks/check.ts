import type { Going } from '../go_on.ts'
import type { Observation } from '../observe.ts'
import type { Plan } from '../plan.ts'
import type { Violation } from '../sequence.ts'
import type { Visitor } from '../visitor.ts'
import type { Call } from '../world/model.ts'
import type { StoredState } from './stored_state.ts'

/** All that is known of a story when it is over. */
export interface Ended {
  visitor: Visitor
  plan: Plan
  /** When the faults were over, before the visitor went on. */
  observation: Observation
  going: Going
  /** At the end. */
  stored: StoredState
  /** The model's own log. */
  calls: readonly Call[]
}

/** What has to be so, whatever went wrong: says where it isn't. */
export type Check = (ended: Ended) => Violation[] | Promise<Violation[]>

/** Whether a worker had the call's usage stored, as the Data API answered it, or there was none. */
export const isAccounted = ({ traces }: Visitor, { tokens, refused }: Call): boolean =>
  refused ||
  traces.some(({ finishes }) => finishes.some(({ outputTokens, status }) => outputTokens === tokens && status < 300))

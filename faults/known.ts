import type { Plan } from './plan.ts'
import type { Violation } from './sequence.ts'
import type { Point } from './world/trace.ts'

/** Something that is known to be broken, and why it is still so. */
export interface Known {
  kind: string
  reason: string
  /** In stories of these abilities alone. */
  abilities?: readonly string[]
  /** With these faults alone. */
  faults?: readonly string[]
  /** Where the visitor acts at these points alone. */
  actPoints?: readonly Point[]
  /** The short run always comes upon it. When it no longer does, the line has to go. */
  isInShortRun?: true
}

/**
 * What the run finds today. A line goes with the change that mends it: the short run fails when one of its own no longer
 * occurs.
 */
export const KNOWN: readonly Known[] = []

export const isKnown = (known: Known, { kind }: Violation, { ability, actPoint, blows }: Plan): boolean =>
  known.kind === kind &&
  (!known.abilities || known.abilities.includes(ability.name)) &&
  (!known.actPoints || known.actPoints.includes(actPoint)) &&
  (!known.faults || blows.some(({ fault }) => known.faults!.includes(fault.name)))

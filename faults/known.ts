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

const DATABASE = ['database-restarted', 'database-gone', 'database-gone-long', 'backend-killed']

/**
 * What the run finds today. A line goes with the change that mends it: the short run fails when one of its own no longer
 * occurs.
 */
export const KNOWN: readonly Known[] = [
  {
    kind: 'turn-left-running',
    reason: 'Without a scheduler nobody ends a turn whose worker has died and that nobody looks at.',
  },
  {
    kind: 'text-lost-at-reload',
    reason: 'A message that never came to be stored is in the memory of its page alone.',
    isInShortRun: true,
  },
  {
    kind: 'question-lost',
    reason: 'The same, for a page that was left before the visitor tried again.',
    abilities: ['reload', 'leave', 'stop', 'sign-out', 'identify'],
  },
  {
    kind: 'view-differs',
    reason: 'Who comes back to a turn whose worker has died sees it failed, and without the text that had come.',
    abilities: ['leave', 'reload', 'second-tab'],
    faults: ['worker-killed', ...DATABASE],
  },
]

export const isKnown = (known: Known, { kind }: Violation, { ability, actPoint, blows }: Plan): boolean =>
  known.kind === kind &&
  (!known.abilities || known.abilities.includes(ability.name)) &&
  (!known.actPoints || known.actPoints.includes(actPoint)) &&
  (!known.faults || blows.some(({ fault }) => known.faults!.includes(fault.name)))

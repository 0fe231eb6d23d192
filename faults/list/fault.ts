import type { ErrorCode } from '@loacl/core'
import type { Visitor } from '../visitor.ts'
import type { Script } from '../world/model.ts'
import type { ActPoint, Fate, Point, Trace } from '../world/trace.ts'
import type { World } from '../world/world.ts'

/** Something that goes wrong. A new one is a small object in a list of this folder. */
export interface Fault {
  name: string
  /** What the visitor may be told because of it. */
  codes: readonly ErrorCode[]
  /** Where it strikes, one point by chance. */
  points: readonly (Point | ActPoint)[]
  /** The same, in turns that call tools or wait. */
  further?: readonly Point[]
  /** At a point that comes more than once, at which of them at most. */
  most?: number
  /** Whether a whole run has it strike at each of its points. */
  everyPoint?: true
  /** Whether what is at the point is lost, once it has struck. */
  drops?: boolean
  /** What the model does in place of answering. */
  script?: Script
  /** To one visitor. */
  strike?(visitor: Visitor, trace: Trace): Promise<Fate> | Fate
  /** To all visitors of a round, once, when each of them is at its point. */
  strikeAll?(world: World, traces: readonly Trace[]): Promise<void>
  /** How long the visitor's page may take to settle then, in milliseconds. */
  settlesMs?: number
}

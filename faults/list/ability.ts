import type { ErrorCode } from '@loacl/core'
import type { Visitor } from '../visitor.ts'
import type { Settings } from '../world/assistant.ts'
import type { Flagged, Point, Trace } from '../world/trace.ts'

/** Something that a visitor does with the chat. A new one is an entry in a list of this folder. */
export interface Ability {
  name: string
  /** Of its assistant: columns of `loacl.assistants`. */
  settings?: Settings
  /** Whether its assistant has a second provider. */
  hasFallback?: boolean
  /** What of its turn moderation flags. */
  flagged?: Flagged
  /** Before faults come. */
  prepare?(visitor: Visitor): Promise<unknown>
  /** What it asks. Left out: a question of the visitor's. */
  text?(visitor: Visitor): string
  /** Whether what it asks is the first question once more. */
  again?: boolean
  /** Asks. Left out: a question, as usual. */
  ask?(visitor: Visitor, trace: Trace): unknown
  /** What the visitor does at a point of that turn, or after it where the turn doesn't come to the point. */
  act?(visitor: Visitor): Promise<void>
  /** Left out: any. */
  points?: readonly Point[]
  /** Points that its turn comes to beside those of every turn. */
  further?: readonly Point[]
  /** Points that its turn doesn't come to. */
  lacks?: readonly Point[]
  /** Whether `act` sends a request that can be lost by itself. */
  sends?: boolean
  /** Whether the model waits in the middle of its answer for what the visitor does. */
  waits?: boolean
  /** Faults that it is tried with alone. Left out: all. */
  meets?: readonly string[]
  /** What the visitor may be told because of it. */
  codes?: readonly ErrorCode[]
  /** What they may not be told, although a fault's codes have it. */
  spares?: readonly ErrorCode[]
}

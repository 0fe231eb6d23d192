import type { KeyRing } from '@loacl/sealing'
import type { Model } from './model.ts'
import type { Moderator } from './moderation.ts'
import type { Caller, TurnStore } from './store.ts'
import type { ToolRunner } from './tools/tool.ts'

export interface TurnDeps {
  store: TurnStore
  model: Model
  moderator: Moderator
  keyRing: KeyRing
  /** Runs the tools that run neither in a page nor at the model's provider. */
  tools: ToolRunner
  /** Aborted when the worker is about to be ended. */
  shutdown: AbortSignal
  /** Keeps the worker alive until the promise settles. */
  waitUntil: (promise: Promise<unknown>) => void
  /** Told up to which number the turn's parts are stored. */
  onStored?: (seq: number) => void
  /** Told of errors, for the owner's log. */
  report: (error: unknown) => void
}

export interface TurnContext {
  caller: Caller
  requestId: string
  safetyIdentifier: string
  /** Milliseconds from now in which the answer must have ended. */
  deadlineMs: number
}

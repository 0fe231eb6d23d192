import type { CutReason, DataParts, StreamPart, ToolError, Usage } from '@loacl/wire'
import type { Refusal } from './refusal.ts'
import type { StoredMessage, StoredThread } from './stored_thread.ts'
import type { TestCall, ToolCall } from './test_call.ts'

/** What comes with the end of an answer. */
export interface Ending {
  /** Of the thread, where it has none yet. */
  title?: string | undefined
  /** What the visitor may ask next. */
  followUps?: readonly string[] | undefined
  /** Tokens. */
  usage?: Usage | undefined
  /** The answer was cut short, for this reason. */
  cutReason?: CutReason | undefined
}

export type TurnEnd = ({ state: 'completed' | 'cut' | 'stopped' } & Ending) | { state: 'failed'; refusal: Refusal }

export interface TestTurn {
  readonly id: string
  readonly thread: StoredThread
  readonly question: StoredMessage
  readonly answer: StoredMessage
  /** Of the request that began it, where that was no message's. */
  readonly requestId: string | null
  /** Whether it goes on with an answer. */
  readonly goesOn: boolean
  readonly state: 'running' | 'waiting' | TurnEnd['state']
  /** What it waits for, if it waits. */
  readonly waiting: DataParts['waiting'] | null
  /** Of the step after which it last waited. */
  readonly calls: readonly TestCall[]
  /** Told when it goes on after it has waited. */
  onResume: () => void
  /** The model calls tools: those that a server runs have run, and for others the turn waits. */
  call(calls: readonly ToolCall[]): void
  /** Something was said about a call: goes on where no other is waited for. */
  settle(): void
  add(...parts: StreamPart[]): void
  /** Goes on with the text of this kind, or begins one. */
  grow(type: 'text' | 'reasoning', delta: string): void
  /** Does nothing where the turn has ended. @param why calls that have not ended are over */
  end(end: TurnEnd, why?: ToolError): void
  /** Closes every connection to it. The turn goes on. */
  disconnect(): void
  /** @param isOwn of the request that began the turn, whose stream brings more at the end */
  stream(after: number, isOwn: boolean, signal: AbortSignal): Response
}

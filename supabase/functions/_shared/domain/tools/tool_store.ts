import type { DataParts, ToolError } from '@loacl/wire'
import type { Caller, TurnIds, TurnState } from '../store.ts'
import type { Call } from './tool.ts'

/** A call as the model made it. */
export interface CallToBegin {
  callId: string
  name: string
  /** `null` where there is no such tool. */
  toolId: string | null
  /** Of the tool as this worker was given it: of one that is another by now no call is made. */
  toolDigest: string | null
  /** `null` where they don't fit it. */
  arguments: Readonly<Record<string, unknown>> | null
  argumentsDigest: string
  /** Why it never runs, if so. */
  errorCode: ToolError | null
}

/** What became of a call that ran. */
export interface CallEnd {
  result: unknown
  errorCode: ToolError | null
  /** For the owner. */
  errorMessage: string | null
  /** What it may have cost, `null` where that is not known. */
  costUsd: number | null
}

/** How often the provider ran a tool of its own in one step. Stored with the step's outcome. */
export interface HostedCalls {
  /** The tool's, as its owner declared it. */
  name: string
  count: number
}

/** How a turn stands after something was said of one of its calls. */
export interface CallAnswered {
  turnId: string
  state: TurnState
  /** Whether it waits for nothing any more: `resumeTurn` takes it up. */
  isReady: boolean
  waiting: DataParts['waiting'] | null
}

export interface Decision {
  approved: boolean
  /** Of the arguments that were shown. */
  argumentsDigest: string
  reason: string | null
}

/** What a page's handler gave, or why it gave nothing. */
export type PageAnswer = { output: unknown } | { error: string }

/** Where calls of tools are kept: part of `TurnStore`, whose rules hold. */
export interface ToolStore {
  /**
   * Makes the rows of a step's calls, in this order, and says which of them may run now (`executing`), which a page is to run
   * (`approved`) and which have to be asked about (`pending`). Rejects with `turn_lease_lost`.
   */
  beginCalls(turn: TurnIds['turn'], step: number, calls: readonly CallToBegin[]): Promise<readonly Call[]>
  /** Stores what became of a call that was `executing`. Rejects with `turn_lease_lost`. */
  endCall(turn: TurnIds['turn'], id: string, end: CallEnd): Promise<Call>
  /** The calls of a step as they stand. Those that have been approved since become `executing`: the caller runs them. */
  runCalls(turn: TurnIds['turn'], step: number): Promise<readonly Call[]>
  /** Rejects with `execution_not_found`, `execution_decided` or `approval_expired`. */
  decideCall(id: string, decision: Decision, caller: Caller): Promise<CallAnswered>
  /** A page's tab takes a call. Rejects with `execution_not_found`, or `execution_decided` where another has it. */
  claimCall(
    id: string,
    tab: string,
    caller: Caller,
  ): Promise<{ arguments: Readonly<Record<string, unknown>>; expiresAt: string }>
  /** Rejects with `execution_not_found`, `execution_decided` or `tool_result_too_large`. */
  answerCall(id: string, tab: string, answer: PageAnswer, caller: Caller): Promise<CallAnswered>
  /** Ends the calls of a turn that nobody has answered in time. Rejects with `turn_not_found`. */
  continueTurn(turnId: string, caller: Caller): Promise<CallAnswered>
}

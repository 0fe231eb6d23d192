import type { StreamPart } from '@loacl/wire'
import type { InputItem, ToolCall } from '../model.ts'
import { orAborted, retryWhileAway, wait } from '../retry.ts'
import type { OpenTurn } from '../store.ts'
import { toStorableJson } from '../storable.ts'
import type { TurnDeps } from '../turn_deps.ts'
import { prepareCalls, type PreparedCalls } from './prepare_calls.ts'
import type { Call, Tool, ToolOutcome } from './tool.ts'
import type { CallEnd } from './tool_store.ts'
import { partsOfBegun, partsOfEnded, toldCalls } from './tool_parts.ts'
import { toldResults } from './told_results.ts'

/** How long a call that is aborted may take to say so. */
const LEAVING_MS = 500

/** The calls of a step, as far as they have come. */
export interface CallsSoFar {
  calls: readonly Call[]
  /** What the model is told of them, once all have ended. */
  results: () => InputItem[]
}

/**
 * Runs the calls of a turn's steps, those of a step side by side, and gives what visitors are shown of them. Rejects as the
 * store does; a tool that fails is a result.
 */
export interface ToolSteps {
  /** Begins what the model called in a step, and runs what may run. */
  run(step: number, toolCalls: readonly ToolCall[], interrupt: AbortSignal): AsyncGenerator<StreamPart, CallsSoFar>
  /** Goes on with the calls of a step after which the turn has waited. */
  resume(step: number, interrupt: AbortSignal): AsyncGenerator<StreamPart, CallsSoFar>
}

export function createToolSteps(turn: OpenTurn, { store, tools: runner, report }: TurnDeps): ToolSteps {
  const toolOf = ({ toolId }: Call): Tool | undefined => turn.tools.find(({ id }) => id === toolId)
  const told = new Set(toldCalls(turn.parts))

  function* tellEnd(call: Call): Generator<StreamPart> {
    if (told.has(call.id)) return
    const parts = partsOfEnded(call, toolOf(call))
    if (parts.length > 0) told.add(call.id)
    yield* parts
  }

  /** Runs a call and stores what became of it. */
  async function runOne(call: Call, interrupt: AbortSignal): Promise<Call> {
    const tool = toolOf(call)
    const outcome = tool ? await outcomeOf(tool, call, interrupt) : GONE
    const end: CallEnd =
      'errorCode' in outcome
        ? { result: null, ...outcome, costUsd: isMade(outcome.errorCode) ? (tool?.costUsd ?? null) : 0 }
        : { result: outcome.result, errorCode: null, errorMessage: null, costUsd: tool!.costUsd }
    return retryWhileAway(() => store.endCall(turn.turn, call.id, end))
  }

  async function outcomeOf(tool: Tool, call: Call, interrupt: AbortSignal): Promise<ToolOutcome> {
    if (interrupt.aborted) return { errorCode: 'stopped', errorMessage: 'The turn had ended before it was called.' }
    const { toolSecret, visitor, assistant } = turn
    const context = { assistantId: assistant.id, visitor, toolSecret }
    const running = runner.run(tool, call, context, interrupt).catch((error: unknown): ToolOutcome => {
      report(error)
      return { errorCode: 'unknown', errorMessage: 'It failed by a fault of LOACL’s.' }
    })
    // Once it is aborted it says how far it had come.
    const outcome =
      (await orAborted(running, interrupt)) ?? (await Promise.race([running, wait(LEAVING_MS).then(() => null)]))
    if (!outcome) return { errorCode: 'unknown', errorMessage: 'The turn ended while it ran.' }
    try {
      return 'result' in outcome ? { result: toStorableJson(outcome.result) } : outcome
    } catch (error) {
      report(error)
      return { errorCode: 'tool_result_invalid', errorMessage: 'Its result can’t be stored.' }
    }
  }

  /** Runs these side by side, and tells each one's end when it comes. */
  async function* runAll(calls: readonly Call[], interrupt: AbortSignal): AsyncGenerator<StreamPart> {
    const failure = new AbortController()
    const signal = AbortSignal.any([interrupt, failure.signal])
    const running = new Map(calls.map((call) => [call.id, runOne(call, signal)]))
    try {
      while (running.size > 0) {
        const ended = await Promise.race(running.values())
        running.delete(ended.id)
        yield* tellEnd(ended)
      }
    } finally {
      // Where the store fails at one of them, nobody waits for the others.
      failure.abort()
      for (const left of running.values()) left.catch(() => null)
    }
  }

  async function* settle(
    step: number,
    begun: readonly Call[],
    interrupt: AbortSignal,
    prepared?: PreparedCalls,
  ): AsyncGenerator<StreamPart, CallsSoFar> {
    let calls = begun
    for (;;) {
      for (const call of calls) yield* tellEnd(call)
      const due = calls.filter(({ status, kind }) => status === 'executing' && kind !== 'page')
      if (due.length === 0) break
      yield* due.flatMap(tellApproval)
      yield* runAll(due, interrupt)
      // The turn ends: no more may run.
      if (interrupt.aborted) break
      // Some may have been decided in the meantime.
      calls = await retryWhileAway(() => store.runCalls(turn.turn, step))
    }
    return { calls, results: () => toldResults(calls, prepared?.dropped, prepared?.faults) }
  }

  return {
    async *run(step, toolCalls, interrupt) {
      const prepared = await prepareCalls(toolCalls, turn.tools, report)
      const begun = await retryWhileAway(() => store.beginCalls(turn.turn, step, prepared.calls))
      for (const call of begun) yield* partsOfBegun(call, toolOf(call))
      return yield* settle(step, begun, interrupt, prepared)
    },
    async *resume(step, interrupt) {
      return yield* settle(step, await retryWhileAway(() => store.runCalls(turn.turn, step)), interrupt)
    },
  }
}

/** Who follows the turn while it runs is not asked again. */
const tellApproval = ({ id, approvedBy }: Call): StreamPart[] =>
  approvedBy === 'visitor' ? [{ type: 'tool-approval-response', approvalId: id, approved: true }] : []

const GONE: ToolOutcome = { errorCode: 'tool_changed', errorMessage: 'The tool is there no more.' }

/** Whether a call that failed so may have cost something. */
const isMade = (errorCode: string): boolean => errorCode !== 'stopped' && errorCode !== 'tool_changed'

import type { NumberedPart, Usage } from '@loacl/wire'
import { type EndedStep, streamStep, toNextCalls, toStepCalls } from './answer.ts'
import { isContinuation, reopen } from './continuation.ts'
import { firstParts, type TurnEnd } from './ending.ts'
import type { StepCalls } from './fallback.ts'
import { MessageParts } from './message_parts.ts'
import type { InputItem, ModelCall } from './model.ts'
import { createModeration, type Moderation } from './moderation.ts'
import type { NextMove } from './next_move.ts'
import { outputLimits } from './output_limits.ts'
import { PartLog } from './part_log.ts'
import type { OpenTurn, TokenUsage } from './store.ts'
import { withKnownFiles } from './known_files.ts'
import { createToldHistory } from './told_history.ts'
import { type Closing, createClosing } from './turn_closing.ts'
import type { TurnContext, TurnDeps } from './turn_deps.ts'

export interface EndedSteps {
  closing: Closing
  /** The latest call of the model, `null` where none was made. */
  call: ModelCall | null
  /** Of all the steps that this worker ran. */
  usage: Usage | null
  /** The answer's text. */
  content: string
  /** Number of the last part. */
  last: number
  moderation: Moderation
}

/**
 * Runs a turn's steps, one after the other, until the answer is complete, something ends the turn, or it has to wait.
 * Stores what it yields and what becomes of the turn. Does not throw.
 *
 * @param added what the model is told in the first of them, beside the conversation and the steps before
 */
export async function* runSteps(
  turn: OpenTurn,
  context: TurnContext,
  deps: TurnDeps,
  added: readonly InputItem[],
): AsyncGenerator<NumberedPart, EndedSteps, undefined> {
  const interrupt = new AbortController()
  const interruptBy = (end: TurnEnd) => interrupt.abort(end)
  const timeIsUp = () => interruptBy({ state: 'cut', cutReason: 'time_limit' })
  const deadline = setTimeout(timeIsUp, context.deadlineMs)
  deps.shutdown.addEventListener('abort', timeIsUp)
  const openLog = (last: number) =>
    new PartLog(deps.store, turn.turn, last, {
      onStop: () => interruptBy({ state: 'stopped' }),
      onLost: (error) => interruptBy({ state: 'failed', error }),
      onStored: deps.onStored,
    })

  /** What an answer that goes on has said already. */
  const cut = isContinuation(turn) && turn.steps.length === 0 ? reopen(turn.parts) : { stream: [], open: null }
  let log = openLog(turn.lastSeq)
  if (turn.lastSeq === 0) {
    // Pushed together, and so stored together: who takes the turn over begins after both.
    yield* [...firstParts(turn), ...cut.stream].map((part) => log.push(part))
  }
  if (turn.stopRequested) interruptBy({ state: 'stopped' })

  const message = new MessageParts(turn.parts, cut.stream)
  const moderation = createModeration(turn, deps, interruptBy)
  const close = createClosing(turn, message, moderation, context, deps)
  const told = createToldHistory(turn, deps)
  const model = withKnownFiles(told.model, (fileIds) => deps.store.findCitedFiles(turn.turn, fileIds), deps.report)
  let calls: StepCalls | null = null
  let call: ModelCall | null = null
  let usage: Usage | null = null
  let closing: Closing | null = null
  let step: EndedStep | null = null
  let input = added
  for (let number = turn.steps.length + 1; !closing; number++) {
    const before: EndedStep | null = step
    if (number > 1) {
      // Its parts are stored before the turn may end here: whoever follows it reads no further than that.
      closing = (await closeLog()) ?? (await close.beginStep(number, input, before?.details))
      if (closing) break
      log = openLog(log.last)
    }
    const prepare = async () => {
      const isChecked = number > 1 || interrupt.signal.aborted
      const [next] = await Promise.all([
        nextCalls(calls, before),
        isChecked || moderation.checkQuestion(interrupt.signal),
      ])
      calls = next
      await told.summarize(calls.first, interrupt.signal)
      return calls
    }
    const limits = outputLimits(turn.assistant)
    const open = number === 1 ? cut.open : null
    const parts = streamStep(prepare, limits, model, message, interrupt.signal, deps.report, open)
    let next = await parts.next()
    for (; !next.done; next = await parts.next()) {
      moderation.watch(next.value)
      yield log.push(next.value)
    }
    step = { ...next.value, end: await moderation.checkRest(next.value.end) }
    call = step.call
    usage = addUsage(usage, step.details.usage)

    const move = nextMove(step, number)
    if (move.type === 'step') {
      input = move.input
      continue
    }
    clearTimeout(deadline)
    if (step.end.state === 'failed') deps.report(step.end.error)
    closing =
      (await closeLog()) ??
      (move.type === 'wait' ? await close.wait(move.waitMs, step.details) : await close.finish(step, log.lost))
  }
  clearTimeout(deadline)
  deps.shutdown.removeEventListener('abort', timeIsUp)
  return { closing, call, usage, content: message.content, last: log.last, moderation }

  /** Gives how the turn is left where something was said that is not in it. */
  async function closeLog(): Promise<Closing | null> {
    await log.close()
    return log.hasOrphans ? { takenOver: true } : null
  }

  function nextCalls(latest: StepCalls | null, before: EndedStep | null): Promise<StepCalls> | StepCalls {
    return latest && before?.call
      ? toNextCalls(latest, before, before.call, input)
      : toStepCalls(turn, deps.keyRing, context.safetyIdentifier, input)
  }

  function nextMove(ended: EndedStep, number: number): NextMove {
    if (ended.end.state !== 'completed') return { type: 'complete' }
    const move = deps.decideNext({ step: number, toolCalls: ended.details.toolCalls })
    if (move.type !== 'step' || !interrupt.signal.aborted) return move
    ended.end = interrupt.signal.reason as TurnEnd
    return { type: 'complete' }
  }
}

/** Tokens of the steps together. */
const addUsage = (sum: Usage | null, used: TokenUsage | null): Usage | null =>
  used
    ? {
        inputTokens: (sum?.inputTokens ?? 0) + used.inputTokens,
        outputTokens: (sum?.outputTokens ?? 0) + used.outputTokens,
      }
    : sum

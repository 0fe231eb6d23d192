import type { NumberedPart, StreamPart, Usage } from '@loacl/wire'
import { type EndedStep, streamStep, toNextCalls, toStepCalls } from './answer.ts'
import { isContinuation, reopen } from './continuation.ts'
import { toCodedError } from './coded_error.ts'
import { firstParts, isWithdrawn, type TurnEnd } from './ending.ts'
import type { StepCalls } from './fallback.ts'
import { MessageParts } from './message_parts.ts'
import type { InputItem, ModelCall } from './model.ts'
import { createModeration, type Moderation } from './moderation.ts'
import { decideNext } from './next_move.ts'
import { outputLimits } from './output_limits.ts'
import { PartLog } from './part_log.ts'
import { NO_DETAILS } from './step_reader.ts'
import type { OpenTurn, TokenUsage } from './store.ts'
import { mayCall, offerTools } from './tools/offered_tools.ts'
import { createToolSteps } from './tools/tool_steps.ts'
import { stopOpenCalls } from './tools/tool_parts.ts'
import { withKnownFiles } from './known_files.ts'
import { createToldHistory } from './told_history.ts'
import { type Closing, createClosing, LEFT } from './turn_closing.ts'
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
  /** Whether somebody may have read more than how the turn begins: nobody is sent what is not stored. */
  isShown: boolean
  moderation: Moderation
}

/** What a step's calls lead to: another step, with this added to what the model is told, or an end of this worker's part. */
type Settled = { input: readonly InputItem[] } | { closing: Closing }

/**
 * Runs a turn's steps, one after the other, until the answer is complete, something ends the turn, or it has to wait.
 * Stores what it yields and what becomes of the turn. Does not throw.
 */
export async function* runSteps(
  turn: OpenTurn,
  context: TurnContext,
  deps: TurnDeps,
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
  const opening = [...firstParts(turn), ...cut.stream]
  let log = openLog(turn.lastSeq)
  if (turn.lastSeq === 0) {
    // Pushed together, and so stored together: who takes the turn over begins after both.
    yield* opening.map((part) => log.push(part))
  }
  if (turn.stopRequested) interruptBy({ state: 'stopped' })

  const message = new MessageParts(turn.parts, cut.stream)
  const moderation = createModeration(turn, deps, interruptBy)
  const close = createClosing(turn, message, moderation, context, deps)
  const told = createToldHistory(turn, deps)
  const model = withKnownFiles(told.model, (fileIds) => deps.store.findCitedFiles(turn.turn, fileIds), deps.report)
  const tools = createToolSteps(turn, deps)
  let calls: StepCalls | null = null
  let call: ModelCall | null = null
  let usage: Usage | null = null
  let closing: Closing | null = null
  let step: EndedStep | null = null
  let input: readonly InputItem[] = []
  let number = turn.steps.length
  // It has waited for the calls of its last step.
  if (number > 0) take(yield* settle(number, null))
  while (!closing) {
    number++
    if (number > 1) {
      // Its parts are stored before the turn may end here: whoever follows it reads no further than that.
      closing = (await closeLog()) ?? (await close.beginStep(number, input, step?.details))
      if (closing) break
      log = openLog(log.last)
    }
    step = yield* ask(number, step)
    call = step.call
    usage = addUsage(usage, step.details.usage)
    const isCalling = step.end.state === 'completed' && step.details.toolCalls.length > 0
    if (isCalling) take(yield* settle(number, step))
    else closing = yield* finish(step)
  }
  clearTimeout(deadline)
  deps.shutdown.removeEventListener('abort', timeIsUp)
  let { last } = log
  // Somebody else has ended it.
  if ('end' in closing) for (const part of stopOpenCalls(message.parts, closing.end)) yield { seq: ++last, part }
  const isShown = log.stored > opening.length
  return { closing, call, usage, content: message.content, last, isShown, moderation }

  function take(settled: Settled): void {
    if ('input' in settled) ({ input } = settled)
    else ({ closing } = settled)
  }

  /** What the model says in one step. */
  async function* ask(at: number, before: EndedStep | null): AsyncGenerator<NumberedPart, EndedStep, undefined> {
    const prepare = async () => {
      const isChecked = at > 1 || interrupt.signal.aborted
      const [next] = await Promise.all([nextCalls(at, before), isChecked || moderation.checkQuestion(interrupt.signal)])
      calls = next
      await told.summarize(next.first, interrupt.signal)
      return next
    }
    const limits = outputLimits(turn.assistant)
    const open = at === 1 ? cut.open : null
    const parts = streamStep(prepare, limits, model, message, interrupt.signal, deps.report, turn.tools, open)
    let next = await parts.next()
    for (; !next.done; next = await parts.next()) {
      moderation.watch(next.value)
      yield log.push(next.value)
    }
    return { ...next.value, end: await moderation.checkRest(next.value.end, next.value.details.toolCalls) }
  }

  /** Runs what the model called in a step, until all of it has ended, the turn waits for the rest, or it ends. */
  async function* settle(at: number, ended: EndedStep | null): AsyncGenerator<NumberedPart, Settled, undefined> {
    const details = ended?.details ?? NO_DETAILS
    const { signal } = interrupt
    try {
      if (!signal.aborted && ended && !mayCall(turn, at))
        return { closing: yield* finish({ end: { state: 'cut', cutReason: 'step_limit' }, details }) }
      let running = ended ? tools.run(at, details.toolCalls, signal) : tools.resume(at, signal)
      for (;;) {
        const called = signal.aborted ? null : yield* show(running)
        if (!called || signal.aborted) return { closing: yield* finish({ end: signal.reason as TurnEnd, details }) }
        const move = decideNext(called)
        if (move.type === 'step') {
          // Who ends the turn meanwhile ends it: the check is not asked any more.
          await moderation.checkCalls(called.calls, signal).catch((error: unknown) => {
            if (!signal.aborted) throw error
          })
          if (!signal.aborted) return move
          return { closing: yield* finish({ end: signal.reason as TurnEnd, details }) }
        }
        const left = (await closeLog()) ?? (await close.wait(move.waitMs, details))
        if (left) return { closing: left }
        // It has been answered meanwhile.
        log = openLog(log.last)
        running = tools.resume(at, signal)
      }
    } catch (cause) {
      const error = toCodedError(cause)
      if (error.code !== 'turn_lease_lost') yield* stopCalls({ state: 'failed', error })
      return { closing: (await closeLog()) ?? (await close.fail(cause, details)) }
    }
  }

  async function* show<T>(parts: AsyncGenerator<StreamPart, T, undefined>): AsyncGenerator<NumberedPart, T, undefined> {
    let next = await parts.next()
    for (; !next.done; next = await parts.next()) {
      message.add(next.value)
      yield log.push(next.value)
    }
    return next.value
  }

  async function* finish(ended: Pick<EndedStep, 'end' | 'details'>): AsyncGenerator<NumberedPart, Closing, undefined> {
    clearTimeout(deadline)
    if (ended.end.state === 'failed') deps.report(ended.end.error)
    yield* stopCalls(ended.end)
    const left = await closeLog()
    // What may not be shown is withdrawn, whatever is missing of it.
    return left && !isWithdrawn(ended.end) ? left : close.finish(ended, log.lost)
  }

  /** No call is left without an end in an answer that has one. */
  function* stopCalls(end: TurnEnd): Generator<NumberedPart> {
    for (const part of stopOpenCalls(message.parts, end)) {
      message.add(part)
      yield log.push(part)
    }
  }

  /** Gives how the turn is left where something was said that is not in it. */
  async function closeLog(): Promise<Closing | null> {
    await log.close()
    return log.hasOrphans ? LEFT : null
  }

  function nextCalls(at: number, before: EndedStep | null): Promise<StepCalls> | StepCalls {
    return calls && before?.call
      ? toNextCalls(calls, before, before.call, input, offerTools(turn, at))
      : toStepCalls(turn, deps.keyRing, context.safetyIdentifier, input)
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

import type { NumberedPart, Usage } from '@loacl/wire'
import { type EndedStep, handBack, streamStep, toModelCall } from './answer.ts'
import { firstParts, type TurnEnd } from './ending.ts'
import { MessageParts } from './message_parts.ts'
import type { InputItem, ModelCall } from './model.ts'
import { createModeration, type Moderation } from './moderation.ts'
import type { NextMove } from './next_move.ts'
import { outputLimits } from './output_limits.ts'
import { PartLog } from './part_log.ts'
import type { OpenTurn, TokenUsage } from './store.ts'
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

  let log = openLog(turn.lastSeq)
  if (turn.lastSeq === 0) {
    // Pushed together, and so stored together: who takes the turn over begins after both.
    yield* firstParts(turn).map((part) => log.push(part))
  }
  if (turn.stopRequested) interruptBy({ state: 'stopped' })

  const message = new MessageParts(turn.parts)
  const moderation = createModeration(turn, deps, interruptBy)
  const close = createClosing(turn, message, moderation, context, deps)
  let call: ModelCall | null = null
  let usage: Usage | null = null
  let closing: Closing | null = null
  let step: EndedStep | null = null
  let input = added
  for (let number = turn.steps.length + 1; !closing; number++) {
    const before: EndedStep | null = step
    if (number > 1) {
      // Its parts are stored before the turn may end here: whoever follows it reads no further than that.
      await log.close()
      closing = await close.beginStep(number, input, before?.details)
      if (closing) break
      log = openLog(log.last)
    }
    const prepare = async () => {
      const isChecked = number > 1 || interrupt.signal.aborted
      const [next] = await Promise.all([
        nextCall(call, before),
        isChecked || moderation.checkQuestion(interrupt.signal),
      ])
      return (call = next)
    }
    const parts = streamStep(prepare, outputLimits(turn.assistant), deps.model, message, interrupt.signal)
    let next = await parts.next()
    for (; !next.done; next = await parts.next()) {
      moderation.watch(next.value)
      yield log.push(next.value)
    }
    step = { ...next.value, end: await moderation.checkRest(next.value.end) }
    usage = addUsage(usage, step.details.usage)

    const move = nextMove(step, number)
    if (move.type === 'step') {
      input = move.input
      continue
    }
    clearTimeout(deadline)
    if (step.end.state === 'failed') deps.report(step.end.error)
    await log.close()
    closing = move.type === 'wait' ? await close.wait(move.waitMs, step.details) : await close.finish(step, log.lost)
  }
  clearTimeout(deadline)
  deps.shutdown.removeEventListener('abort', timeIsUp)
  return { closing, call, usage, content: message.content, last: log.last, moderation }

  function nextCall(latest: ModelCall | null, before: EndedStep | null): Promise<ModelCall> | ModelCall {
    if (!latest || !before) return toModelCall(turn, deps.keyRing, context.safetyIdentifier, input)
    return { ...latest, input: [...latest.input, ...handBack(before.details.providerItems), ...input] }
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

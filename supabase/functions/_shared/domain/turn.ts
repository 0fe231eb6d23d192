import type { NumberedPart, StreamPart } from '@loacl/wire'
import { toCodedError } from './coded_error.ts'
import { answerComplete, firstParts, isWithdrawn, terminalParts, waitingParts } from './ending.ts'
import { parseFollowUps, toFollowUpsCall, wantsFollowUps } from './follow_ups.ts'
import type { ModelCall } from './model.ts'
import type { Moderation } from './moderation.ts'
import { retryWhileAway, wait } from './retry.ts'
import type { OpenTurn } from './store.ts'
import { summarizeForLater } from './summary.ts'
import { runSteps } from './turn_steps.ts'
import { isRefusal } from './turn_errors.ts'
import type { TurnContext, TurnDeps } from './turn_deps.ts'

/** How many parts there are before anything is said. */
const FIRST_PARTS = 2
/** How long the stream stays open for follow-ups after the answer. */
const FOLLOW_UPS_SHOWN_MS = 3_000
/** How long they may take to be stored: what misses the stream is there when the page loads again. */
const FOLLOW_UPS_STORED_MS = 8_000

/**
 * A turn, as the parts that a visitor sees. It stores what it yields, yields exactly one terminal part, none only where
 * it is no longer this worker's or its end can't be stored, and does not throw. Read it to its end, even when nobody reads it any more: what comes after the terminal part is storing.
 */
export async function* runTurn(
  turn: OpenTurn,
  context: TurnContext,
  deps: TurnDeps,
): AsyncGenerator<NumberedPart, void, undefined> {
  const { closing, call, usage, content, last, isShown, moderation } = yield* runSteps(turn, context, deps)
  let seq = last
  const number = (part: StreamPart): NumberedPart => ({ seq: ++seq, part })
  if ('waiting' in closing) {
    for (const part of waitingParts(closing.waiting)) yield number(part)
    return
  }
  // What was said is to be shown no more: the answer begins anew, and nothing comes of it.
  // Where nothing was read of it, its numbers are those of whoever answers in its place.
  const isTakenBack = 'end' in closing ? last > FIRST_PARTS && isWithdrawn(closing.end) : isShown && closing.isWithdrawn
  if (isTakenBack) for (const part of firstParts(turn)) yield number(part)
  // Who reads it comes back, and follows the worker that has it now or sees how it ended.
  if ('left' in closing) return
  const { end } = closing
  yield number(answerComplete(turn.messageId, end, usage))
  const extras = call && end.state === 'completed' ? makeFollowUps(call, turn, content, moderation, deps) : null
  const summary = call && end.state !== 'failed' ? summarizeForLater(call, turn, deps) : null
  const shown = await Promise.race([extras, wait(FOLLOW_UPS_SHOWN_MS, deps.shutdown)])
  for (const part of [...(shown ?? []), ...terminalParts(end, context.requestId)]) yield number(part)
  await Promise.all([extras, summary])
}

/** Title and suggestions, stored, as parts. They are extras: an error is reported and brings none. */
async function makeFollowUps(
  call: ModelCall,
  turn: OpenTurn,
  answer: string,
  moderation: Moderation,
  { store, model, shutdown, report }: TurnDeps,
): Promise<StreamPart[]> {
  if (!wantsFollowUps(turn)) return []
  const signal = AbortSignal.any([shutdown, AbortSignal.timeout(FOLLOW_UPS_STORED_MS)])
  const none = { title: null, suggestions: [] }
  try {
    const asked = toFollowUpsCall(call, turn, answer)
    const made = await model.generate(asked, signal).then(
      ({ text, usage }) => ({ ...parseFollowUps(text, turn), usage, model: asked.model, isCalled: true }),
      (error: unknown) => {
        report(error)
        return { ...none, usage: null, model: asked.model, isCalled: signal.aborted || !isRefusal(toCodedError(error)) }
      },
    )
    const shown = [made.title ?? [], made.suggestions].flat()
    const allowed = (await moderation.allows(shown)) ? made : { ...made, ...none }
    const followUps = { ...allowed, moderation: moderation.result }
    const saved = await retryWhileAway(() => store.saveFollowUps(turn.turn, followUps))
    const isTitled = turn.isFirstTurn && saved.title !== null
    const { messageId, threadId } = turn
    return [
      ...(saved.suggestions.length > 0
        ? [{ type: 'data-follow-ups' as const, data: { messageId, suggestions: saved.suggestions } }]
        : []),
      // The visitor may have given another one in the meantime.
      ...(isTitled ? [{ type: 'data-title' as const, data: { threadId, title: saved.title! } }] : []),
    ]
  } catch (error) {
    report(error)
    return []
  }
}

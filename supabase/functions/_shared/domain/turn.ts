import type { NumberedPart, StreamPart } from '@loacl/wire'
import { type Answer, streamAnswer, toModelCall } from './answer.ts'
import { type CodedError, toCodedError } from './coded_error.ts'
import { answerComplete, terminalParts, type TurnEnd } from './ending.ts'
import { type FollowUps, parseFollowUps, toFollowUpsCall, wantsFollowUps } from './follow_ups.ts'
import type { KeyRing } from './key_ring.ts'
import type { Model, ModelCall } from './model.ts'
import { MAX_CHARACTERS, outputLimits } from './output_limits.ts'
import { PartLog } from './part_log.ts'
import { retryWhileAway, wait } from './retry.ts'
import type { Caller, NewTurn, TurnOutcome, TurnStore } from './store.ts'
import { endOfStored } from './stored_turn.ts'
import { turnError } from './turn_errors.ts'

export interface TurnWorld {
  store: TurnStore
  model: Model
  keyRing: KeyRing
  /** Aborted when the worker is about to be ended. */
  shutdown: AbortSignal
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

/** How long the stream stays open for follow-ups after the answer. */
const FOLLOW_UPS_SHOWN_MS = 3_000
/** How long they may take to be stored: what misses the stream is there at the next look. */
const FOLLOW_UPS_STORED_MS = 8_000

/**
 * A turn, as the parts that a visitor sees. It stores what it yields, yields exactly one terminal part, and does not
 * throw. Read it to its end, even when nobody looks any more: what comes after the terminal part is storing.
 */
export async function* runTurn(
  turn: NewTurn,
  context: TurnContext,
  world: TurnWorld,
): AsyncGenerator<NumberedPart, void, undefined> {
  const interrupt = new AbortController()
  const interruptBy = (end: TurnEnd) => interrupt.abort(end)
  const timeIsUp = () => interruptBy({ state: 'cut', cutReason: 'time_limit' })
  const deadline = setTimeout(timeIsUp, context.deadlineMs)
  world.shutdown.addEventListener('abort', timeIsUp)
  const log = new PartLog(world.store, turn.turn, {
    onStop: () => interruptBy({ state: 'stopped' }),
    onLost: (error) => interruptBy({ state: 'failed', error }),
  })

  yield log.push({ type: 'start', messageId: turn.messageId })
  const { threadId, userMessageId, messageId } = turn
  yield log.push({ type: 'data-turn', data: { turnId: turn.turn.id, threadId, userMessageId, messageId } })

  let call: ModelCall | null = null
  const prepare = async () => (call = await toModelCall(turn, world.keyRing, context.safetyIdentifier))
  const parts = streamAnswer(prepare, outputLimits(turn.assistant), world.model, interrupt.signal)
  let next = await parts.next()
  for (; !next.done; next = await parts.next()) yield log.push(next.value)
  const answer = next.value
  clearTimeout(deadline)
  world.shutdown.removeEventListener('abort', timeIsUp)
  if (answer.end.state === 'failed') world.report(answer.end.error)

  await log.close()
  const { end, stored } = await finish(turn, answer, log, context, world)
  if (stored) yield log.number(answerComplete(messageId, end, answer.outcome.usage && toUsage(answer.outcome.usage)))

  const extras = stored && call && end.state === 'completed' ? makeFollowUps(call, turn, answer, world) : null
  const shown = await Promise.race([extras, wait(FOLLOW_UPS_SHOWN_MS, world.shutdown)])
  for (const part of [...(shown ?? []), ...terminalParts(end, context.requestId)]) yield log.number(part)
  await extras
}

/** Stores the end. Where the turn was ended by somebody else in the meantime, that end is the one that counts. */
async function finish(
  turn: NewTurn,
  { end, outcome }: Answer,
  { lost }: PartLog,
  { caller }: TurnContext,
  { store, report }: TurnWorld,
): Promise<{ end: TurnEnd; stored: boolean }> {
  const save = (saved: TurnOutcome) => retryWhileAway(() => store.finishTurn(turn.turn, saved), lost ? [] : undefined)
  try {
    await save(outcome)
    return { end, stored: true }
  } catch (cause) {
    const error = toCodedError(cause)
    if (error.code !== 'turn_lease_lost') {
      report(error)
      const failed: TurnEnd = { state: 'failed', error }
      if (error.code === 'database_unavailable') return { end: failed, stored: false }
      const stored = await save(withoutDetails(outcome, error)).then(
        () => true,
        () => false,
      )
      return { end: failed, stored }
    }
  }
  try {
    const stored = await retryWhileAway(() => store.readTurn(turn.turn.id, 0, caller))
    return { end: endOfStored(stored) ?? { state: 'failed', error: turnError('turn_lease_lost') }, stored: true }
  } catch (cause) {
    report(cause)
    return { end: { state: 'failed', error: toCodedError(cause) }, stored: false }
  }
}

/** For an outcome that the database does not take: the text alone, so that the turn still ends. */
function withoutDetails(outcome: TurnOutcome, { code }: CodedError): TurnOutcome {
  const content = outcome.content.slice(0, MAX_CHARACTERS).toWellFormed()
  const parts = content === '' ? [] : [{ type: 'text' as const, text: content }]
  const none = { cutReason: null, providerItems: [], responseId: null, model: null, usage: null }
  return { ...none, state: 'failed', parts, content, errorCode: code }
}

/** Title and suggestions, stored, as parts. They are extras: an error is reported and brings none. */
async function makeFollowUps(
  call: ModelCall,
  turn: NewTurn,
  answer: Answer,
  { store, model, shutdown, report }: TurnWorld,
): Promise<StreamPart[]> {
  if (!wantsFollowUps(turn)) return []
  try {
    const signal = AbortSignal.any([shutdown, AbortSignal.timeout(FOLLOW_UPS_STORED_MS)])
    const { text, usage } = await model.generate(toFollowUpsCall(call, turn, answer.outcome.content), signal)
    const { title, suggestions }: FollowUps = parseFollowUps(text, turn)
    const saved = await store.saveFollowUps(turn.turn, { title, suggestions, usage })
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

const toUsage = ({ inputTokens, outputTokens }: { inputTokens: number; outputTokens: number }) => ({
  inputTokens,
  outputTokens,
})

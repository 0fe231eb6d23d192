import { type NumberedPart, type StreamPart, streamOfMessage } from '@loacl/wire'
import { answerComplete, terminalParts, waitingParts, type TurnEnd } from './ending.ts'
import { foldAll } from './message_parts.ts'
import { orAborted, retryWhileAway } from './retry.ts'
import type { Caller, StoredTurn, TurnStore } from './store.ts'
import { turnError } from './turn_errors.ts'
import type { PollTurn } from './turn_poll.ts'

export interface Following {
  turnId: string
  /** Parts up to this place are known to the reader. */
  after: number
  caller: Caller
  requestId: string
  /** Aborted when the reader has gone, or has followed for long enough. */
  signal: AbortSignal
}

export interface FollowDeps {
  store: TurnStore
  pollTurn: PollTurn
  /** Runs a turn whose worker has fallen silent, and gives its parts; `null` where somebody else does. */
  takeOver: () => Promise<AsyncIterable<NumberedPart> | null>
}

/** How long a reader who saw the end come waits for follow-ups: a little longer than the turn's own stream does. */
const FOLLOW_UPS_MS = 3_500

/** How a stored turn ended; `null` while it runs or waits. */
export function endOfStored({ state, cutReason, errorCode }: StoredTurn): TurnEnd | null {
  switch (state) {
    case 'running':
    case 'waiting':
      return null
    case 'cut':
      return { state, cutReason: cutReason ?? 'time_limit' }
    case 'failed':
      return { state, error: turnError(errorCode ?? 'internal') }
    default:
      return { state }
  }
}

/**
 * The parts of a turn that runs, or ran, elsewhere: what is stored already, then what comes, until it ends or waits.
 * Without a terminal part it ends only when its signal is aborted or the database stays away; the turn then goes on.
 *
 * @param first what `readTurn` gave for this place: having it, the caller knows that the turn may be read
 */
export async function* followTurn(
  first: StoredTurn,
  { turnId, after, caller, requestId, signal }: Following,
  { store, pollTurn, takeOver }: FollowDeps,
): AsyncGenerator<NumberedPart, void, undefined> {
  let turn = first
  let seq = after
  const readNext = (until: AbortSignal) => orAborted(pollTurn(turnId, seq, caller), until)
  const readAll = () => retryWhileAway(() => store.readTurn(turnId, 0, caller))

  let end = endOfStored(turn)
  for (; ; end = endOfStored(turn)) {
    for (const stored of turn.parts) {
      // Other readers, who are not as far, share what is read.
      if (stored.seq <= seq) continue
      seq = stored.seq
      yield stored
    }
    if (end) break
    if (turn.waiting) {
      const last = waitingParts(turn.waiting)
      for (const [place, part] of last.entries()) yield { seq: turn.lastSeq - last.length + 1 + place, part }
      return
    }
    const taken = turn.isSilent ? await takeOver() : null
    if (taken) return yield* taken
    const next = await readNext(signal)
    if (!next) return
    turn = next
  }

  if (!turn.isFolded) {
    const { parts } = await readAll()
    const { content, parts: folded } = foldAll(parts.map(({ part }) => part))
    await retryWhileAway(() => store.foldTurn(turnId, { content, parts: folded }))
  }
  const isGone = turn.parts.length === 0 && (seq === 0 || (await readAll()).parts.length === 0)
  if (isGone) for (const part of retell(turn, turnId)) yield { seq: ++seq, part }
  yield { seq: ++seq, part: answerComplete(turn.messageId, end, null) }

  // A reader who saw the turn run sees its follow-ups come as well.
  const untilShown =
    turn === first || end.state !== 'completed' ? signal : AbortSignal.any([signal, AbortSignal.timeout(FOLLOW_UPS_MS)])
  while (turn !== first && end.state === 'completed' && suggestionsOf(turn).length === 0 && !untilShown.aborted)
    turn = (await readNext(untilShown)) ?? turn
  const suggestions = suggestionsOf(turn)
  if (suggestions.length > 0)
    yield { seq: ++seq, part: { type: 'data-follow-ups', data: { messageId: turn.messageId, suggestions } } }
  for (const part of terminalParts(end, requestId)) yield { seq: ++seq, part }
}

const suggestionsOf = ({ message }: StoredTurn) => message?.suggestions ?? []

/** A turn whose parts were cleared away, told again from its message. */
function* retell({ message, threadId, userMessageId, messageId }: StoredTurn, turnId: string): Generator<StreamPart> {
  yield { type: 'start', messageId }
  yield { type: 'data-turn', data: { turnId, threadId, userMessageId, messageId } }
  yield* streamOfMessage(message?.parts ?? [])
}

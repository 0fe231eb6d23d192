import { type DataParts, isWithdrawal } from '@loacl/wire'
import { type EndedStep, toStepOutcome, toTurnOutcome } from './answer.ts'
import { type CodedError, toCodedError } from './coded_error.ts'
import type { TurnEnd } from './ending.ts'
import type { MessageParts } from './message_parts.ts'
import type { InputItem } from './model.ts'
import type { Moderation } from './moderation.ts'
import { MAX_CHARACTERS } from './output_limits.ts'
import { retryWhileAway } from './retry.ts'
import { NO_DETAILS, type StepDetails } from './step_reader.ts'
import type { OpenTurn, TurnOutcome } from './store.ts'
import { endOfStored } from './stored_turn.ts'
import type { TurnContext, TurnDeps } from './turn_deps.ts'

/**
 * How a worker leaves its turn: it has ended, and that is stored; it waits; or how it ends is for others to say, and who reads it
 * has to come back. `isWithdrawn`: nothing of what this worker said may be shown any more.
 */
export type Closing = { end: TurnEnd } | { waiting: DataParts['waiting'] } | { left: true; isWithdrawn: boolean }

/** For two more minutes: what is flagged may not come back. */
const WITHDRAWAL_DELAYS_MS: readonly number[] = Array(15).fill(8_000)

export const LEFT: Closing = { left: true, isWithdrawn: false }

/**
 * Stores what becomes of a turn between its steps and at its end. Where it was ended by somebody else in the meantime,
 * that end is the one that counts. No method rejects.
 */
export function createClosing(
  turn: OpenTurn,
  message: MessageParts,
  moderation: Moderation,
  { caller }: TurnContext,
  deps: TurnDeps,
) {
  const { store, report, waitUntil } = deps

  /** @param lost why the step's parts could not be stored, if so: then waiting for the database is over */
  async function finish(
    { end, details }: Pick<EndedStep, 'end' | 'details'>,
    lost: CodedError | null,
  ): Promise<Closing> {
    const outcome = toTurnOutcome(end, toStepOutcome(message, details, moderation.result))
    const save = (saved: TurnOutcome, delays: readonly number[] | undefined = lost ? [] : undefined) =>
      retryWhileAway(() => store.finishTurn(turn.turn, saved), delays)
    try {
      await save(outcome)
      moderation.keepResult()
      return { end }
    } catch (cause) {
      const error = toCodedError(cause)
      const isWithdrawn = isWithdrawal(outcome.errorCode)
      if (error.code === 'turn_lease_lost') return isWithdrawn ? { left: true, isWithdrawn } : readEnd()
      report(error)
      if (error.code === 'database_unavailable') {
        // Nobody waits for it. Whoever ends the turn meanwhile knows nothing of what was flagged.
        if (isWithdrawn) waitUntil(save(outcome, WITHDRAWAL_DELAYS_MS).catch(report))
        return { left: true, isWithdrawn }
      }
      return save(withoutDetails(outcome, error)).then(
        // What may not be shown stays that, whatever else goes wrong.
        () => ({ end: isWithdrawn ? end : { state: 'failed', error } }),
        () => ({ left: true, isWithdrawn }),
      )
    }
  }

  /** How a turn stands that this worker has no lease of any more. */
  async function readEnd(): Promise<Closing> {
    try {
      const stored = await retryWhileAway(() => store.readTurn(turn.turn.id, 0, caller))
      if (stored.waiting) return { waiting: stored.waiting }
      const end = endOfStored(stored)
      return end ? { end } : LEFT
    } catch (cause) {
      report(cause)
      return LEFT
    }
  }

  async function fail(cause: unknown, details: StepDetails = NO_DETAILS): Promise<Closing> {
    const error = toCodedError(cause)
    if (error.code === 'turn_lease_lost') return readEnd()
    report(error)
    return finish({ end: { state: 'failed', error }, details }, error.code === 'database_unavailable' ? error : null)
  }

  return {
    finish,
    fail,

    /** Begins a further step: `null` where it runs. `before`: of the step that it follows, if this worker ran one. */
    async beginStep(
      step: number,
      input: readonly InputItem[],
      before: StepDetails | undefined,
    ): Promise<Closing | null> {
      const outcome = before ? toStepOutcome(message, before, moderation.result) : null
      try {
        const { state } = await retryWhileAway(() => store.beginStep(turn.turn, step, input, outcome))
        moderation.keepResult()
        return state === 'running' ? null : await readEnd()
      } catch (cause) {
        return fail(cause, before)
      }
    },

    /** `null` where nothing is waited for any more: somebody has answered meanwhile. */
    async wait(waitMs: number, details: StepDetails): Promise<Closing | null> {
      try {
        const outcome = toStepOutcome(message, details, moderation.result)
        const { state, waiting } = await retryWhileAway(() => store.waitTurn(turn.turn, waitMs, outcome))
        if (waiting) return { waiting }
        return state === 'running' ? null : await readEnd()
      } catch (cause) {
        return fail(cause, details)
      }
    },
  }
}

/** For an outcome that the database does not take: the text alone, so that the turn still ends. */
function withoutDetails(outcome: TurnOutcome, { code }: CodedError): TurnOutcome {
  const isWithdrawn = isWithdrawal(outcome.errorCode)
  const content = isWithdrawn ? '' : outcome.content.slice(0, MAX_CHARACTERS).toWellFormed()
  const parts = content === '' ? [] : [{ type: 'text' as const, text: content }]
  const { isCalled, fallback, givenUp, hostedCalls } = outcome
  const none = {
    cutReason: null,
    isCalled,
    fallback,
    givenUp,
    hostedCalls,
    providerItems: [],
    responseId: null,
    model: null,
    usage: null,
    moderation: null,
  }
  return { ...none, state: 'failed', parts, content, errorCode: isWithdrawn ? outcome.errorCode : code }
}

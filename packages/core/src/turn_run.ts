import { isTerminal, readParts, type NumberedPart, type StreamPart } from '@loacl/wire'
import { abortError, linkedController } from './abort.ts'
import { LoaclError } from './errors.ts'
import { guarded, toClientError } from './guarded.ts'
import { newProgress, reduceTurn, type TurnProgress } from './reduce_turn.ts'
import { backOff, isTransient, MAX_RETRIES, withRetries } from './retry.ts'
import { createTurnLog } from './turn_log.ts'
import type { Turn, TurnResult } from './types.ts'

export interface TurnPlan {
  /** The id that the turn has here. */
  id: string
  startedAt: string
  /** The server's id of a turn that runs already; `null` for one to begin. */
  turnId: string | null
  /** Opens what a turn needs. Nothing has reached the server before it resolves. */
  prepare: (signal: AbortSignal) => Promise<void>
  /** Begins the turn, or joins it where an earlier try got through. */
  begin: (signal: AbortSignal) => Promise<Response>
  follow: (turnId: string, after: number, signal: AbortSignal) => Promise<Response>
  requestStop: (turnId: string, signal: AbortSignal) => Promise<unknown>
  /** After each part, and before its event. */
  onProgress: (progress: TurnProgress) => void
  /** The connection was lost, or is there. */
  onConnection: (isLost: boolean) => void
  /** Once, before the `end` event. */
  onEnd: (result: TurnResult, progress: TurnProgress) => void
  /** Aborted when the client lets go; its reason says why. */
  lifetime: AbortSignal
  /** The caller's: aborting it stops the turn at the server. */
  signal: AbortSignal | undefined
}

/** Starts a turn, and brings it to its one end through lost connections. */
export function runTurn(plan: TurnPlan): Turn {
  let progress = newProgress(plan.startedAt)
  let { turnId } = plan
  let after = 0
  let hasBegun = turnId !== null
  let isStopping = false
  // Aborted when all is over: stops what still waits.
  const life = linkedController([plan.lifetime])
  /** Ends the wait for another try at what was never begun. */
  const waiting = linkedController([life.signal])
  const log = createTurnLog(plan.id, stop)
  /** Characters of each kind that a stream told anew will repeat. */
  const told = { text: 0, reasoning: 0 }
  let repeated = { ...told }

  function stop(): void {
    if (isStopping || life.signal.aborted) return
    isStopping = true
    if (turnId === null) waiting.abort()
    else void stopAtServer(turnId)
  }

  async function stopAtServer(id: string): Promise<void> {
    const requesting = withRetries(() => plan.requestStop(id, life.signal), {
      limit: MAX_RETRIES,
      when: (error) => isTransient(toClientError(error, life.signal), true),
      before: (_, failures) => backOff(failures, life.signal),
    })
    // The stream says how the turn ends, whatever the answer to this was.
    await requesting.catch(() => undefined)
  }

  function take({ seq, part }: NumberedPart): void {
    if (seq <= after) return
    after = seq
    const next = reduceTurn(progress, part)
    const isChanged = next !== progress
    progress = next
    if (part.type === 'data-turn') {
      turnId = part.data.turnId
      repeated = { ...told }
      if (isStopping) void stopAtServer(turnId)
    }
    if (isChanged) plan.onProgress(progress)
    tell(part)
  }

  function tell(part: StreamPart): void {
    const messageId = progress.answer?.id
    if (messageId === undefined) return
    if (part.type === 'text-delta' || part.type === 'reasoning-delta') {
      const type = part.type === 'text-delta' ? 'text' : 'reasoning'
      const delta = part.delta.slice(repeated[type])
      repeated[type] -= part.delta.length - delta.length
      told[type] += delta.length
      if (delta) log.push({ type, messageId, delta })
    } else if ('sourceId' in part) {
      log.push({ type: 'source', messageId, source: part })
    } else if (part.type === 'data-follow-ups') {
      log.push({ type: 'follow-ups', ...part.data })
    } else if (part.type === 'data-title') {
      log.push({ type: 'title', title: part.data.title })
    }
  }

  /** One connection. Resolves with whether the turn's last part came. Calls `reset` for each part that is new. */
  const connect = (reset: () => void): Promise<boolean> =>
    guarded([life.signal], async (signal, alive) => {
      const response = await (turnId === null ? plan.begin(signal) : plan.follow(turnId, after, signal))
      const { body, headers, status } = response
      if (!body || !/^text\/event-stream/i.test(headers.get('content-type') ?? ''))
        throw new LoaclError('response_malformed', 'The answer came without a stream.', { status })
      plan.onConnection(false)
      for await (const numbered of readParts(body, alive)) {
        if (numbered.seq > after) reset()
        take(numbered)
        if (isTerminal(numbered.part)) return true
      }
      return false
    })

  const run = (): Promise<void> =>
    withRetries(
      async (reset) => {
        if (!hasBegun) await plan.prepare(life.signal)
        if (isStopping && turnId === null) throw abortError(waiting.signal)
        hasBegun = true
        if (!(await connect(reset))) throw new LoaclError('stream_cut', 'The stream ended early.')
      },
      {
        limit: MAX_RETRIES,
        when: (error) => hasBegun && isTransient(toClientError(error, life.signal), turnId !== null),
        async before(_, attempt) {
          plan.onConnection(true)
          log.push({ type: 'reconnecting', attempt })
          await backOff(attempt, turnId === null ? waiting.signal : life.signal)
        },
      },
    )

  async function runToEnd(): Promise<void> {
    const lost = await run().then(
      () => null,
      (error: unknown) => toClientError(error, life.signal),
    )
    life.abort()
    plan.signal?.removeEventListener('abort', stop)
    if (lost && progress.answer?.status === 'streaming')
      progress = { ...progress, answer: { ...progress.answer, status: 'failed', errorCode: lost.code } }
    const result = toResult(progress, lost)
    plan.onEnd(result, progress)
    log.push({ type: 'end', result })
  }

  if (plan.signal?.aborted) stop()
  plan.signal?.addEventListener('abort', stop)
  void runToEnd()
  return log.turn
}

function toResult({ answer, usage, error }: TurnProgress, lost: LoaclError | null): TurnResult {
  const status = answer?.status
  // Once the answer is stored, a connection lost while follow-ups were awaited takes nothing away.
  if (answer && (status === 'completed' || status === 'stopped' || status === 'cut'))
    return { status, message: answer, ...(usage ? { usage } : {}) }
  const { code, message, ...details } = error ?? { code: 'internal', message: 'The turn has failed.' }
  return {
    status: 'failed',
    error: lost ?? new LoaclError(code, message, details),
    ...(answer ? { message: answer } : {}),
  }
}

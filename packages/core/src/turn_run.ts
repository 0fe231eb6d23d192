import { isTerminal, readParts, type NumberedPart, type StreamPart } from '@loacl/wire'
import { abortError, linkedController } from './abort.ts'
import { LoaclError } from './errors.ts'
import { guarded, toClientError } from './guarded.ts'
import { delayBefore, isTransient, MAX_ATTEMPTS } from './reconnect.ts'
import { newProgress, reduceTurn, type TurnProgress } from './reduce_turn.ts'
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
  let attempt = 0
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
    for (let tries = 1; tries <= MAX_ATTEMPTS && !life.signal.aborted; tries++) {
      try {
        await plan.requestStop(id, life.signal)
        return
      } catch (error) {
        // The stream says how the turn ends, whatever the answer to this was.
        if (!isTransient(toClientError(error, life.signal), true)) return
      }
      await delayBefore(tries, life.signal)
    }
  }

  function take({ seq, part }: NumberedPart): void {
    if (seq <= after) return
    after = seq
    attempt = 0
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

  /** One connection. Resolves with whether the turn's last part came. */
  const connect = (): Promise<boolean> =>
    guarded([life.signal], async (signal, alive) => {
      const response = await (turnId === null ? plan.begin(signal) : plan.follow(turnId, after, signal))
      const { body, headers, status } = response
      if (!body || !/^text\/event-stream/i.test(headers.get('content-type') ?? ''))
        throw new LoaclError('response_malformed', 'The answer came without a stream.', { status })
      plan.onConnection(false)
      for await (const numbered of readParts(body, alive)) {
        take(numbered)
        if (isTerminal(numbered.part)) return true
      }
      return false
    })

  async function run(): Promise<LoaclError | null> {
    for (;;) {
      try {
        if (!hasBegun) await plan.prepare(life.signal)
        if (isStopping && turnId === null) return abortError(waiting.signal)
        hasBegun = true
        if (await connect()) return null
        throw new LoaclError('stream_cut', 'The stream ended early.')
      } catch (caught) {
        const error = toClientError(caught, life.signal)
        if (life.signal.aborted) return abortError(life.signal)
        if (!hasBegun || !isTransient(error, turnId !== null) || ++attempt > MAX_ATTEMPTS) return error
        plan.onConnection(true)
        log.push({ type: 'reconnecting', attempt })
        await delayBefore(attempt, turnId === null ? waiting.signal : life.signal)
      }
    }
  }

  async function runToEnd(): Promise<void> {
    const lost = await run()
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
  if (answer && status === 'waiting') return { status, message: answer }
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

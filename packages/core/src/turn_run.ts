import { isTerminal, readParts, type NumberedPart } from '@loacl/wire'
import { linkedController } from './abort.ts'
import { announce } from './announce.ts'
import { LoaclError } from './errors.ts'
import { whenFetched, withRecovery } from './load_on_demand.ts'
import { isAnswered, newProgress, reduceTurn, toResult, withAnswer } from './reduce_turn.ts'
import { backOff, isTransient, MAX_RETRIES, withRetries } from './retry.ts'
import type { Begun, ThreadContext, ToRequest, TurnStart } from './thread_context.ts'
import { runningTurn, withFailed, withProgress } from './thread_state.ts'
import { withTimeout, toClientError } from './timeout.ts'
import { createTurnEvents } from './turn_events.ts'
import { createTurnLog } from './turn_log.ts'
import type { Turn, TurnState } from './types.ts'

/** Starts a turn, brings it to its one end through lost connections, and keeps its thread's state in step with it. */
export function startTurn(thread: ThreadContext, start: TurnStart): Turn {
  const { suggestionId } = start
  const { client, state, update } = thread
  let progress = newProgress(client.timestamp())
  /** The server's, once it is known. */
  let turnId = start.follow
  let hasBegun = !!turnId
  let requestId = start.id
  let isStopping = false
  let after = 0
  let shown: TurnState | null = null
  // Aborted when the turn has ended: stops what still waits.
  const running = linkedController([client.lifetime()])
  const { turn, push } = createTurnLog(start.id, stop)
  const pushEvents = createTurnEvents(push)

  /** Once its answer is stored, the thread's state is no longer this turn's: the next may begin. */
  const owns = (): boolean => {
    return runningTurn(state()) === turn
  }
  const show = (status: 'sending' | 'streaming' | 'reconnecting' = turnId ? 'streaming' : 'sending') =>
    shown?.status === status ? shown : (shown = { status, turn })

  function stop(): void {
    if (isStopping || running.signal.aborted) return
    isStopping = true
    if (hasBegun) stopAtServer()
    else running.abort()
  }

  /** By the turn, or by the request while only the server knows the turn, if it does. */
  function stopAtServer(): void {
    const path = turnId ? `turns/${turnId}` : `messages/${encodeURIComponent(requestId)}`
    const request = (signal: AbortSignal) => client.chat(`${path}/stop`, {}, signal)
    withRetries(() => withTimeout([running.signal], request), {
      limit: MAX_RETRIES,
      when: (error) => isTransient(error, true),
      before: (_, failures) => backOff(failures, running.signal),
      // The stream says how the turn ends, whatever the answer to this was. A message that can't be stopped is not sent again.
    }).catch(() => turnId ?? running.abort())
  }

  function confirm(threadId: string): void {
    const isNew = thread.serverId !== threadId
    if (isNew) thread.setServerId(threadId)
    if (start.request) announce(thread, isNew)
    client.upsertSummary(threadId, { lastMessageAt: client.timestamp() }, true)
    if (suggestionId) whenFetched((onDemand) => onDemand.act('useSuggestion', thread, suggestionId))
  }

  function applyPart({ seq, part }: NumberedPart): void {
    after = seq
    const before = progress
    progress = reduceTurn(progress, part)
    let begun: Begun | undefined
    if (part.type === 'data-turn') {
      turnId = part.data.turnId
      begun = start.begun?.(part.data)
      progress = withAnswer(progress, begun?.answer)
      if (isStopping) stopAtServer()
    }
    const { ids, answer, title } = progress
    if (part.type === 'data-waiting') thread.activeTurnId = turnId!
    if (ids && !before.ids) confirm(ids.threadId)
    if (progress !== before) {
      update({
        messages: withProgress(begun?.messages ?? state().messages, start.clientId, progress),
        ...(owns() && {
          turn:
            part.type === 'data-waiting'
              ? { status: 'waiting', calls: part.data.calls }
              : isAnswered(answer)
                ? { status: 'idle' }
                : show(),
        }),
        ...(title && { title }),
      })
      if (ids && title) client.upsertSummary(ids.threadId, { title }, false)
      if (answer) pushEvents(part, answer.id)
    }
  }

  async function post(request: ToRequest, signal: AbortSignal): Promise<Response> {
    const signals = await client.signals()
    const send = async () => {
      const body = await request(thread.serverId)
      requestId = body.id
      return client.chat('turns', { ...body, ...signals }, signal)
    }
    return withRecovery(send, (onDemand, refusal) => onDemand.recoverThread(thread, refusal))
  }

  /** One connection, to the turn's last part. Calls `reset` for each part that is new. */
  const connect = (reset: () => void): Promise<void> =>
    withTimeout([running.signal], async (signal, onActivity) => {
      const { body, headers, status } = await (!turnId && start.request
        ? post(start.request, signal)
        : client.chat(`turns/${turnId}?after=${after}`, undefined, signal))
      if (!body || !headers.get('content-type')?.includes('event-stream'))
        throw new LoaclError('response_malformed', undefined, { status })
      if (owns()) update({ turn: show() })
      for await (const numbered of readParts(body, onActivity)) {
        // What is to stop waits no more: the next connection says how it ended.
        if (isStopping && numbered.part.type === 'data-waiting') break
        if (numbered.seq > after) {
          reset()
          try {
            applyPart(numbered)
          } catch (error) {
            // Else it would be taken for the connection's, as what reading the stream fails with.
            throw toClientError(error, running.signal)
          }
        }
        if (isTerminal(numbered.part)) return
      }
      throw new LoaclError('stream_cut')
    })

  const connectToEnd = (): Promise<void> =>
    withRetries(
      async (reset) => {
        if (!hasBegun) await client.open({ signal: running.signal })
        hasBegun = true
        await connect(reset)
      },
      {
        limit: MAX_RETRIES,
        when: (error) => hasBegun && isTransient(error, !!turnId),
        async before(error, attempt) {
          if (owns()) update({ turn: show('reconnecting') })
          push({ type: 'reconnecting', attempt })
          await backOff(attempt, running.signal, (error as LoaclError).retryAfterMs)
        },
      },
    )

  async function run(): Promise<void> {
    const lost = await connectToEnd().catch((error: unknown) => toClientError(error, running.signal))
    running.abort()
    if (lost && progress.answer?.status === 'streaming')
      progress = withAnswer(progress, { status: 'failed', errorCode: lost.code })
    const result = toResult(progress, lost)
    let messages = withProgress(state().messages, start.clientId, progress)
    let ended: TurnState = { status: 'idle' }
    if (result.status === 'failed') {
      const { error } = result
      ended = { status: 'failed', error }
      messages = withFailed(messages, start.clientId, error)
      if (isTransient(error, true)) {
        thread.activeTurnId = turnId
        thread.mayLack = !turnId
      }
    }
    update({ messages, ...(owns() && { turn: ended }) })
    push({ type: 'end', result })
    if (thread.activeTurnId) whenFetched((onDemand) => onDemand.awaitTurn(thread, !!start.request))
  }

  if (start.signal?.aborted) stop()
  start.signal?.addEventListener('abort', stop, { signal: running.signal })
  void run()
  update({ turn: show() })
  return turn
}

import type { TurnRequest } from '@loacl/wire'
import type { LoaclError } from './errors.ts'
import type { TurnProgress } from './reduce_turn.ts'
import { isTransient, withRetries } from './retry.ts'
import { isSessionError, type ThreadHost } from './thread_host.ts'
import { withFailed, withoutAnswers, withProgress, withUsedSuggestion } from './thread_state.ts'
import { createTurnLog } from './turn_log.ts'
import { runTurn } from './turn_run.ts'
import type { Message, ThreadState, Turn, TurnResult, TurnState } from './types.ts'

/** A thread, as its turns see it. */
export interface TurnedThread {
  state(): ThreadState
  update(change: Partial<ThreadState>): void
  /** The server's id, once there is one. */
  serverId: string | null
  /** The server has the thread under this id. */
  named(serverId: string): void
  /** A turn whose connection failed: it may well go on at the server. */
  lost: { turnId: string; clientId: string | null } | null
}

/** Asked anew for each try: the thread may have got its id, or lost it with its session. */
type ToRequest = (threadId: string | null) => TurnRequest

export type TurnStart = {
  id: string
  /** Of the message that it answers, where that is known. */
  clientId: string | null
  signal?: AbortSignal | undefined
  suggestionId?: string | undefined
  /** The message that gets another answer, in place of those that it has. */
  question?: Message
} & ({ follow: string } | { request: ToRequest })

/** A turn that has failed before it began, and changed nothing. */
export function refusedTurn(id: string, error: LoaclError): Turn {
  const log = createTurnLog(id, () => {})
  log.push({ type: 'end', result: { status: 'failed', error } })
  return log.turn
}

/** Starts a turn and keeps its thread's state in step with it. */
export function startTurn(host: ThreadHost, thread: TurnedThread, start: TurnStart): Turn {
  const { clientId, suggestionId } = start
  const { state, update } = thread
  let shown: TurnState | null = null
  let isConfirmed = false

  /** Once its answer is stored, the thread's state is no longer this turn's: the next may begin. */
  const owns = (): boolean => {
    const current = state().turn
    return 'turn' in current && current.turn === turn
  }
  const connected = () => (isConfirmed || 'follow' in start ? 'streaming' : 'sending')
  const show = (status: 'sending' | 'streaming' | 'reconnecting'): TurnState =>
    shown?.status === status ? shown : (shown = { status, turn })

  function confirm(threadId: string): void {
    isConfirmed = true
    if (thread.serverId !== threadId) thread.named(threadId)
    host.listed(threadId, { lastMessageAt: host.timestamp() }, true)
    if (suggestionId === undefined) return
    update({ messages: withUsedSuggestion(state().messages, suggestionId) })
    const marking = host.rpc('use_suggestion', { suggestion_id: suggestionId }, null, host.lifetime())
    // No word to the visitor: at worst the suggestion is offered again.
    marking.catch(() => undefined)
  }

  function onProgress(progress: TurnProgress): void {
    const { ids, answer, title } = progress
    const isNew = ids !== null && !isConfirmed
    if (isNew) confirm(ids.threadId)
    const { messages } = state()
    // A failed answer keeps the composer until the part that says why.
    const isOver = answer !== null && answer.status !== 'streaming' && answer.status !== 'failed'
    update({
      messages: withProgress(
        isNew && start.question ? withoutAnswers(messages, start.question) : messages,
        clientId,
        progress,
      ),
      ...(owns() ? { turn: isOver ? { status: 'idle' } : show(connected()) } : {}),
      ...(title === null ? {} : { title }),
    })
    if (ids && title !== null) host.listed(ids.threadId, { title }, false)
  }

  function onEnd(result: TurnResult, progress: TurnProgress): void {
    let messages = withProgress(state().messages, clientId, progress)
    if (result.status === 'failed') {
      if (!progress.ids) messages = withFailed(messages, clientId, result.error)
      else if (isTransient(result.error, true)) thread.lost = { turnId: progress.ids.turnId, clientId }
    }
    const turn: TurnState = result.status === 'failed' ? { status: 'failed', error: result.error } : { status: 'idle' }
    update({ messages, ...(owns() && { turn }) })
  }

  async function post(request: ToRequest, signal: AbortSignal): Promise<Response> {
    const signals = await host.signals()
    return await withRetries(() => host.chat('POST', 'turns', { ...request(thread.serverId), ...signals }, signal), {
      limit: 1,
      when: isSessionError,
      async before(error) {
        // The session is over, and its threads with it. A first message loses nothing by that; later ones begin anew.
        if (thread.serverId === null) return
        thread.serverId = null
        throw error
      },
    })
  }

  const follow = (turnId: string, after: number, signal: AbortSignal): Promise<Response> =>
    host.chat('GET', `turns/${turnId}?after=${after}`, undefined, signal)

  const turn = runTurn({
    id: start.id,
    startedAt: host.timestamp(),
    turnId: 'follow' in start ? start.follow : null,
    prepare: host.ready,
    begin: (signal) => ('follow' in start ? follow(start.follow, 0, signal) : post(start.request, signal)),
    follow,
    requestStop: (turnId, signal) => host.chat('POST', `turns/${turnId}/stop`, undefined, signal),
    onProgress,
    onConnection: (isLost) => {
      if (owns()) update({ turn: show(isLost ? 'reconnecting' : connected()) })
    },
    onEnd,
    lifetime: host.lifetime(),
    signal: start.signal,
  })
  thread.lost = null
  update({ turn: show(connected()) })
  return turn
}

import type { CallAnswer } from '@loacl/wire'
import type { ActionTools } from './follow_threads.ts'
import { post, showAnswer } from './call_requests.ts'
import { claimCall, toolOf } from './claim_call.ts'
import type { ThreadContext } from './thread_context.ts'
import { askFirst, callsOf, isFirst, isHidden, type Watch } from './waiting_calls.ts'

/** After its time a call is given this long, for clocks that differ. */
const GRACE_MS = 250
/** Delays before what was overdue is asked for again, doubled with each. */
const MIN_DELAY_MS = 1_000
const MAX_DELAY_MS = 60_000
const DAY_MS = 86_400_000

const watches = new WeakMap<ThreadContext, Watch>()

/**
 * Runs calls of the page's tools, and says when a call is overdue, until the turn has ended.
 *
 * @param isAsking whether the visitor asked here
 */
export async function watchCalls(thread: ThreadContext, tools: ActionTools, isAsking: boolean): Promise<void> {
  if (isAsking && thread.activeTurnId !== null) askFirst(thread, thread.activeTurnId)
  look(watches.get(thread) ?? begin(thread, tools))
}

function begin(thread: ThreadContext, tools: ActionTools): Watch {
  const { client, serverId } = thread
  const ended = endedWith(client.lifetime())
  const watch: Watch = { thread, tools, ended, running: new Map(), tried: new Set(), failures: 0 }
  watches.set(thread, watch)
  const onChange = () => look(watch)
  const unwatchThread = client.threads.get(serverId!)?.subscribe(onChange)
  globalThis.addEventListener?.('visibilitychange', onChange, { signal: ended.signal })
  ended.signal.addEventListener('abort', () => {
    watches.delete(thread)
    unwatchThread?.()
    clearTimeout(watch.timer)
  })
  return watch
}

function endedWith(signal: AbortSignal): AbortController {
  const controller = new AbortController()
  const end = () => controller.abort(signal.reason)
  if (signal.aborted) end()
  else signal.addEventListener('abort', end, { signal: controller.signal })
  return controller
}

/** Nobody waits any more for what these give. */
function endRunning(watch: Watch): void {
  const isAwaited = (id: string) =>
    callsOf(watch).some((call) => call.id === id && /^(approved|running)$/.test(call.status))
  for (const [id, controller] of watch.running) if (!isAwaited(id)) controller.abort()
}

/** Does what the state asks for. */
function look(watch: Watch): void {
  const { thread, ended, running, tried } = watch
  const { status } = thread.state().turn
  if (ended.signal.aborted) return
  clearTimeout(watch.timer)
  if (status === 'idle' || status === 'sending') return ended.abort()
  // Who follows the turn learns there whether it waits for more.
  if (status !== 'waiting') return
  endRunning(watch)
  for (const call of callsOf(watch)) {
    const { id } = call
    if (call.kind !== 'page' || call.status !== 'approved' || tried.has(id) || running.has(id)) continue
    if (!toolOf(watch, id) || (isHidden() && !isFirst(watch))) continue
    const controller = endedWith(ended.signal)
    running.set(id, controller)
    void claimCall(watch, id, controller.signal).finally(() => {
      controller.abort()
      running.delete(id)
    })
  }
  schedule(watch)
}

function schedule(watch: Watch): void {
  const now = Date.parse(watch.thread.client.timestamp())
  const delays = callsOf(watch).flatMap(({ expiresAt, status }) =>
    expiresAt === null || status === 'done' ? [] : [Date.parse(expiresAt) - now + GRACE_MS],
  )
  if (delays.length === 0) return
  const least = watch.failures === 0 ? 0 : Math.min(MIN_DELAY_MS * 2 ** watch.failures, MAX_DELAY_MS)
  const delay = Math.min(Math.max(Math.min(...delays), least), DAY_MS)
  watch.timer = setTimeout(() => void endOverdue(watch), delay)
  // Outside a page, what waits for a visitor keeps no process alive.
  ;(watch.timer as { unref?: () => void }).unref?.()
}

/** Has the server end what is overdue. A hidden page does so when the visitor comes back to it. */
async function endOverdue(watch: Watch): Promise<void> {
  const { thread, tools, ended } = watch
  const turnId = thread.activeTurnId
  if (isHidden() || turnId === null) return
  const before = callsOf(watch)
  try {
    const answer = await post<CallAnswer>(thread, `turns/${turnId}/continue`, {}, 'turnId', ended.signal)
    await showAnswer(thread, tools, answer)
  } catch {
    // Asked again later, as what was not overdue yet.
  }
  if (callsOf(watch) !== before) endRunning(watch)
  const isSame = JSON.stringify(callsOf(watch)) === JSON.stringify(before)
  watch.failures = isSame ? watch.failures + 1 : 0
  look(watch)
}

import type { CallAnswer } from '@loacl/wire'
import type { ActionTools } from './follow_threads.ts'
import { post, showAnswer, showCalls } from './call_requests.ts'
import { claimCall, toolOf } from './claim_call.ts'
import type { ThreadContext } from './thread_context.ts'
import { askFirst, callsOf, isFirst, isHidden, type Watch } from './waiting_calls.ts'

/** After its time a call is given this long, for clocks that differ. */
const GRACE_MS = 250
/** Delays before what was overdue is asked for again, doubled with each, and before a tool is looked for again. */
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
  if (isAsking && thread.activeTurnId) askFirst(thread, thread.activeTurnId)
  const watch = watches.get(thread) ?? begin(thread, tools)
  showCalls(thread, callsOf(watch))
  look(watch)
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
  const { thread, tools, ended, running, tried } = watch
  const { status } = thread.state().turn
  if (ended.signal.aborted) return
  clearTimeout(watch.timer)
  if (status === 'sending') tools.showStored(thread)
  if (status === 'idle' || status === 'sending') return ended.abort()
  // Who follows the turn learns there whether it waits for more.
  if (status !== 'waiting') return
  endRunning(watch)
  let isToolMissing = false
  for (const { id, kind, status: stage } of callsOf(watch)) {
    if (kind !== 'page' || stage !== 'approved' || tried.has(id) || running.has(id)) continue
    const isMissing = !toolOf(watch, id)
    isToolMissing ||= isMissing
    if (isMissing || (isHidden() && !isFirst(watch))) continue
    const controller = endedWith(ended.signal)
    running.set(id, controller)
    void claimCall(watch, id, controller.signal).finally(() => {
      controller.abort()
      running.delete(id)
    })
  }
  schedule(watch, isToolMissing)
}

/** @param isToolMissing whether the page may still register a tool that a call waits for */
function schedule(watch: Watch, isToolMissing: boolean): void {
  const now = Date.parse(watch.thread.client.timestamp())
  const delays = callsOf(watch).flatMap(({ expiresAt, status }) =>
    expiresAt === null || status === 'done' ? [] : [Date.parse(expiresAt) - now + GRACE_MS],
  )
  const least = watch.failures === 0 ? 0 : Math.min(MIN_DELAY_MS * 2 ** watch.failures, MAX_DELAY_MS)
  const overdueIn = Math.max(Math.min(...delays), least)
  const delay = Math.min(overdueIn, isToolMissing ? MIN_DELAY_MS : DAY_MS)
  if (delays.length === 0 && !isToolMissing) return
  const isOverdue = delay === overdueIn
  watch.timer = setTimeout(() => void (isOverdue ? endOverdue(watch) : look(watch)), delay)
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

import { type EventPage, TEXT } from '@loacl/wire'
import type { ClientContext } from './client_context.ts'
import { hasCode } from './error_codes.ts'
import { fetchCalls } from './fetch_calls.ts'
import { listThreads } from './list_threads.ts'
import { loadNewest, unknownEnds } from './load_messages.ts'
import { keepInSight } from './keep_in_sight.ts'
import { openTabChannel, type TabChannel } from './tab_channel.ts'
import type { ThreadContext } from './thread_context.ts'
import { runningTurn } from './thread_state.ts'
import type { Abortable, TurnState } from './types.ts'

/** Delay between two polls of a thread in which a person writes, at first and at most. */
const MIN_DELAY_MS = 3_000
const MAX_DELAY_MS = 60_000

/** A thread that is kept up to date until its visitor is dropped. */
interface Following {
  thread: ThreadContext
  lifetime: AbortSignal
  /** Number of the latest event that the thread's state includes. */
  lastEvent: number
  /** Settles when the latest poll is done. */
  latestPoll: Promise<void>
  /** A poll waits for the one before it. Further calls of `poll` share it. */
  isQueued: boolean
  timer?: ReturnType<typeof setTimeout>
  delay: number
}

interface Follower extends TabChannel {
  threads: Map<ThreadContext, Following>
}

/** By the visitor's lifetime. When it is aborted, polling and the channel end. */
const followers = new WeakMap<AbortSignal, Follower>()

const isOpen = (client: ClientContext): boolean => client.getSnapshot().status === 'open'

function followerOf(client: ClientContext): Follower {
  const lifetime = client.lifetime()
  const known = followers.get(lifetime)
  if (known) return known
  const threads: Follower['threads'] = new Map()
  const onNews = (news: readonly unknown[]) => {
    if (!isOpen(client)) return
    for (const following of threads.values()) void poll(following)
    const isElsewhere = news.some((id) => [...threads.keys()].every(({ serverId }) => serverId !== id))
    // The host didn't ask for this list. If it fails, the next call of the host fails with the reason.
    if (isElsewhere) listThreads(client).catch(() => {})
  }
  const channel = openTabChannel(`loacl:${client.assistant}`, () => visitorOf(client), onNews, lifetime)
  const follower = { ...channel, threads }
  followers.set(lifetime, follower)
  return follower
}

function followingOf(thread: ThreadContext): Following {
  const { threads } = followerOf(thread.client)
  const following = threads.get(thread) ?? {
    thread,
    lifetime: thread.client.lifetime(),
    lastEvent: 0,
    latestPoll: Promise.resolve(),
    isQueued: false,
    delay: MIN_DELAY_MS,
  }
  threads.set(thread, following)
  return following
}

/** 32 bits of the token's 256: they tell a browser's visitors apart, and leave the token as hard to guess. */
async function visitorOf(client: ClientContext): Promise<number | null> {
  return isOpen(client) ? await client.run(client.lifetime(), hash).catch(() => null) : null
}

const hash = async (token: string): Promise<number> =>
  [...token].reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) | 0, 0)

/** Keeps a thread up to date from now on, and tells the visitor's other tabs that something has happened in it. */
async function announceChange(thread: ThreadContext): Promise<void> {
  followingOf(thread)
  if (thread.serverId !== null) await followerOf(thread.client).announce(thread.serverId)
}

/** The same for a turn: when it has begun, and when it has ended. What this page lacks is shown after it. */
export async function announceTurn(thread: ThreadContext): Promise<void> {
  await announceChange(thread)
  const { turn } = thread.state()
  if ('turn' in turn) {
    await turn.turn.done
    await announceChange(thread)
  }
  if (thread.mayLack) showStored(thread)
  thread.mayLack = false
}

/** Loads a thread, and keeps it up to date from then on. */
export async function loadThread(thread: ThreadContext, options?: Abortable): Promise<void> {
  const following = followingOf(thread)
  following.lastEvent = await loadLatest(thread, options)
  schedulePoll(following, true)
}

/** The newest messages, and what the calls need for which their turn waits. */
async function loadLatest(...args: Parameters<typeof loadNewest>): Promise<number> {
  const lastEvent = await loadNewest(...args)
  void awaitCalls(args[0], false)
  return lastEvent
}

/** For a turn that waits, or whose end this page was not told. `isAsking`: whether the visitor asked here. */
export async function awaitTurn(thread: ThreadContext, isAsking: boolean): Promise<void> {
  const { turn } = thread.state()
  if (turn.status !== 'failed') return awaitCalls(thread, isAsking)
  unknownEnds.set(turn, thread.activeTurnId!)
  showStored(thread, turn)
}

/**
 * Fetches what calls of tools need, where a turn waits for some.
 *
 * @param isAsking whether the visitor asked here
 */
async function awaitCalls(thread: ThreadContext, isAsking: boolean): Promise<void> {
  const { turn } = thread.state()
  if (turn.status !== 'waiting' && isAsking) showStored(thread)
  if (turn.status !== 'waiting' || turn.calls.length === 0) return
  thread.begun = keepInSight(thread)
  // Where one of these fails, the next change of the thread makes up for it.
  if (isAsking) announceChange(thread).catch(doNothing)
  await fetchCalls().then(({ watchCalls }) => watchCalls(thread, TOOLS, isAsking), doNothing)
}

/**
 * The visitor has written something else: shows what has become of what they wrote before it once the server has that message.
 *
 * @param until how the page shows the turn before it until then
 */
function showStored(thread: ThreadContext, until?: TurnState): void {
  let isLoading = false
  const look = (): void => {
    const { turn } = thread.state()
    if (isLoading || turn === until || turn.status === 'sending') return
    // It is followed again.
    if (until && runningTurn(thread.state())?.id === unknownEnds.get(until)) return unwatch?.()
    isLoading = true
    // Where it fails, the next change of the thread makes up for it.
    loadLatest(thread, { keepsOlder: true }).then(unwatch, () => (isLoading = false))
  }
  const unwatch = thread.client.threads.get(thread.serverId!)?.subscribe(look)
  look()
}

const doNothing = () => undefined

/** A turn that waited has gone on. */
function followTurn(thread: ThreadContext, turnId: string): void {
  if (runningTurn(thread.state())) return
  thread.activeTurnId = turnId
  if (thread.serverId !== null) thread.client.threads.get(thread.serverId)?.resume()
}

/** What is fetched later uses of this file's: a copy of its own would follow threads of its own. */
export const TOOLS = { announceChange, followTurn, loadNewest: loadLatest, showStored }
export type ActionTools = typeof TOOLS

const isWanted = ({ thread, lifetime }: Following): boolean => thread.listeners.size > 0 && !lifetime.aborted

function poll(following: Following): Promise<void> {
  clearTimeout(following.timer)
  if (!following.isQueued) {
    following.isQueued = true
    following.latestPoll = pollNext(following)
  }
  return following.latestPoll
}

async function pollNext(following: Following): Promise<void> {
  await following.latestPoll
  following.isQueued = false
  if (isWanted(following)) schedulePoll(following, await readEvents(following))
}

function schedulePoll(following: Following, isNew: boolean): void {
  clearTimeout(following.timer)
  const { messages } = following.thread.state()
  if (typeof document === 'undefined' || messages.every(({ author }) => author !== 'person')) return
  following.delay = isNew ? MIN_DELAY_MS : Math.min(following.delay * 2, MAX_DELAY_MS)
  // A hidden page polls again when the visitor comes back to it.
  const wake = () => void (isWanted(following) && document.visibilityState !== 'hidden' && poll(following))
  following.timer = setTimeout(wake, following.delay)
}

/** Resolves to whether there were new events. */
async function readEvents(following: Following): Promise<boolean> {
  const { thread, lastEvent } = following
  const { client, serverId } = thread
  if (serverId === null) return false
  try {
    const args = { thread_id: serverId, after: lastEvent }
    const page = await client.rpc<EventPage>(
      'list_events',
      args,
      { thread: { id: TEXT }, items: [{ kind: TEXT }] },
      following.lifetime,
    )
    const { thread: summary, items } = page
    const isOfMessages =
      page.lastEvent > lastEvent + items.length || items.some(({ kind }) => /^(mess|turn)/.test(kind))
    if (summary.status === 'active') client.upsertSummary(serverId, summary, isOfMessages)
    else removeSummary(client, serverId)
    thread.update({ title: summary.title })
    following.lastEvent = isOfMessages ? await loadLatest(thread, { keepsOlder: true }) : page.lastEvent
    const { turn } = thread.state()
    if (thread.activeTurnId && turn.status !== 'waiting') {
      // Begun by another tab or device. A title may come after its stream.
      void client.threads
        .get(serverId)
        ?.resume()
        ?.done.then<unknown>(({ status }) => {
          // What failed here can still be tried again.
          if (turn.status === 'failed' && !unknownEnds.has(turn) && thread.state().turn.status === 'idle')
            thread.update({ turn })
          // Given up, it is followed again when something happens or the visitor asks for it.
          return status === 'failed' && thread.activeTurnId ? loadLatest(thread, { keepsOlder: true }) : poll(following)
        })
        .catch(doNothing)
    }
    return page.lastEvent > lastEvent
  } catch (error) {
    // Any other error comes again with the next poll, or with the next call of the host.
    if (hasCode(error, 'thread_not_found')) forgetThread(thread, serverId)
    return false
  }
}

/** Deleted or erased elsewhere: nothing of it stays on the screen, and who writes on begins a new one. */
function forgetThread(thread: ThreadContext, threadId: string): void {
  removeSummary(thread.client, threadId)
  thread.client.threads.delete(threadId)
  thread.serverId = null
  thread.cursor = null
  const clear = () => thread.update({ title: null, messages: [], hasOlder: false, turn: { status: 'idle' } })
  const { turn } = thread.state()
  clear()
  // What was still to come of an answer.
  if ('turn' in turn) void turn.turn.done.then(() => thread.serverId === null && clear())
}

const removeSummary = (client: ClientContext, threadId: string): void =>
  client.dispatch('threads_changed', (known) => known.filter(({ id }) => id !== threadId))

import { type MessagePage, TEXT } from '@loacl/wire'
import { untilAborted } from './abort.ts'
import { keepInSight } from './keep_in_sight.ts'
import type { ThreadContext } from './thread_context.ts'
import { upsert } from './thread_state.ts'
import type { Abortable, Message, TurnState } from './types.ts'

const PAGE_SIZE = 50

/** Of how a page shows turns whose end it was not told: their ids. */
export const unknownEnds = new WeakMap<TurnState, string>()

/** Reads the messages before `cursor`, the newest ones where it is `null`. */
function readPage(
  { client, serverId }: ThreadContext,
  cursor: string | null,
  signal: AbortSignal | undefined,
): Promise<MessagePage> {
  const args = { thread_id: serverId, cursor, page_size: PAGE_SIZE }
  return client.rpc<MessagePage>('list_messages', args, { thread: { id: TEXT }, items: [{ id: TEXT }] }, signal)
}

/**
 * Gives the number of the latest event that the messages are as of.
 *
 * @param options `keepsOlder`: messages that are known and older than the newest page stay
 */
export async function loadNewest(
  thread: ThreadContext,
  { signal, keepsOlder = false }: Abortable & { keepsOlder?: boolean } = {},
): Promise<number> {
  if (thread.serverId === null) return 0
  let page: MessagePage
  let before: TurnState
  // A page that is older than a turn which has begun or ended meanwhile lacks messages that are shown already.
  do {
    before = thread.state().turn
    page = await readPage(thread, null, signal)
  } while (thread.state().turn !== before)
  const { turn, messages } = thread.state()
  const isRunning = 'turn' in turn
  const newest = mergeNewest(page, messages, isRunning)
  const older = keepsOlder
    ? messages.slice(
        0,
        Math.max(
          0,
          messages.findIndex(({ id }) => id === newest[0]?.id),
        ),
      )
    : []
  if (older.length === 0) thread.cursor = page.nextCursor
  thread.activeTurnId = isRunning ? null : page.activeTurnId
  thread.begun = keepInSight(thread)
  thread.update({
    ...(isRunning ? {} : { turn: turnOf(page, turn) }),
    title: page.thread.title,
    // What only this page has may be among both.
    messages: [...older, ...newest.filter((message) => !older.includes(message))],
    hasOlder: !!thread.cursor,
  })
  return page.lastEvent
}

/** A page shows whether a turn waits, and how one ended; of other states it says nothing. */
function turnOf({ activeTurnId, items, waiting }: MessagePage, turn: TurnState): TurnState {
  if (activeTurnId && items[0]?.status === 'waiting') return { status: 'waiting', calls: waiting?.calls ?? [] }
  const isTold = turn.status === 'waiting' || (unknownEnds.get(turn) ?? activeTurnId) !== activeTurnId
  return isTold ? { status: 'idle' } : turn
}

/** A server's page, with what only this page has: messages under way or failed, and the answer that is streaming. */
function mergeNewest(page: MessagePage, messages: readonly Message[], isRunning: boolean): Message[] {
  const stored = page.items.toReversed()
  const isStored = (message: Message) =>
    stored.some(({ id, clientId }) => id === message.id || (clientId !== null && clientId === message.clientId))
  const streaming = isRunning ? messages.find(({ status }) => status === 'streaming') : undefined
  const local = messages.filter((message) => message.id === message.clientId && !isStored(message))
  const merged = streaming ? upsert(stored, streaming, ({ id }) => id === streaming.id) : stored
  return [...merged, ...local]
}

const loadingOlder = new WeakMap<ThreadContext, Promise<void>>()

/** Calls for the same page share one request. An aborted signal ends the waiting of its own call alone. */
export async function loadOlder(thread: ThreadContext, { signal }: Abortable = {}): Promise<void> {
  const begin = () => {
    const loading = loadingOlder.get(thread) ?? prepend(thread).finally(() => loadingOlder.delete(thread))
    loadingOlder.set(thread, loading)
    return loading
  }
  await untilAborted(begin, signal)
}

async function prepend(thread: ThreadContext): Promise<void> {
  if (!thread.cursor) return
  const page = await readPage(thread, thread.cursor, undefined)
  thread.cursor = page.nextCursor
  thread.update({ messages: prependOlder(page, thread.state().messages), hasOlder: !!thread.cursor })
}

function prependOlder(page: MessagePage, messages: readonly Message[]): Message[] {
  const known = new Set(messages.map(({ id }) => id))
  return [...page.items.toReversed().filter(({ id }) => !known.has(id)), ...messages]
}

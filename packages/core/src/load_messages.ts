import type { MessagePage } from '@loacl/wire'
import { untilAborted } from './abort.ts'
import type { ThreadContext } from './thread_context.ts'
import { upsert } from './thread_state.ts'
import type { Abortable, Message, TurnState } from './types.ts'

const PAGE_SIZE = 50

/** Reads the messages before `cursor`, the newest ones where it is `null`. */
function readPage(
  { client, serverId }: ThreadContext,
  cursor: string | null,
  signal: AbortSignal | undefined,
): Promise<MessagePage> {
  const args = { thread_id: serverId, cursor, page_size: PAGE_SIZE }
  return client.rpc<MessagePage>('list_messages', args, 'items', signal)
}

export async function loadNewest(thread: ThreadContext, { signal }: Abortable = {}): Promise<void> {
  if (thread.serverId === null) return
  const page = await readPage(thread, null, signal)
  const { turn, messages } = thread.state()
  const isRunning = 'turn' in turn
  thread.cursor = page.nextCursor
  thread.activeTurnId = isRunning ? null : page.activeTurnId
  thread.update({
    ...(isRunning ? {} : { turn: turnOf(page, turn) }),
    title: page.thread.title,
    messages: mergeNewest(page, messages, isRunning),
    hasOlder: page.nextCursor !== null,
  })
}

/** A page shows whether a turn waits; of other states it says nothing. */
function turnOf({ activeTurnId, items }: MessagePage, turn: TurnState): TurnState {
  if (activeTurnId && items[0]?.status === 'waiting') return { status: 'waiting' }
  return turn.status === 'waiting' ? { status: 'idle' } : turn
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
  if (thread.cursor === null) return
  const page = await readPage(thread, thread.cursor, undefined)
  thread.cursor = page.nextCursor
  thread.update({ messages: prependOlder(page, thread.state().messages), hasOlder: thread.cursor !== null })
}

function prependOlder(page: MessagePage, messages: readonly Message[]): Message[] {
  const known = new Set(messages.map(({ id }) => id))
  return [...page.items.toReversed().filter(({ id }) => !known.has(id)), ...messages]
}

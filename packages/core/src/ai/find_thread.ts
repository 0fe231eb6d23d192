import { isThreadOver, type ThreadSummary } from '@loacl/wire'
import type { WithClient } from '../client_context.ts'
import type { Abortable, LoaclClient, Thread, Turn } from '../types.ts'
import { inWords } from './error_words.ts'
import { callsForPage, waitingCalls } from './page_calls.ts'
import { toUIMessage, type ChatMessage } from './ui_message.ts'

/**
 * The thread of a chat id: one that the id names on the server, by either of its ids, or a new one under it. Asks once for
 * each id and visitor. For what `useChat` doesn't do: renaming, deleting, opinions, other branches, older messages.
 *
 * @throws LoaclError
 * @example
 * const thread = await findThread(client, chatId)
 * await thread.rename('My parcel')
 */
export async function findThread(api: LoaclClient, chatId: string, { signal }: Abortable = {}): Promise<Thread> {
  const { client } = api as LoaclClient & WithClient
  const known = client.threads.get(chatId)
  if (known) return known
  const found = await client.rpc<ThreadSummary | null>('find_thread', { id: chatId }, {}, signal)
  if (!found) return api.threads.create({ id: chatId })
  const thread = api.threads.get(found.id)
  client.threads.set(chatId, thread)
  return thread
}

/** By thread, the calls for which its turn waited, as `loadMessages` gave the page its messages last. */
const givenCalls = new WeakMap<Thread, string>()

const callsOf = (thread: Thread): string =>
  JSON.stringify(waitingCalls(thread.getSnapshot()).map(({ id, status }) => [id, status]))

/** Whether a turn waits for the visitor alone, just as the page shows it: its stream has nothing new. */
export function waitsAsGiven(client: LoaclClient, thread: Thread): boolean {
  const state = thread.getSnapshot()
  return (
    waitingCalls(state).some(({ status }) => status === 'pending') &&
    callsForPage(client, state).length === 0 &&
    givenCalls.get(thread) === callsOf(thread)
  )
}

/** Where a turn ends because its thread is over, such as deleted, the chat's next message begins another one. */
export async function leaveIfOver(api: LoaclClient, chatId: string, turn: Turn): Promise<void> {
  const { client } = api as LoaclClient & WithClient
  const result = await turn.done
  if (result.status === 'failed' && isThreadOver(result.error.code)) client.threads.delete(chatId)
}

/**
 * What was said in a chat, oldest first, for `useChat({ messages })`: the newest 50 messages, without an answer that is
 * still being written, which `useChat({ resume: true })` fetches. Empty for a chat that has not begun.
 *
 * @throws LoaclError
 * @example
 * const messages = await loadMessages(client, chatId)
 */
export async function loadMessages(
  client: LoaclClient,
  chatId: string,
  options: Abortable = {},
): Promise<ChatMessage[]> {
  try {
    const thread = await findThread(client, chatId, options)
    await thread.load(options)
    givenCalls.set(thread, callsOf(thread))
    return thread
      .getSnapshot()
      .messages.filter(({ status }) => status !== 'streaming')
      .map(toUIMessage)
  } catch (error) {
    throw inWords(error)
  }
}

import type { ThreadSummary } from '@loacl/wire'
import { LoaclError } from './errors.ts'
import { announceChange } from './follow_threads.ts'
import type { ThreadContext } from './thread_context.ts'
import type { Abortable } from './types.ts'

async function callStored<T extends { id: string }>(
  thread: ThreadContext,
  name: string,
  what: object,
  { signal }: Abortable = {},
): Promise<T> {
  const { client, serverId } = thread
  if (serverId === null) throw new LoaclError('thread_not_found')
  const result = await client.rpc<T>(name, { thread_id: serverId, ...what }, { id: 'string' }, signal)
  await announceChange(thread)
  return result
}

const removeSummary = ({ client }: ThreadContext, id: string) =>
  client.changeThreads((known) => known.filter((summary) => summary.id !== id))

export async function renameThread(thread: ThreadContext, newTitle: string, options?: Abortable): Promise<void> {
  const { id, title } = await callStored<ThreadSummary>(thread, 'update_thread', { title: newTitle }, options)
  thread.update({ title })
  thread.client.upsertSummary(id, { title }, false)
}

export async function archiveThread(thread: ThreadContext, options?: Abortable): Promise<void> {
  const { id } = await callStored(thread, 'update_thread', { status: 'archived' }, options)
  removeSummary(thread, id)
}

export async function deleteThread(thread: ThreadContext, options?: Abortable): Promise<void> {
  const { id } = await callStored(thread, 'delete_thread', {}, options)
  removeSummary(thread, id)
}

export async function restoreThread(thread: ThreadContext, options?: Abortable): Promise<void> {
  const summary = await callStored<ThreadSummary>(thread, 'restore_thread', {}, options)
  thread.client.upsertSummary(summary.id, summary, true)
}

export async function setFeedback(
  thread: ThreadContext,
  messageId: string,
  value: 'up' | 'down' | null,
  comment?: string,
  { signal }: Abortable = {},
): Promise<void> {
  await thread.client.rpc('set_feedback', { message_id: messageId, value, comment }, {}, signal)
  await announceChange(thread)
}

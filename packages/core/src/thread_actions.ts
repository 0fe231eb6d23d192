import { TEXT, type ThreadSummary } from '@loacl/wire'
import type { ActionTools } from './follow_threads.ts'
import { LoaclError } from './errors.ts'
import { backOff, isTransient, withRetries } from './retry.ts'
import type { ThreadContext } from './thread_context.ts'
import { runningTurn } from './thread_state.ts'
import type { Abortable } from './types.ts'

async function callStored<T extends { id: string }>(
  thread: ThreadContext,
  { announceChange }: ActionTools,
  name: string,
  what: object,
  { signal }: Abortable = {},
): Promise<T> {
  const { client, serverId } = thread
  if (serverId === null) throw new LoaclError('thread_not_found')
  const result = await client.rpc<T>(name, { thread_id: serverId, ...what }, { id: TEXT }, signal)
  await announceChange(thread)
  return result
}

const removeSummary = ({ client }: ThreadContext, id: string) =>
  client.dispatch('threads_changed', (known) => known.filter((summary) => summary.id !== id))

export async function rename(
  thread: ThreadContext,
  tools: ActionTools,
  newTitle: string,
  options?: Abortable,
): Promise<void> {
  const { id, title } = await callStored<ThreadSummary>(thread, tools, 'update_thread', { title: newTitle }, options)
  thread.update({ title })
  thread.client.upsertSummary(id, { title }, false)
}

export async function archive(thread: ThreadContext, tools: ActionTools, options?: Abortable): Promise<void> {
  const { id } = await callStored(thread, tools, 'update_thread', { status: 'archived' }, options)
  removeSummary(thread, id)
}

async function deleteThread(thread: ThreadContext, tools: ActionTools, options?: Abortable): Promise<void> {
  const { id } = await callStored(thread, tools, 'delete_thread', {}, options)
  removeSummary(thread, id)
}

export async function restore(thread: ThreadContext, tools: ActionTools, options?: Abortable): Promise<void> {
  const summary = await callStored<ThreadSummary>(thread, tools, 'restore_thread', {}, options)
  thread.client.upsertSummary(summary.id, summary, true)
}

export async function feedback(
  thread: ThreadContext,
  { announceChange }: ActionTools,
  messageId: string,
  value: 'up' | 'down' | null,
  comment?: string,
  { signal }: Abortable = {},
): Promise<void> {
  await thread.client.rpc('set_feedback', { message_id: messageId, value, comment }, {}, signal)
  await announceChange(thread)
}

/** Shows the branch of this message. */
export async function select(
  thread: ThreadContext,
  { announceChange, loadNewest }: ActionTools,
  messageId: string,
  { signal }: Abortable = {},
): Promise<void> {
  const { client, serverId } = thread
  if (serverId === null) throw new LoaclError('thread_not_found')
  if (runningTurn(thread.state())) throw new LoaclError('turn_in_progress')
  const args = { thread_id: serverId, message_id: messageId }
  // Where the answer is lost, the branch is chosen all the same: asked again, it is the same choice.
  await withRetries(() => client.rpc('choose_branch', args, {}, signal), {
    limit: 3,
    when: (error) => isTransient(error, false),
    before: (_, failures) => backOff(failures, signal ?? client.lifetime()),
  })
  await loadNewest(thread, { signal })
  // How a turn of another branch failed is nothing to try again here.
  const { turn, messages } = thread.state()
  if (turn.status === 'failed' && messages.every(({ status }) => status !== 'failed'))
    thread.update({ turn: { status: 'idle' } })
  await announceChange(thread)
}

export { deleteThread as delete }
export { toRequest } from './to_request.ts'
export { useSuggestion } from './use_suggestion.ts'
export { eraseData, exportData } from './visitor_data.ts'

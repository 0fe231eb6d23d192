import { type Page, TEXT, type ThreadSummary } from '@loacl/wire'
import type { ClientContext } from './client_context.ts'
import type { ListOptions } from './types.ts'

export async function listThreads(
  client: ClientContext,
  { signal, cursor, search, archived = false }: ListOptions = {},
): Promise<Page<ThreadSummary>> {
  const args = { assistant_id: client.assistant, cursor, search, archived }
  const page = await client.rpc<Page<ThreadSummary>>('list_threads', args, { items: [{ id: TEXT }] }, signal)
  if (!cursor && !search && !archived) client.dispatch('threads_changed', () => page.items)
  return page
}

import type { Page, ThreadSummary } from '@loacl/wire'
import type { ThreadHost } from './thread_host.ts'
import type { ListOptions } from './types.ts'

export async function listThreads(
  host: ThreadHost,
  { signal, cursor, search, archived = false }: ListOptions,
): Promise<Page<ThreadSummary>> {
  const args = { assistant_id: host.assistant, cursor, search, archived }
  const page = await host.rpc<Page<ThreadSummary>>('list_threads', args, 'items', signal)
  if (!cursor && !search && !archived) host.changeThreads(() => page.items)
  return page
}

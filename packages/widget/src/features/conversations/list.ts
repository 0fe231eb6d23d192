import {
  createStore,
  type LoaclClient,
  type LoaclError,
  type Readable,
  type ThreadSummary,
  toLoaclError,
} from '../runtime.ts'

/** What was fetched, or why it couldn't be. `items` are what is there meanwhile. */
export interface Listed {
  readonly items: readonly ThreadSummary[]
  readonly nextCursor: string | null
  readonly status: 'loading' | 'ready' | LoaclError
}

/** The list of the visitor's conversations. It begins with those that the client knows. */
export interface ConversationList extends Readable<Listed> {
  /** Fetches the first page. */
  load(): Promise<void>
  /** Adds a page. */
  loadMore(): Promise<void>
  /** Its title, or else its first words where they are known. */
  labelOf(thread: ThreadSummary): string | null
}

/** @param onFailure called when a page could not be fetched */
export function createConversationList(client: LoaclClient, onFailure: () => unknown): ConversationList {
  const session = client.getSnapshot()
  const known = session.status === 'open' ? session.threads : []
  const store = createStore<Listed>({ items: known, nextCursor: null, status: 'loading' })

  async function fetchPage(cursor: string | null): Promise<void> {
    const before = store.getSnapshot()
    store.set({ ...before, status: 'loading' })
    try {
      const page = await client.threads.list(cursor ? { cursor } : {})
      store.set({ ...page, items: cursor ? [...before.items, ...page.items] : page.items, status: 'ready' })
    } catch (error) {
      store.set({ ...before, status: toLoaclError(error) })
      onFailure()
    }
  }

  return {
    ...store,
    load: () => fetchPage(null),
    loadMore: () => fetchPage(store.getSnapshot().nextCursor),
    labelOf({ id, title }) {
      const { messages, hasOlder } = client.threads.get(id).getSnapshot()
      return title?.trim() || (!hasOlder && messages[0]?.content.trim().slice(0, 80)) || null
    },
  }
}

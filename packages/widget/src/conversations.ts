import { signal, type ReadonlySignal } from '@preact/signals-core'
import type { LoaclClient, LoaclError, ThreadSummary } from '@loacl/core'
import { toLoaclError } from './model_error.ts'

/** What was fetched, or why it couldn't be. `items` are what is there meanwhile. */
export interface Conversations {
  readonly items: readonly ThreadSummary[]
  readonly nextCursor: string | null
  readonly status: 'loading' | 'ready' | LoaclError
}

const NONE: Conversations = { items: [], nextCursor: null, status: 'loading' }

/** The list of the visitor's conversations, page by page. */
export function createConversations(client: LoaclClient): {
  readonly conversations: ReadonlySignal<Conversations>
  /** Fetches the page at `cursor`, or the first. */
  list(cursor: string | null): Promise<void>
  forget(): void
} {
  const conversations = signal(NONE)
  return {
    conversations,
    async list(cursor) {
      const known = conversations.peek()
      conversations.value = { ...known, status: 'loading' }
      try {
        const page = await client.threads.list(cursor ? { cursor } : {})
        conversations.value = { ...page, items: cursor ? [...known.items, ...page.items] : page.items, status: 'ready' }
      } catch (error) {
        conversations.value = { ...known, status: toLoaclError(error) }
      }
    },
    forget: () => void (conversations.value = NONE),
  }
}

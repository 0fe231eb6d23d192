import type { Strings } from '../runtime.ts'

export const ENGLISH = {
  noConversations: 'No conversations yet. What you ask is kept here.',
  untitled: 'New conversation',
  loadMore: 'Show more',
} satisfies Partial<Strings>

import type { Strings } from '../../strings.ts'

/** English words that only this file says. */
export const MORE_WORDS = {
  noConversations: 'No conversations yet. What you ask is kept here.',
  untitled: 'New conversation',
  loadMore: 'Show more',
  startOver: 'Start over',
  sources: 'Sources',
  reasoning: 'Reasoning',
  reasoningOngoing: 'Thinking…',
  retryWhen: 'You can go on {when}.',
} satisfies Partial<Strings>

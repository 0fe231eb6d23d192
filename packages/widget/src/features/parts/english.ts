import type { Strings } from '../runtime.ts'

export const ENGLISH = {
  sources: 'Sources',
  reasoning: 'Reasoning',
  reasoningOngoing: 'Thinking…',
} satisfies Partial<Strings>

import type { Strings } from '../runtime.ts'

export const ENGLISH = {
  sources: 'Sources',
  source: 'Source {number}: {title}',
} satisfies Partial<Strings>

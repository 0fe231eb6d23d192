import type { Strings } from '../runtime.ts'

export const ENGLISH = {
  jumpToLatest: 'Jump to latest',
} satisfies Partial<Strings>

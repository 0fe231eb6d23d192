import type { Strings } from '../runtime.ts'

export const ENGLISH = {
  charactersLeft: '{count} characters left',
  charactersOver: '{count} characters too long',
} satisfies Partial<Strings>

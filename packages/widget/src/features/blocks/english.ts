import type { MarkdownWords } from '../runtime.ts'

export const ENGLISH = {
  copyCode: 'Copy',
  copied: 'Copied',
  copyFailed: 'Selected',
} satisfies Partial<MarkdownWords>

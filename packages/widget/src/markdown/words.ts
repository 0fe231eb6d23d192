/** What the view of a Markdown text says itself. */
export interface MarkdownWords {
  copyCode: string
  copied: string
  /** Shown where a page may not write to the clipboard; the code is selected then. */
  copyFailed: string
  /** Names a code block for screen readers. */
  code: string
  table: string
  taskDone: string
  taskOpen: string
}

/** Those of another language or of the page; the English for what copies code comes with that. */
export type KnownWords = Omit<MarkdownWords, CodeBarWord> & Partial<MarkdownWords>
type CodeBarWord = 'copyCode' | 'copied' | 'copyFailed'

export const ENGLISH_WORDS: Omit<MarkdownWords, CodeBarWord> = {
  code: 'Code',
  table: 'Table',
  taskDone: 'Done',
  taskOpen: 'To do',
}

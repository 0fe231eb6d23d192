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

export const ENGLISH_WORDS: MarkdownWords = {
  copyCode: 'Copy',
  copied: 'Copied',
  copyFailed: 'Selected',
  code: 'Code',
  table: 'Table',
  taskDone: 'Done',
  taskOpen: 'To do',
}

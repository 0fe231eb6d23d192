import type { Align } from './tree.ts'

const DELIMITER_ROW = /^\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/
const MAX_COLUMNS = 64

/** The cells of a row of a GFM table. */
export const splitRow = (row: string): string[] =>
  row
    .trim()
    .replace(/^\|/, '')
    .replace(/(?<!\\)\|$/, '')
    .split(/(?<!\\)\|/, MAX_COLUMNS + 1)
    .map((cell) => cell.replaceAll('\\|', '|').trim())

/** The columns that `line` gives to a table whose head is the last line of `paragraph`; `null` where it is no table. */
export function readColumns(paragraph: string, line: string): Align[] | null {
  // A bare run of hyphens underlines a heading.
  if (!/[|:]/.test(line) || !DELIMITER_ROW.test(line)) return null
  const columns = splitRow(line)
  const head = paragraph.slice(paragraph.lastIndexOf('\n') + 1)
  if (columns.length > MAX_COLUMNS || columns.length !== splitRow(head).length) return null
  return columns.map((cell) =>
    cell.endsWith(':') ? (cell.startsWith(':') ? 'center' : 'right') : cell.startsWith(':') ? 'left' : undefined,
  )
}

import type { Align } from './tree.ts'

const MAX_COLUMNS = 64

/** The cells of a row of a GFM table. */
export const splitRow = (row: string): string[] =>
  row
    .trim()
    .replace(/^\||(?<!\\)\|$/g, '')
    .split(/(?<!\\)\|/, MAX_COLUMNS + 1)
    .map((cell) => cell.replaceAll('\\|', '|').trim())

/** The columns that `line`, no underline of a heading, gives to a table with this head; `null` where it is no table. */
export function readColumns(head: string, line: string): Align[] | null {
  if (!/^[-:| \t]+$/.test(line)) return null
  const columns = splitRow(line).map((cell) => /^(:)?-+(:)?$/.exec(cell))
  if (columns.length > MAX_COLUMNS || columns.includes(null) || columns.length !== splitRow(head).length) return null
  return columns.map((column) => (column?.[2] ? (column[1] ? 'center' : 'right') : column?.[1] ? 'left' : undefined))
}

import { unescapeText } from './entities.ts'
import { matchAt } from './sticky.ts'

/** Where a link leads, as a link or a reference definition says it. */
export interface Target {
  href: string
  title: string
}
/** A piece of text that was read, and where the reading stopped. */
interface Read<T> {
  value: T
  end: number
}

const ANGLED = /<(?:[^<>\n\\]|\\.)*>/y
const TITLE = /"(?:[^"\\]|\\[^])*"|'(?:[^'\\]|\\[^])*'|\((?:[^()\\]|\\[^])*\)/y
const SPACE = /[ \t]*\n?[ \t]*/y
/** A link label (spec 6.3). It may be empty: `[]`. */
const LABEL = /\[((?:[^[\]\\]|\\[^]){0,999})\]/y
const LINE_END = /[ \t]*(?:\n|$)/y
const MAX_PARENTHESES = 32

const skipSpace = (text: string, at: number): number => at + (matchAt(SPACE, text, at)?.[0].length ?? 0)

/** A link label at `at`, brackets left off. */
export function readLabel(text: string, at: number): Read<string> | null {
  const label = matchAt(LABEL, text, at)
  return label && { value: label[1] ?? '', end: at + label[0].length }
}

/** Labels match whatever their case and spacing. */
export const normalizeLabel = (label: string): string => label.trim().replace(/\s+/g, ' ').toLowerCase().toUpperCase()

function readDestination(text: string, at: number): Read<string> | null {
  if (text[at] === '<') {
    const angled = matchAt(ANGLED, text, at)
    return angled && { value: unescapeText(angled[0].slice(1, -1)), end: at + angled[0].length }
  }
  let end = at
  let depth = 0
  for (; end < text.length; end++) {
    const char = text[end] ?? ''
    if (char <= ' ' || char === '\x7f' || (char === ')' && !depth)) break
    if (char === '\\' && /[!-/:-@[-`{-~]/.test(text[end + 1] ?? '')) end++
    else if (char === '(' && ++depth > MAX_PARENTHESES) return null
    else if (char === ')') depth--
  }
  return depth ? null : { value: unescapeText(text.slice(at, end)), end }
}

/** A title after at least one space or line ending. */
function readTitle(text: string, at: number): Read<string> | null {
  const start = skipSpace(text, at)
  const title = start > at ? matchAt(TITLE, text, start) : null
  return title && { value: unescapeText(title[0].slice(1, -1)), end: start + title[0].length }
}

/** `(destination "title")` at `at` (spec 6.3, inline links). */
export function readInlineTarget(text: string, at: number): Read<Target> | null {
  if (text[at] !== '(') return null
  const destination = readDestination(text, skipSpace(text, at + 1))
  if (!destination) return null
  const title = readTitle(text, destination.end)
  const end = skipSpace(text, title?.end ?? destination.end)
  return text[end] === ')' ? { value: { href: destination.value, title: title?.value ?? '' }, end: end + 1 } : null
}

/** A link reference definition at `at` (spec 4.7). */
export function readDefinition(text: string, at: number): (Read<Target> & { label: string }) | null {
  const label = readLabel(text, at)
  if (!label || text[label.end] !== ':' || !label.value.trim()) return null
  const start = skipSpace(text, label.end + 1)
  const destination = readDestination(text, start)
  if (!destination || destination.end === start) return null
  const title = readTitle(text, destination.end)
  // A title that is followed by more is none; then the destination must end its line.
  const last = title && matchAt(LINE_END, text, title.end) ? title : { value: '', end: destination.end }
  const ending = matchAt(LINE_END, text, last.end)
  if (!ending) return null
  const value = { href: destination.value, title: last.value }
  return { label: normalizeLabel(label.value), value, end: last.end + ending[0].length }
}

import { unescapeText } from './entities.ts'
import { matchAt } from './sticky.ts'

/** Where a link leads, as a link or a reference definition says it. */
export interface Target {
  href: string
  title: string
}
/** A piece of text that was read, and where the reading stopped. */
export interface Read<T> {
  value: T
  end: number
}

const ANGLED = /<(?:[^<>\n\\]|\\.)*>/y
const TITLE = /"(?:[^"\\]|\\[^])*"|'(?:[^'\\]|\\[^])*'|\((?:[^()\\]|\\[^])*\)/y
const SPACE = /[ \t]*\n?[ \t]*/y
const MAX_PARENTHESES = 32

const skipSpace = (text: string, at: number): number => at + (matchAt(SPACE, text, at)?.[0].length ?? 0)

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

/**
 * `destination "title"` after the space at `at`, as links and definitions have it. `titleless`: where it ends without its title.
 * An empty destination ends where it begins.
 */
export function readTarget(text: string, at: number): (Read<Target> & { start: number; titleless: number }) | null {
  const start = skipSpace(text, at)
  const destination = readDestination(text, start)
  if (!destination) return null
  const title = readTitle(text, destination.end)
  const value = { href: destination.value, title: title?.value ?? '' }
  return { value, start, titleless: destination.end, end: title?.end ?? destination.end }
}

/** `(destination "title")` at `at` (spec 6.3, inline links). */
export function readInlineTarget(text: string, at: number): Read<Target> | null {
  const target = text[at] === '(' ? readTarget(text, at + 1) : null
  const end = target ? skipSpace(text, target.end) : 0
  return target && text[end] === ')' ? { value: target.value, end: end + 1 } : null
}

import { matchAt } from './sticky.ts'
import type { Emphasis } from './tree.ts'
import type { Token } from './tokens.ts'

/** A run of `*`, `_` or `~` (spec 6.4, GFM strikethrough). */
export interface Delimiter {
  token: Token
  char: string
  /** Characters that it began with, and those that are not used up. */
  length: number
  count: number
  opens: boolean
  closes: boolean
  /** Its place among those that are paired. */
  order: number
  /** Whether letters or digits touch it on both sides, as in `5*3`. */
  inWord: boolean
}

/** A run, and the characters around it. */
const RUN = /(?<=(.?))(?:\*+|_+|~+)(?=(.?))/suy
const SPACE = /^\s?$/u
const PUNCTUATION = /[\p{P}\p{S}]/u
/** Scripts without blanks between words: there a mark may stand between a letter and a quote (not in the spec). */
const UNSPACED = /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}]/u

/** Reads the run at `at` and says whether it can open or close emphasis, by the characters around it. */
export function readDelimiter(text: string, at: number): Delimiter {
  const [run = '', before = '', after = ''] = matchAt(RUN, text, at) ?? []
  const char = run[0] ?? ''
  const spaceBefore = SPACE.test(before)
  const spaceAfter = SPACE.test(after)
  const markBefore = PUNCTUATION.test(before)
  const markAfter = PUNCTUATION.test(after)
  const left = !spaceAfter && (!markAfter || spaceBefore || markBefore || UNSPACED.test(before))
  const right = !spaceBefore && (!markBefore || spaceAfter || markAfter || UNSPACED.test(after))
  // A single tilde inside a word is "about": 10~20.
  const strict = char === '_' || run === '~'
  const known = char !== '~' || run.length < 3
  return {
    token: { content: run, closes: 0, opens: [] },
    char,
    length: run.length,
    count: run.length,
    order: 0,
    opens: known && left && (!strict || !right || markBefore),
    closes: known && right && (!strict || !left || markAfter),
    inWord: left && right && !markBefore && !markAfter,
  }
}

function matches(opener: Delimiter, closer: Delimiter): boolean {
  if (opener.char !== closer.char) return false
  if (opener.char === '~') return opener.length === closer.length
  // The rule of three (spec 6.4, rules 9 and 10).
  return !((opener.closes || closer.opens) && (opener.length + closer.length) % 3 === 0 && closer.length % 3 !== 0)
}

const typeOf = (char: string, size: number): Emphasis['type'] => (char === '~' ? 'del' : size === 2 ? 'strong' : 'em')

const open = (opener: Delimiter, size: number): void => {
  opener.count -= size
  opener.token.opens.push({ type: typeOf(opener.char, size), children: [] })
}

/**
 * Pairs the delimiters (spec, appendix "process emphasis") and returns those that found no end.
 * `floors` holds, for each kind of closer, where its search may stop: that keeps the whole linear.
 */
export function pairDelimiters(delimiters: readonly Delimiter[]): Delimiter[] {
  const openers: Delimiter[] = []
  const floors = new Map<string, number>()
  for (const [order, closer] of delimiters.entries()) {
    closer.order = order
    const kind = closer.char + closer.opens + (closer.length % 3)
    while (closer.closes && closer.count) {
      const floor = floors.get(kind) ?? 0
      const found = openers.findLastIndex((opener) => opener.order < floor || matches(opener, closer))
      const opener = openers[found]
      if (!opener || opener.order < floor) {
        floors.set(kind, order)
        break
      }
      const size = Math.min(opener.count, closer.count, 2)
      open(opener, size)
      closer.count -= size
      closer.token.closes++
      openers.length = opener.count ? found + 1 : found
    }
    if (closer.opens && closer.count) openers.push(closer)
  }
  for (const { token, char, count } of delimiters) token.content = char.repeat(count)
  return openers
}

/** At the end of a text that is still coming: opens what will most likely be closed. */
export function openUnclosed(openers: readonly Delimiter[]): void {
  for (const opener of openers) {
    const likely = opener.char === '~' ? opener.count === 2 : opener.count < 4 && !(opener.count === 1 && opener.inWord)
    if (!likely) continue
    if (opener.count === 3) open(opener, 2)
    open(opener, opener.count)
    opener.token.content = ''
  }
}

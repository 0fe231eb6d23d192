import { type Delimiter, openUnclosed, pairDelimiters, readDelimiter } from './emphasis.ts'
import { decodeEscape, ESCAPE } from './entities.ts'
import { further, lacking } from './further.ts'
import { type Read, readInlineTarget, type Target } from './links.ts'
import { matchAt } from './sticky.ts'
import { likelyLinkEnd, trimTail } from './tail.ts'
import { buildInlines, type Token } from './tokens.ts'
import type { Inline, Link } from './tree.ts'

/** A `[` or `![` that may begin a link or an image. */
interface Bracket {
  token: Token
  image: boolean
  /** Where its text starts. */
  start: number
  /** Delimiters before it. */
  delimiters: number
}

export interface InlineOptions {
  /** What the brackets that open at `open` and close before `at` refer to. */
  find(text: string, open: number, at: number): Read<Target> | undefined
  /** Whether more may come: then marks that are still open at the end count as what they will most likely become. */
  unfinished: boolean
}

const PLAIN = /[^\\`*_~[\]!<&\n]+/y
const AUTOLINK = /<(?:([a-z][a-z\d.+-]{1,31}:)[^\s<>]*|[\w.!#$%&'*+/=?^`{|}~-]+@[a-z\d-]+(?:\.[a-z\d-]+)*)>/iy
/** A new line, by a backslash or by the one tag that models write where Markdown has no word for it: in a table's cell. */
const BREAK = /\\\n|<br ?\/?>/iy
/** Where a link leads that is still coming. */
const UNKNOWN = { href: null, title: '' }

/** Reads the inline content of one block (spec 6, and its appendix's second phase). */
export function parseInlines(source: string, { find, unfinished }: InlineOptions): Inline[] {
  const text = unfinished ? trimTail(source) : source
  const tokens: Token[] = []
  const delimiters: Delimiter[] = []
  const brackets: Bracket[] = []
  /** Brackets below it can be no links any more: links hold no links. */
  let linkFloor = 0
  let at = 0
  /** The last place of a backtick run by its length. */
  let lastTicks: Map<number, number> | undefined
  /** Where plain text ends that URLs cut up: it is looked for once. */
  let plainEnd = 0
  /** No link that begins before it is likely to end. */
  let unlikely = 0

  function add(content: Inline): Token {
    const token: Token = { content, closes: 0, opens: [] }
    tokens.push(token)
    return token
  }

  function addLink(href: string, child: string): void {
    add({ type: 'link', href, title: '', children: [child] })
  }

  function take(pattern: RegExp): RegExpExecArray | null {
    const found = matchAt(pattern, text, at)
    if (found) at += found[0].length
    return found
  }

  /** Reads one token; plain text only up to `limit`. */
  function read(limit: number): void {
    const from = at
    const char = text[from] ?? ''
    if (char === '`') readTicks()
    else if (char === '*' || char === '_' || char === '~') addDelimiter()
    else if (char === '[') openBracket(1)
    else if (char === '!' && text[from + 1] === '[') openBracket(2)
    else if (char === ']') closeBracket()
    else if (char === '\n') readLineEnd()
    else if (/[\\&<]/.test(char)) readEscape()
    else {
      if (from >= plainEnd) {
        take(PLAIN)
        plainEnd = at
      }
      at = Math.max(Math.min(plainEnd, limit), from + 1)
      const plain = text.slice(from, at)
      if (/:\/\/|www\.|@/i.test(plain)) lacking.add('links')
      add(plain)
    }
  }

  /** The next characters as they stand. */
  function pass(count: number): string {
    return text.slice(at, (at += count))
  }

  function readLineEnd(): void {
    at++
    const before = tokens.at(-1)
    let hard = false
    if (typeof before?.content === 'string' && before.content.endsWith(' ')) {
      hard = before.content.endsWith('  ')
      before.content = before.content.trimEnd()
    }
    add(hard ? { type: 'break' } : '\n')
  }

  /** What begins with a backslash, `&` or `<`. */
  function readEscape(): void {
    const link = take(AUTOLINK)
    const escape = link ? null : take(ESCAPE)
    if (link) {
      const address = link[0].slice(1, -1)
      addLink(link[1] ? address : `mailto:${address}`, address)
    } else if (escape) add(decodeEscape(escape))
    else add(take(BREAK) ? { type: 'break' } : pass(1))
  }

  /** A code span (spec 6.1), or the backticks themselves where none ends it. */
  function readTicks(): void {
    const ticks = take(/`+/y)?.[0] ?? ''
    const start = at
    if (!lastTicks) {
      lastTicks = new Map()
      for (const run of text.matchAll(/`+/g)) lastTicks.set(run[0].length, run.index)
    }
    let end = -1
    while (end < 0 && (lastTicks.get(ticks.length) ?? -1) >= start) {
      take(/[^`]+/y)
      const run = at
      if (take(/`+/y)?.[0].length === ticks.length) end = run
    }
    if (end < 0 && !unfinished) return void add(ticks)
    if (end < 0) end = text.length
    const code = text.slice(start, end).replaceAll('\n', ' ')
    const padded = code.startsWith(' ') && code.endsWith(' ') && /[^ ]/.test(code)
    add({ type: 'code', text: padded ? code.slice(1, -1) : code })
    at = end + ticks.length
  }

  function addDelimiter(): void {
    const delimiter = readDelimiter(text, at)
    at += delimiter.length
    delimiters.push(delimiter)
    tokens.push(delimiter.token)
  }

  function openBracket(length: number): void {
    const token = add(pass(length))
    brackets.push({ token, image: length === 2, start: at, delimiters: delimiters.length })
  }

  /** "Look for link or image" of the spec's appendix. */
  function closeBracket(): void {
    at++
    const bracket = brackets.pop()
    const below = brackets.length
    const active = bracket && (bracket.image || below >= linkFloor)
    linkFloor = Math.min(linkFloor, below)
    const target = active ? readTarget(bracket) : null
    if (!bracket || !target) return void add(']')
    pairDelimiters(delimiters.splice(bracket.delimiters))
    openLink(bracket, target)
    add('').closes = 1
    if (!bracket.image) linkFloor = below
  }

  function openLink({ token, image }: Bracket, target: Omit<Link, 'type' | 'children'>): void {
    token.content = ''
    token.opens.push({ ...target, type: image ? 'image' : 'link', children: [] })
  }

  function readTarget({ start }: Bracket): Omit<Link, 'type' | 'children'> | null {
    const target = readInlineTarget(text, at) ?? find(text, start - 1, at)
    if (target) {
      at = target.end
      return target.value
    }
    if (!unfinished || at < unlikely) return null
    if (likelyLinkEnd(text, at)) {
      at = text.length
      return UNKNOWN
    }
    // Another destination in this word would end with it.
    if (text[at] === '(') unlikely = at + text.slice(at).search(/\s|$/)
    return null
  }

  function finish(): void {
    const bracket = unfinished ? brackets.at(-1) : undefined
    // Far back, or with a line ending after it, an open bracket is more likely to be just that.
    if (bracket && text.length - bracket.start < 200 && !text.includes('\n', bracket.start)) {
      openUnclosed(pairDelimiters(delimiters.splice(bracket.delimiters)))
      openLink(bracket, UNKNOWN)
    }
    const open = pairDelimiters(delimiters)
    if (unfinished) openUnclosed(open)
  }

  const urls = further.findBareUrls(text)
  let next = 0
  while (at < text.length) {
    while ((urls[next]?.start ?? Infinity) < at) next++
    const url = urls[next]
    if (url?.start === at) {
      addLink(url.href, text.slice(at, url.end))
      at = url.end
    } else read(url?.start ?? text.length)
  }
  finish()
  return buildInlines(tokens)
}

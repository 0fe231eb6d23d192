import { findBareUrls } from './bare_urls.ts'
import { type Delimiter, openUnclosed, pairDelimiters, readDelimiter } from './emphasis.ts'
import { decodeEntity, ENTITY } from './entities.ts'
import { normalizeLabel, readInlineTarget, readLabel, type Target } from './links.ts'
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
  /** Whether another bracket came after it: then what follows it is no label. */
  followed: boolean
}

export interface InlineOptions {
  /** Looks a normalised label up. */
  define(label: string): Target | undefined
  /** Whether more may come: then marks that are still open at the end count as what they will most likely become. */
  unfinished: boolean
}

const PLAIN = /[^\\`*_~[\]!<&\n]+/y
const AUTOLINK = /<(?:([a-z][a-z\d.+-]{1,31}:[^\s<>]*)|([\w.!#$%&'*+/=?^`{|}~-]+@[a-z\d-]+(?:\.[a-z\d-]+)*))>/iy
/** The one tag that models write where Markdown has no word for it: a new line in a table's cell. */
const LINE_BREAK_TAG = /<br ?\/?>/iy
const ESCAPABLE = /[!-/:-@[-`{-~]/

/** Reads the inline content of one block (spec 6, and its appendix's second phase). */
export function parseInlines(source: string, options: InlineOptions): Inline[] {
  return new InlineParser(options.unfinished ? trimTail(source) : source, options).parse()
}

class InlineParser {
  readonly #text: string
  readonly #options: InlineOptions
  readonly #tokens: Token[] = []
  readonly #delimiters: Delimiter[] = []
  readonly #brackets: Bracket[] = []
  /** Brackets below it can be no links any more: links hold no links. */
  #linkFloor = 0
  #at = 0
  /** The last place of a backtick run by its length. */
  #lastTicks: Map<number, number> | undefined

  constructor(text: string, options: InlineOptions) {
    this.#text = text
    this.#options = options
  }

  parse(): Inline[] {
    const urls = findBareUrls(this.#text)
    let next = 0
    while (this.#at < this.#text.length) {
      while ((urls[next]?.start ?? Infinity) < this.#at) next++
      const url = urls[next]
      if (url?.start === this.#at) {
        this.#add({ type: 'link', href: url.href, title: '', children: [this.#text.slice(url.start, url.end)] })
        this.#at = url.end
      } else this.#read(url?.start ?? this.#text.length)
    }
    this.#finish()
    return buildInlines(this.#tokens)
  }

  #add(content: Inline): Token {
    const token: Token = { content, closes: 0, opens: [] }
    this.#tokens.push(token)
    return token
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)
    if (match) this.#at += match[0].length
    return match
  }

  /** Reads one token; plain text only up to `limit`. */
  #read(limit: number): void {
    const from = this.#at
    const char = this.#text[from] ?? ''
    if (char === '\\') this.#readBackslash()
    else if (char === '`') this.#readTicks()
    else if (char === '*' || char === '_' || char === '~') this.#readDelimiter()
    else if (char === '[') this.#openBracket(1)
    else if (char === '!' && this.#text[from + 1] === '[') this.#openBracket(2)
    else if (char === ']') this.#closeBracket()
    else if (char === '\n') this.#readLineEnd()
    else if (char === '<') this.#readAngle()
    else if (char === '&') {
      const entity = this.#match(ENTITY)
      this.#add(entity ? decodeEntity(entity[0]) : this.#pass(1))
    } else {
      const plain = this.#match(PLAIN)
      this.#at = Math.min(this.#at, Math.max(limit, from + 1))
      this.#add(plain ? this.#text.slice(from, this.#at) : this.#pass(1))
    }
  }

  /** The next characters as they stand. */
  #pass(count: number): string {
    return this.#text.slice(this.#at, (this.#at += count))
  }

  #readBackslash(): void {
    const next = this.#text[this.#at + 1] ?? ''
    if (next === '\n') {
      this.#at += 2
      this.#add({ type: 'break' })
    } else if (ESCAPABLE.test(next)) {
      this.#at++
      this.#add(this.#pass(1))
    } else this.#add(this.#pass(1))
  }

  #readLineEnd(): void {
    this.#at++
    const before = this.#tokens.at(-1)
    let hard = false
    if (typeof before?.content === 'string' && before.content.endsWith(' ')) {
      hard = before.content.endsWith('  ')
      before.content = before.content.trimEnd()
    }
    this.#add(hard ? { type: 'break' } : '\n')
  }

  #readAngle(): void {
    const link = this.#match(AUTOLINK)
    if (link) {
      const text = link[1] ?? link[2] ?? ''
      this.#add({ type: 'link', href: link[1] ? text : `mailto:${text}`, title: '', children: [text] })
    } else this.#add(this.#match(LINE_BREAK_TAG) ? { type: 'break' } : this.#pass(1))
  }

  /** A code span (spec 6.1), or the backticks themselves where none ends it. */
  #readTicks(): void {
    const ticks = this.#match(/`+/y)?.[0] ?? ''
    const start = this.#at
    if (!this.#lastTicks) {
      this.#lastTicks = new Map()
      for (const run of this.#text.matchAll(/`+/g)) this.#lastTicks.set(run[0].length, run.index)
    }
    let end = -1
    if ((this.#lastTicks.get(ticks.length) ?? -1) >= start) {
      const run = /`+/g
      run.lastIndex = start
      let match = run.exec(this.#text)
      while (match && match[0].length !== ticks.length) match = run.exec(this.#text)
      end = match?.index ?? -1
    }
    if (end < 0 && !this.#options.unfinished) return void this.#add(ticks)
    if (end < 0) end = this.#text.length
    const code = this.#text.slice(start, end).replaceAll('\n', ' ')
    const padded = code.startsWith(' ') && code.endsWith(' ') && /[^ ]/.test(code)
    this.#add({ type: 'code', text: padded ? code.slice(1, -1) : code })
    this.#at = end + ticks.length
  }

  #readDelimiter(): void {
    const delimiter = readDelimiter(this.#text, this.#at)
    this.#at += delimiter.length
    this.#delimiters.push(delimiter)
    this.#tokens.push(delimiter.token)
  }

  #openBracket(length: number): void {
    const token = this.#add(this.#pass(length))
    const before = this.#brackets.at(-1)
    if (before) before.followed = true
    const delimiters = this.#delimiters.length
    this.#brackets.push({ token, image: length === 2, start: this.#at, delimiters, followed: false })
  }

  /** "Look for link or image" of the spec's appendix. */
  #closeBracket(): void {
    const end = this.#at++
    const bracket = this.#brackets.pop()
    const below = this.#brackets.length
    const active = bracket && (bracket.image || below >= this.#linkFloor)
    this.#linkFloor = Math.min(this.#linkFloor, below)
    const target = active ? this.#readTarget(bracket, end) : null
    if (!bracket || !target) return void this.#add(']')
    pairDelimiters(this.#delimiters.splice(bracket.delimiters))
    this.#openLink(bracket, target)
    this.#add('').closes = 1
    if (!bracket.image) this.#linkFloor = below
  }

  #openLink({ token, image }: Bracket, target: Omit<Link, 'type' | 'children'>): void {
    token.content = ''
    token.opens.push({ type: image ? 'image' : 'link', href: target.href, title: target.title, children: [] })
  }

  #readTarget(bracket: Bracket, end: number): Omit<Link, 'type' | 'children'> | null {
    const inline = readInlineTarget(this.#text, this.#at)
    if (inline) {
      this.#at = inline.end
      return inline.value
    }
    const label = readLabel(this.#text, this.#at)
    const own = label?.value || (bracket.followed ? '' : this.#text.slice(bracket.start, end))
    const target = own.trim() && own.length < 1000 ? this.#options.define(normalizeLabel(own)) : undefined
    if (target) {
      this.#at = label?.end ?? this.#at
      return target
    }
    if (!this.#options.unfinished || !likelyLinkEnd(this.#text, this.#at)) return null
    this.#at = this.#text.length
    return { href: null, title: '' }
  }

  #finish(): void {
    const bracket = this.#options.unfinished ? this.#brackets.at(-1) : undefined
    // Far back, or with a line ending after it, an open bracket is more likely to be just that.
    if (bracket && this.#text.length - bracket.start < 200 && !this.#text.includes('\n', bracket.start)) {
      openUnclosed(pairDelimiters(this.#delimiters.splice(bracket.delimiters)))
      this.#openLink(bracket, { href: null, title: '' })
    }
    const open = pairDelimiters(this.#delimiters)
    if (this.#options.unfinished) openUnclosed(open)
  }
}

import type { Citation, MessagePart, SourcePart } from '@loacl/wire'
import { createCitedTexts } from './cited_texts.ts'
import type { ModelCitation } from './model.ts'
import { toStorable } from './storable.ts'

/** Citations of one answer that are kept, and of one source: each is told with those before it. Research has some dozens. */
const MOST_CITATIONS = 200
const MOST_OF_A_SOURCE = 40
const LONGEST_TITLE = 200
const LONGEST_QUOTE = 500
/** The longest that the database takes. */
const LONGEST_URL = 4_000

/** The sources of an answer, and the places in it that rest on them. */
export interface CitedSources {
  /** What comes next in the text of `key`, as the model said it. */
  follow(key: string, piece: string): void
  /** What comes next in a text whose places can't be told: an answer that goes on may repeat what is left out of it. */
  pass(piece: string): void
  /** The sources that one citation changes, as they are now: one at most. */
  cite(citation: ModelCitation): SourcePart[]
  /** The sources of citations that came before the words they are for: all that the texts have reached, or that are left. */
  catchUp(isOver: boolean): SourcePart[]
}

/** @param before the message's parts from earlier steps */
export function createCitedSources(before: readonly MessagePart[]): CitedSources {
  const sources = new Map(before.filter(isSource).map((part) => [identityOf(part), part]))
  const texts = createCitedTexts(before)
  let left = MOST_CITATIONS
  let waiting: ModelCitation[] = []

  function add(source: SourcePart, citation: Citation | null): SourcePart[] {
    const identity = identityOf(source)
    const known = sources.get(identity)
    const { citations = [] } = known ?? {}
    const isNew = citation && citations.length < MOST_OF_A_SOURCE && !citations.some((other) => isSame(other, citation))
    if (known && !isNew) return []
    const part = { ...(known ?? source), ...(isNew && { citations: [...citations, citation] }) }
    sources.set(identity, part)
    return [part]
  }

  function place(citation: ModelCitation, isOver: boolean): SourcePart[] {
    const source = toSource(citation, sources.size + 1)
    if (!source) return []
    const found = texts.find(citation)
    if (found === 'later' && !isOver) {
      waiting.push(citation)
      return add(source, null)
    }
    const quote = citation.quote === null ? '' : shorten(toStorable(citation.quote).trim(), LONGEST_QUOTE)
    const at = found === 'later' ? null : found
    return add(source, at || quote ? { ...at, ...(quote && { quote }) } : null)
  }

  return {
    follow: texts.follow,
    pass: texts.pass,
    cite: (citation) => (left-- > 0 ? place(citation, false) : []),
    catchUp(isOver) {
      const all = waiting
      waiting = []
      return all.flatMap((citation) => place(citation, isOver))
    },
  }
}

const isSource = (part: MessagePart): part is SourcePart => 'sourceId' in part

/** The same for all citations of a source. */
const identityOf = (part: SourcePart): string =>
  isKnown(part.sourceId) ? part.sourceId : part.type === 'source-url' ? part.url : (part.filename ?? part.title)

const isKnown = (sourceId: string): boolean => /^(document|file)-/.test(sourceId)

const isSame = (a: Citation, b: Citation): boolean => a.start === b.start && a.end === b.end && a.quote === b.quote

/**
 * What a visitor sees of a source; `null` where that is nothing. What the database keeps of it, it reads from the name: a
 * document, a visitor's file, one of the provider's own tool.
 */
function toSource({ source }: ModelCitation, number: number): SourcePart | null {
  if (source.type === 'page') {
    const url = toWebUrl(source.url)
    const title = source.title === null ? '' : toTitle(source.title)
    return url === null ? null : { type: 'source-url', sourceId: `source-${number}`, url, ...(title && { title }) }
  }
  const { known } = source
  const title = toTitle(known?.title ?? '') || toTitle(source.name)
  const url = known?.url ? toWebUrl(known.url) : null
  if (known && url !== null) return { type: 'source-url', sourceId: known.sourceId, url, title }
  const sourceId = known?.sourceId ?? `${source.type === 'file' ? 'source' : 'container'}-${number}`
  return title === '' ? null : { type: 'source-document', sourceId, mediaType: 'text/plain', title, filename: title }
}

function toWebUrl(text: string): string | null {
  const url = URL.parse(toStorable(text))
  return url && /^https?:$/.test(url.protocol) && url.href.length <= LONGEST_URL ? url.href : null
}

/** In one line, without what turns the direction of the words around it. */
const toTitle = (text: string): string =>
  shorten(
    toStorable(text)
      .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
      .replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
      .trim(),
    LONGEST_TITLE,
  )

const shorten = (text: string, length: number): string => {
  const characters = Array.from(text.slice(0, length * 2 + 2))
  return characters.length > length ? `${characters.slice(0, length - 1).join('')}…` : text
}

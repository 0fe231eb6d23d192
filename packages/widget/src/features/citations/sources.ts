import type { Citation, Message, MessagePart, Source } from '../runtime.ts'

const isSource = (part: MessagePart): part is Source => part.type === 'source-url' || part.type === 'source-document'

/** In the order of their numbers: that of the first is 1. */
export const sourcesOf = ({ parts }: Message): readonly Source[] => parts.filter(isSource)

/** The places and passages that a source was cited for; of what another version sent, what can be used. */
export const citationsOf = ({ citations }: Source): readonly Citation[] =>
  Array.isArray(citations) ? citations.filter((citation: unknown) => typeof citation === 'object' && citation) : []

/** A citation that says where it belongs. */
export type PlacedCitation = Citation & { end: number }

export const hasPlace = ({ end }: Citation): boolean => Number.isInteger(end)

/** Whether the sources of this answer have numbers: there are marks in its text. */
export const isNumbered = (message: Message): boolean =>
  sourcesOf(message).some((source) => citationsOf(source).some(hasPlace))

const LONGEST_NAME = 200

/** What a source is called: its title, or else where it is. In one line, without what turns the words around it. */
export function nameOf(source: Source): string {
  const given = (source.type === 'source-document' && source.filename) || source.title || ''
  const name = given.replace(/[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, ' ').trim()
  const shown = name || (source.type === 'source-url' ? (webUrl(source.url)?.host ?? source.url) : '')
  return shown.length > LONGEST_NAME ? `${shown.slice(0, LONGEST_NAME).replace(/[\ud800-\udbff]$/, '')}…` : shown
}

/** An address on the web; `null` where it is of any other kind. */
export function webUrl(address: string): URL | null {
  try {
    const url = new URL(address)
    return /^https?:$/.test(url.protocol) ? url : null
  } catch {
    return null
  }
}

/** How a link to a source is followed. */
export const LINK = { target: '_blank', rel: 'noopener noreferrer nofollow ugc' }

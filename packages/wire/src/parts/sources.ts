import { OPTIONAL_TEXT, TEXT } from './shape.ts'
import type { Fold, PartTable } from './part_table.ts'

/** A place in an answer that rests on a source. */
export interface Citation {
  /**
   * Where the words that rest on it begin in the message's `content`, and where they end: Unicode characters from 0, as in
   * `[...content].slice(start, end)`. Both are left out where the provider names no place.
   */
  start?: number
  end?: number
  /** The passage of the source. */
  quote?: string
}

/** What all sources have. A source is the same on the stream and in the message. */
interface AnySource {
  /** Names the source within its message. */
  sourceId: string
  /** The places that rest on it, in the order in which the model gave them. */
  citations?: readonly Citation[]
}

/** A web page that the answer rests on, or a document of the owner's that anybody may read. */
interface SourceUrlPart extends AnySource {
  type: 'source-url'
  url: string
  title?: string
}

/** A document that the answer rests on. */
interface SourceDocumentPart extends AnySource {
  type: 'source-document'
  mediaType: string
  title: string
  filename?: string
}

export type SourcePart = SourceUrlPart | SourceDocumentPart

/** A source is there once. One that is cited again is sent again, with all of its citations, and takes its own place. */
const foldSource: Fold<SourcePart> = (message, part) => {
  const { parts } = message
  const place = parts.findIndex(({ sourceId }) => sourceId === part.sourceId)
  return { ...message, parts: place < 0 ? [...parts, part] : parts.with(place, part) }
}

export const SOURCES: PartTable<SourcePart> = {
  'source-url': [{ sourceId: TEXT, url: TEXT, title: OPTIONAL_TEXT }, foldSource],
  'source-document': [{ sourceId: TEXT, mediaType: TEXT, title: TEXT, filename: OPTIONAL_TEXT }, foldSource],
}

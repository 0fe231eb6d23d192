import { citationsOf, hasPlace, type PlacedCitation, sourcesOf } from './sources.ts'
import type { Message, Source } from '../runtime.ts'

/** One place in a text that rests on a source. */
export interface Cited {
  citation: PlacedCitation
  source: Source
  /** The source's, in its answer. */
  number: number
  /** After which of the text's characters, in a string's own units. */
  at: number
}

/** What one text of an answer is cited for. */
export function citedIn(message: Message, place: number): Cited[] {
  const text = textAt(message, place)
  const before = message.parts.slice(0, place).reduce((sum, _, i) => sum + countOf(textAt(message, i)), 0)
  const count = countOf(text)
  return sourcesOf(message).flatMap((source, index) =>
    citationsOf(source)
      .filter((citation): citation is PlacedCitation => hasPlace(citation))
      .filter(({ end }) => end > before && end <= before + count)
      .map((citation) => ({ citation, source, number: index + 1, at: toIndex(text, citation.end - before) })),
  )
}

/** Empty where there is none at this place. */
export const textAt = ({ parts }: Message, place: number): string => {
  const part = parts[place]!
  return part.type === 'text' ? part.text : ''
}

/** In Unicode characters, as citations count. */
const countOf = (text: string): number => text.length - (text.match(/[\ud800-\udbff][\udc00-\udfff]/g)?.length ?? 0)

function toIndex(text: string, count: number): number {
  let index = 0
  for (; count > 0; count--) index += text.codePointAt(index)! > 0xffff ? 2 : 1
  return index
}

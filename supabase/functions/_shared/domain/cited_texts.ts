import type { MessagePart } from '@loacl/wire'
import { contentOf } from '@loacl/wire'
import type { ModelCitation } from './model.ts'
import { toStorable } from './storable.ts'

/** A text of the model's, as it said it, and where in the message's content the stretches of it stand. */
interface CitedText {
  said: string
  stretches: { from: number; at: number }[]
}

export interface CitedPlace {
  start: number
  end: number
}

/**
 * Finds the places that citations name, in one unit: Unicode characters of the message's content. A provider counts in its
 * own unit, in one text of several, and before what can't be stored is left out.
 *
 * @param before the message's parts from earlier steps
 */
export function createCitedTexts(before: readonly MessagePart[]) {
  const texts = new Map<string, CitedText>()
  let content = countOf(contentOf(before))
  let latest: CitedText | null = null

  return {
    /** What comes next in the text of `key`. */
    follow(key: string, piece: string): void {
      const text = texts.get(key) ?? { said: '', stretches: [] }
      texts.set(key, text)
      if (text !== latest) text.stretches.push({ from: text.said.length, at: content })
      latest = text
      text.said += piece
      content += countOf(toStorable(piece))
    },

    /** What comes next in the message, in a text in which no place is found. */
    pass(piece: string): void {
      latest = null
      content += countOf(piece)
    },

    /** `null`: it is nowhere. `later`: its text has not come that far. */
    find({ key, start, end, unit }: ModelCitation): CitedPlace | 'later' | null {
      // At the very beginning is where providers put what they know no place of.
      if (!isIndex(start) || !isIndex(end) || start > end || end === 0) return null
      const text = texts.get(key)
      const from = text && toIndex(text.said, start, unit)
      const to = text && toIndex(text.said, end, unit)
      return from === undefined || to === undefined || !text
        ? 'later'
        : { start: toContent(text, from, from + 1), end: toContent(text, to, to) }
    },
  }
}

const MOST = 10_000_000
const isIndex = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MOST

const countOf = (text: string): number => {
  let count = 0
  for (const _ of text) count++
  return count
}

/** How far it is counted, in a string's own units; `undefined` where the text is shorter. Never within a character. */
function toIndex(text: string, count: number, unit: ModelCitation['unit']): number | undefined {
  let index = 0
  let counted = 0
  for (const character of text) {
    if (counted >= count) return index
    counted += unit === 'code-point' ? 1 : unit === 'utf-16' ? character.length : bytesOf(character)
    index += character.length
  }
  return counted >= count ? index : undefined
}

const bytesOf = (character: string): number => {
  const code = character.codePointAt(0)!
  return code < 0x80 ? 1 : code < 0x8_00 ? 2 : code < 0x1_00_00 ? 3 : 4
}

/** @param before where the stretch begins before that `index` stands in */
function toContent({ said, stretches }: CitedText, index: number, before: number): number {
  const stretch = stretches.findLast(({ from }) => from < before) ?? stretches[0]!
  return stretch.at + countOf(toStorable(said.slice(stretch.from, index)))
}

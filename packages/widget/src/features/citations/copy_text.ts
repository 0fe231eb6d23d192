import type { Message, Ui } from '../runtime.ts'
import { isNumbered, nameOf, sourcesOf } from './sources.ts'
import { type Cited, citedIn, textAt } from './cited.ts'
import { ENGLISH } from './english.ts'
import { groupBy } from './group_by.ts'
import { createText } from './mark_text.ts'
import { createRead, placeMarks } from './place_marks.ts'

/**
 * An answer as it is copied: its texts with the numbers of the sources, and the sources in a list at the end. `null` where
 * none of them has a number.
 */
export function copyText(ui: Ui, message: Message): string | null {
  if (!isNumbered(message)) return null
  const texts = message.parts.flatMap((part, place) => (part.type === 'text' ? withNumbers(message, place) : []))
  const list = sourcesOf(message).map((source, index) => {
    const name = nameOf(source)
    const url = source.type === 'source-url' && source.url !== name ? ` ${source.url}` : ''
    return `[${index + 1}] ${name}${url}`
  })
  const { sources } = { ...ENGLISH, ...ui.words }
  return [...texts, `${sources}:\n${list.join('\n')}`].join('\n\n')
}

function withNumbers(message: Message, place: number): string {
  const text = textAt(message, place)
  const cited = citedIn(message, place)
  const { status } = message
  const places = createText && placeMarks(text, cited, createRead(createText, false, status !== 'completed'))
  const at = (each: Cited): number | null => places?.get(each)?.at ?? null
  const numbers = groupBy(cited, at)
  const inText = [...numbers.keys()].filter((end) => end !== null).toSorted((a, b) => a - b)
  let copied = ''
  inText.forEach((end, i) => (copied += text.slice(inText[i - 1] ?? 0, end) + marks(numbers.get(end)!)))
  copied += text.slice(inText.at(-1) ?? 0)
  // In the midst of code they would be code.
  return numbers.has(null) ? `${copied.trimEnd()}\n\n${marks(numbers.get(null)!)}` : copied
}

const marks = (cited: readonly Cited[]): string =>
  [...new Set(cited.map(({ number }) => number))]
    .toSorted((a, b) => a - b)
    .map((number) => `[${number}]`)
    .join('')

import { TEXT } from './shape.ts'
import type { Fold, FoldedMessage, PartTable } from './part_table.ts'

/** The stream parts of a text that grows. Each kind has ids of its own. */
export type StreamedText<Kind extends string> =
  | { type: `${Kind}-start`; id: string }
  | { type: `${Kind}-delta`; id: string; delta: string }
  | { type: `${Kind}-end`; id: string }

/**
 * The table of a kind whose text grows. A start opens a new part, even under an id that was there before: steps of a
 * turn may number theirs alike. A delta goes to the part that its id named last, and where there is none it opens one:
 * nothing that came is lost.
 */
export function streamedText<Kind extends string>(type: Kind): PartTable<StreamedText<Kind>> {
  const grow = ({ parts, places }: FoldedMessage, id: string, delta: string, place = parts.length): FoldedMessage => {
    const grown = [...parts]
    grown[place] = { type, text: (parts[place]?.text ?? '') + delta }
    return { parts: grown, places: { ...places, [`${type} ${id}`]: place } }
  }
  const start: Fold<{ id: string }> = (message, { id }) => grow(message, id, '')
  const add: Fold<{ id: string; delta: string }> = (message, { id, delta }) =>
    grow(message, id, delta, message.places[`${type} ${id}`])
  const rows = {
    [`${type}-start`]: [{ id: TEXT }, start],
    [`${type}-delta`]: [{ id: TEXT, delta: TEXT }, add],
    [`${type}-end`]: [{ id: TEXT }],
  }
  // To the compiler a key that is put together is any string.
  return rows as unknown as PartTable<StreamedText<Kind>>
}

/** The stream that leads to this text. */
export const streamText = <Kind extends string>(
  { type, text }: { type: Kind; text: string },
  id: string,
): StreamedText<Kind>[] => [
  { type: `${type}-start`, id },
  { type: `${type}-delta`, id, delta: text },
  { type: `${type}-end`, id },
]

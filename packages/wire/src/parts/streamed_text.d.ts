import type { PartTable } from './part_table.ts'
/** The stream parts of a text that grows. Each kind has ids of its own. */
export type StreamedText<Kind extends string> =
  | {
      type: `${Kind}-start`
      id: string
    }
  | {
      type: `${Kind}-delta`
      id: string
      delta: string
    }
  | {
      type: `${Kind}-end`
      id: string
    }
/**
 * The table of a kind whose text grows. A start opens a new part, even under an id that was there before: steps of a
 * turn may number theirs alike. A delta goes to the part that its id named last, and where there is none it opens one:
 * nothing that came is lost.
 */
export declare function streamedText<Kind extends string>(type: Kind): PartTable<StreamedText<Kind>>
/** The stream that leads to this text. */
export declare const streamText: <Kind extends string>(
  {
    type,
    text,
  }: {
    type: Kind
    text: string
  },
  id: string,
) => StreamedText<Kind>[]

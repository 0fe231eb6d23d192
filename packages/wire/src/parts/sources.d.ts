import type { FoldedMessage } from './part_table.ts'
/** A source is named once, however often it is sent. */
export declare const foldSource: (
  message: FoldedMessage,
  part: {
    type: string
    sourceId: string
  },
) => FoldedMessage

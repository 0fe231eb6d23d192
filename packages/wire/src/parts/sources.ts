import type { FoldedMessage } from './part_table.ts'

/** A source is named once, however often it is sent. */
export const foldSource = (message: FoldedMessage, part: { type: string; sourceId: string }): FoldedMessage =>
  message.parts.some(({ sourceId }) => sourceId === part.sourceId)
    ? message
    : { ...message, parts: [...message.parts, part] }

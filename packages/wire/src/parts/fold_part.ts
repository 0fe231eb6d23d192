import { type MessagePart, PARTS, STREAMS, type StreamPart } from './kinds.ts'
import type { Fold, FoldedMessage } from './part_table.ts'

/** A message of which nothing has come. */
export const NO_PARTS: FoldedMessage<MessagePart> = { parts: [], places: {} }

/**
 * The next state of a message, by the fold of the part's kind. It is the only one: what a client shows is what the
 * functions store.
 *
 * @example
 * const { parts } = stream.reduce(foldPart, NO_PARTS)
 */
export function foldPart(message: FoldedMessage<MessagePart>, part: StreamPart): FoldedMessage<MessagePart> {
  const fold = PARTS[part.type][1] as Fold<StreamPart> | undefined
  return fold ? (fold(message, part) as FoldedMessage<MessagePart>) : message
}

/** The text parts, joined. */
export const contentOf = (parts: readonly MessagePart[]): string =>
  parts.map((part) => (part.type === 'text' ? part.text : '')).join('')

/** The stream that leads to these parts. Kinds that this version does not know are passed over. */
export function* streamOfMessage(parts: readonly MessagePart[]): Generator<StreamPart> {
  let count = 0
  for (const part of parts) {
    if (!Object.hasOwn(STREAMS, part.type)) continue
    const stream = STREAMS[part.type as keyof typeof STREAMS] as (part: MessagePart, id: string) => StreamPart[]
    yield* stream(part, `${part.type}-${++count}`)
  }
}

import { type MessagePart, type StreamPart } from './kinds.ts'
import type { FoldedMessage } from './part_table.ts'
/** A message of which nothing has come. */
export declare const NO_PARTS: FoldedMessage<MessagePart>
/**
 * The next state of a message, by the fold of the part's kind. It is the only one: what a client shows is what the
 * functions store.
 *
 * @example
 * const { parts } = stream.reduce(foldPart, NO_PARTS)
 */
export declare function foldPart(message: FoldedMessage<MessagePart>, part: StreamPart): FoldedMessage<MessagePart>
/** The text parts, joined. */
export declare const contentOf: (parts: readonly MessagePart[]) => string
/** The stream that leads to these parts. Kinds that this version does not know are passed over. */
export declare function streamOfMessage(parts: readonly MessagePart[]): Generator<StreamPart>

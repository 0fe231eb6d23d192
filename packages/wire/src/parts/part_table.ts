import type { Shape } from './shape.ts'

/** What a fold reads of the parts that are there. */
interface AnyPart {
  readonly type: string
  readonly text?: string
  readonly sourceId?: string
  readonly toolCallId?: string
}

/** The parts of a message as far as its stream has come. Immutable. */
export interface FoldedMessage<Part extends AnyPart = AnyPart> {
  readonly parts: readonly Part[]
  /** Where in `parts` the texts are that the stream has begun, by kind and id. */
  readonly places: Readonly<Record<string, number>>
}

/** What a stream part makes of its message. Where it changes nothing it gives the same object. */
export type Fold<Part> = (message: FoldedMessage, part: Part) => FoldedMessage

/**
 * The stream parts of one kind, by type: what a reader checks in them, and how they fold into the message. Without a
 * fold a part is about the turn and leaves the message as it is.
 */
export type PartTable<Part extends { type: string }> = {
  readonly [Type in Part['type']]: readonly [shape: Shape, fold?: Fold<Extract<Part, { type: Type }>>]
}

import {
  contentOf,
  type FoldedMessage,
  foldPart,
  MalformedPartError,
  type MessagePart,
  NO_PARTS,
  parsePart,
  type StreamPart,
} from '@loacl/wire'

/** Collects the parts of a stream into the parts of a message, as they are stored. */
export class MessageParts {
  #folded: FoldedMessage<MessagePart>

  /**
   * @param parts of the message so far
   * @param stream of them, where texts of it go on
   */
  constructor(parts: readonly MessagePart[] = [], stream: readonly StreamPart[] = []) {
    const { places } = stream.reduce(foldPart, NO_PARTS)
    this.#folded = { parts, places }
  }

  add(part: StreamPart): void {
    this.#folded = foldPart(this.#folded, part)
  }

  get parts(): readonly MessagePart[] {
    return this.#folded.parts
  }

  /** The text parts, joined. */
  get content(): string {
    return contentOf(this.parts)
  }
}

/**
 * What a whole stream makes of a message, as it was stored by whichever version. A part that this one does not know, or that
 * is broken, is passed over: it would be in the way at each try.
 */
export function foldAll(parts: readonly unknown[]): MessageParts {
  const message = new MessageParts()
  for (const stored of parts) {
    const part = readStored(stored)
    if (part) message.add(part)
  }
  return message
}

function readStored(stored: unknown): StreamPart | null {
  try {
    return parsePart(JSON.stringify(stored))
  } catch (error) {
    if (error instanceof MalformedPartError) return null
    throw error
  }
}

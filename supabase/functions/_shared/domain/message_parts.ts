import { contentOf, type FoldedMessage, foldPart, type MessagePart, NO_PARTS, type StreamPart } from '@loacl/wire'

/** Collects the parts of a stream into the parts of a message, as they are stored. */
export class MessageParts {
  #folded: FoldedMessage<MessagePart>

  /** @param parts of the message so far */
  constructor(parts: readonly MessagePart[] = []) {
    this.#folded = { ...NO_PARTS, parts }
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

/** What a whole stream makes of a message. */
export function foldAll(parts: readonly StreamPart[]): MessageParts {
  const message = new MessageParts()
  for (const part of parts) message.add(part)
  return message
}

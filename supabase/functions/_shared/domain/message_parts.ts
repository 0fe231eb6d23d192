import type { MessagePart, StreamPart } from '@loacl/wire'

/** Collects the parts of a stream into the parts of a message, as they are stored. */
export class MessageParts {
  readonly #parts: MessagePart[]
  readonly #open = new Map<string, { text: string }>()

  /** @param parts of the message so far */
  constructor(parts: readonly MessagePart[] = []) {
    this.#parts = [...parts]
  }

  add(part: StreamPart): void {
    switch (part.type) {
      case 'text-start':
      case 'reasoning-start': {
        const begun: MessagePart & { text: string } = {
          type: part.type === 'text-start' ? 'text' : 'reasoning',
          text: '',
        }
        this.#parts.push(begun)
        this.#open.set(part.id, begun)
        break
      }
      case 'text-delta':
      case 'reasoning-delta': {
        const open = this.#open.get(part.id)
        if (open) open.text += part.delta
        break
      }
      case 'source-url':
      case 'source-document':
        this.#parts.push(part)
        break
    }
  }

  get parts(): readonly MessagePart[] {
    return this.#parts
  }

  /** The text parts, joined. */
  get content(): string {
    return this.#parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
  }
}

/** The stream that leads to these parts: the way back. */
export function* streamOfMessage(parts: readonly MessagePart[]): Generator<StreamPart> {
  let count = 0
  for (const part of parts) {
    if (part.type !== 'text' && part.type !== 'reasoning') {
      yield part
      continue
    }
    const id = `${part.type}-${++count}`
    yield { type: `${part.type}-start`, id }
    yield { type: `${part.type}-delta`, id, delta: part.text }
    yield { type: `${part.type}-end`, id }
  }
}

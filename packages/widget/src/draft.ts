import { effect, signal, type Signal } from '@preact/signals-core'
import type { TabMemory } from './tab_memory.ts'

/** A message that was sent, and isn't known to have reached the server. `id` is its client id. */
interface Unsent {
  readonly id: string
  readonly text: string
}

export interface Draft {
  /** The text in the composer. */
  readonly text: Signal<string>
  unsent(): Unsent | null
  /** Was sent, and is written down until the server has it. */
  sent(message: Unsent): void
  /** The server has the message of this id. */
  arrived(id: string | null): void
  /** What was sent before a reload, and may or may not have reached the server, goes back into the composer. */
  restore(): void
  /** What the server never got goes back into the composer. Elsewhere it is another message. */
  giveBack(): void
  /** As which message to send `text`: under the same id it is the same one, answered and paid for once. */
  idOf(text: string): { id?: string }
  /** Another conversation is at hand, where what was restored is another message. */
  leave(): void
  forget(): void
  dispose(): void
}

/** What the visitor writes and sends, kept until the server has it. It outlives a reload of the tab. */
export function createDraft(memory: TabMemory): Draft {
  const text = signal(memory.get('draft') ?? '')
  let unsent = readUnsent(memory.get('unsent'))
  /** The text is `unsent`, of which the server may know. */
  let restored = false

  function remember(message: Unsent | null): void {
    unsent = message
    restored = false
    memory.set('unsent', message && `${message.id}\n${message.text}`)
  }

  return {
    text,
    unsent: () => unsent,
    sent: remember,
    arrived(id) {
      if (id !== unsent?.id) return
      if (restored && text.peek() === unsent?.text) text.value = ''
      remember(null)
    },
    restore() {
      if (!unsent || text.peek()) return
      restored = true
      text.value = unsent.text
    },
    giveBack() {
      text.value ||= unsent?.text ?? ''
      remember(null)
    },
    idOf: (message) => (restored && unsent?.text === message ? { id: unsent.id } : {}),
    leave() {
      if (restored) remember(null)
    },
    forget() {
      remember(null)
      text.value = ''
    },
    dispose: effect(() => memory.set('draft', text.value || null)),
  }
}

/** The id stands on the first line, the text below it. What looks otherwise was not written here. */
function readUnsent(kept: string | null): Unsent | null {
  const [, id, text] = /^(.+)\n([^]+)$/.exec(kept ?? '') ?? []
  return id && text ? { id, text } : null
}

import { readDefinition, type Target } from './links.ts'
import type { Node } from './nodes.ts'

/** The link reference definitions of a document, and who waits for one. */
export class References {
  readonly #targets = new Map<string, Target>()
  readonly #waiting = new Map<string, Set<Node>>()

  /** @param reader a closed block: it is read again should the label be defined later */
  find(label: string, reader?: Node): Target | undefined {
    const target = this.#targets.get(label)
    if (!target && reader) {
      const waiting = this.#waiting.get(label)
      if (waiting) waiting.add(reader)
      else this.#waiting.set(label, new Set([reader]))
    }
    return target
  }

  /** Keeps the definitions that `text` begins with. The first one of a label counts. */
  define(text: string): string {
    return withoutDefinitions(text, (label, target) => {
      if (this.#targets.has(label)) return
      this.#targets.set(label, target)
      for (const reader of this.#waiting.get(label) ?? []) {
        for (let node: Node | null = reader; node; node = node.parent) node.block = null
      }
      this.#waiting.delete(label)
    })
  }
}

/** What is left of a paragraph's text after its definitions. */
export function withoutDefinitions(text: string, found?: (label: string, target: Target) => void): string {
  let at = 0
  while (text[at] === '[') {
    const definition = readDefinition(text, at)
    if (!definition) break
    found?.(definition.value.label, definition.value)
    at = definition.end
  }
  return text.slice(at)
}

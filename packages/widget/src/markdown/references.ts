import { readDefinition, type Target } from './links.ts'
import { type Node, sizeOf } from './nodes.ts'

/** The link reference definitions of a document, and who waits for one. */
export interface References {
  /** @param reader a closed block: it is read again should the label be defined later */
  find(label: string, reader?: Node): Target | undefined
  /** The size of the blocks that were turned to be read again and have not been yet. */
  stale: number
  /** Keeps the definitions that `text` begins with, and leaves them off. The first one of a label counts. */
  define(text: string): string
}

export function createReferences(): References {
  const targets = new Map<string, Target>()
  const waiting = new Map<string, Set<Node>>()
  const references: References = {
    stale: 0,
    find(label, reader) {
      const target = targets.get(label)
      if (!target && reader) waiting.set(label, (waiting.get(label) ?? new Set()).add(reader))
      return target
    },
    define: (text) =>
      withoutDefinitions(text, (label, target) => {
        if (targets.has(label)) return
        targets.set(label, target)
        for (const reader of waiting.get(label) ?? []) {
          for (let node: Node | null = reader; node; node = node.parent) {
            if (node.block) references.stale += sizeOf(node)
            node.block = null
          }
        }
        waiting.delete(label)
      }),
  }
  return references
}

/** What is left of a paragraph's text after its definitions. */
export function withoutDefinitions(text: string, found?: (label: string, target: Target) => void): string {
  let at = 0
  while (text[at] === '[') {
    const definition = readDefinition(text, at)
    if (!definition) break
    found?.(definition.label, definition.value)
    at = definition.end
  }
  return text.slice(at)
}

import { type Node, type References, sizeOf, type Target } from '../runtime.ts'
import { normalizeLabel, readDefinition, readLabel } from './labels.ts'

export function createReferences(): References {
  const targets = new Map<string, Target>()
  const waiting = new Map<string, Set<Node>>()

  function define(label: string, target: Target): void {
    if (targets.has(label)) return
    targets.set(label, target)
    for (const reader of waiting.get(label) ?? []) {
      for (let node: Node | null = reader; node; node = node.parent) {
        if (node.block) references.stale += sizeOf(node)
        node.block = null
      }
    }
    waiting.delete(label)
  }

  const references: References = {
    stale: 0,
    find(text, open, at, reader) {
      const given = readLabel(text, at)
      const own = readLabel(text, open)
      const name = given?.value || (own?.end === at ? own.value : '')
      if (!name) return undefined
      const label = normalizeLabel(name)
      const value = targets.get(label)
      if (!value && reader) waiting.set(label, (waiting.get(label) ?? new Set()).add(reader))
      return value && { value, end: given?.end ?? at }
    },
    take(paragraph, closed) {
      let at = 0
      while (paragraph[at] === '[') {
        const definition = readDefinition(paragraph, at)
        if (!definition) break
        if (closed) define(definition.label, definition.value)
        at = definition.end
      }
      return paragraph.slice(at)
    },
  }
  return references
}

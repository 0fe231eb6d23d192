import type { Block, Inline } from '../runtime.ts'
import { childrenOf } from './place_marks.ts'

/** Marks that stand after so much of what a block says. */
export interface MarksAt {
  offset: number
  marks: readonly Inline[]
}

/** The block with marks in it: after code, links and emphasis, never within; after a block of code, as a paragraph. */
export function insertMarks(block: Block, all: readonly MarksAt[]): Block[] {
  let left = all.toSorted((a, b) => a.offset - b.offset)
  let offset = 0

  /** Those that stand no further than this. */
  function take(): Inline[] {
    const taken = left.filter((each) => each.offset <= offset)
    left = left.slice(taken.length)
    return taken.flatMap(({ marks }) => marks)
  }

  function inInlines(inlines: readonly Inline[]): Inline[] {
    return inlines.flatMap((inline) => {
      if (typeof inline !== 'string') {
        offset += lengthOf(inline)
        return [inline, ...take()]
      }
      const pieces: Inline[] = []
      let from = 0
      const end = offset + inline.length
      for (const { offset: next } of left.filter((each) => each.offset <= end)) {
        const to = Math.max(from, inline.length - (end - next))
        if (to > from) pieces.push(inline.slice(from, to))
        offset = next
        pieces.push(...take())
        from = to
      }
      offset = end
      if (from < inline.length) pieces.push(inline.slice(from))
      return pieces
    })
  }

  function inBlock(node: Block): Block[] {
    const before = left.length
    switch (node.type) {
      case 'codeblock': {
        offset += node.text.length
        const children = take()
        return children.length > 0 ? [node, { type: 'paragraph', children }] : [node]
      }
      case 'paragraph':
      case 'heading': {
        const children = inInlines(node.children)
        return [before === left.length ? node : { ...node, children }]
      }
      case 'row': {
        const cells = node.cells.map(inInlines)
        return [before === left.length ? node : { ...node, cells }]
      }
      case 'rule':
        return [node]
      default: {
        const children = node.children.flatMap(inBlock)
        return [before === left.length ? node : { ...node, children }]
      }
    }
  }

  return inBlock(block)
}

/** How much a node says. */
function lengthOf(node: Block | Inline): number {
  if (typeof node === 'string') return node.length
  if ('text' in node) return node.text.length
  return childrenOf(node).reduce((sum, child) => sum + lengthOf(child), 0)
}

import { type Direction, directionOf } from '../direction.ts'
import type { Block, Inline } from './tree.ts'

/** Characters and marks that are looked at: a growing block is looked at again and again. */
const LOOKED_AT = 1000

/**
 * By the first letter that is not in code. `dir="auto"` does the same, but Chromium then goes through all that has no
 * letter again at each piece of it.
 */
export const directionOfBlock = (block: Block): Direction => directionOf(beginningOf(block, LOOKED_AT))

/** What it says, code left out, in no more steps than `length` and none that copies a long text. */
function beginningOf(node: Block | Inline | Inline[], length: number): string {
  if (typeof node === 'string') return node.slice(0, length)
  const inner = Array.isArray(node) ? node : 'children' in node ? node.children : 'cells' in node ? node.cells : []
  // One that says nothing counts too.
  let text = ' '
  for (const child of inner) {
    if (text.length >= length) break
    text += beginningOf(child, length - text.length)
  }
  return text
}

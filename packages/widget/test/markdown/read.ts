import { createMarkdown } from '../../src/markdown/index.ts'
import type { Block, Inline } from '../../src/markdown/tree.ts'

/** A whole text. */
export function readWhole(source: string): readonly Block[] {
  const text = createMarkdown()
  text.append(source)
  text.end()
  return text.blocks
}

/** A text of which more is to come. */
export function readSoFar(source: string): readonly Block[] {
  const text = createMarkdown()
  text.append(source)
  return text.blocks
}

function textOfInline(inline: Inline): string {
  if (typeof inline === 'string') return inline
  if (inline.type === 'code') return inline.text
  return inline.type === 'break' ? '\n' : inline.children.map(textOfInline).join('')
}

function textOfBlock(block: Block, code: boolean): string {
  switch (block.type) {
    case 'paragraph':
    case 'heading':
      return `${block.children.map(textOfInline).join('')}\n`
    case 'codeblock':
      return code ? block.text : ''
    case 'rule':
      return ''
    case 'row':
      return block.cells.map((cell) => `${cell.map(textOfInline).join('')}\n`).join('')
    default:
      return block.children.map((child) => textOfBlock(child, code)).join('')
  }
}

/** What a reader sees, without the marks that a renderer draws. */
export const textOf = (blocks: readonly Block[], { code = true } = {}): string =>
  blocks.map((block) => textOfBlock(block, code)).join('')

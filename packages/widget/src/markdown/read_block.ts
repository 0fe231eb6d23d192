import { further, lacking } from './further.ts'
import { parseInlines } from './inlines.ts'
import type { Node } from './nodes.ts'
import type { References } from './references.ts'
import { splitRow } from './tables.ts'
import { maybeDefinition } from './tail.ts'
import type { Align, Block, Inline, Row } from './tree.ts'

export interface ReadOptions {
  references: References
  /** The block that waits for definitions of what it refers to. */
  reader: Node | null
  /** Blocks that may still grow: they read as what they will most likely become. */
  growing: readonly Node[]
}

/** What a block says; `null` where it says nothing. A block that can't grow keeps its answer. */
export function readBlock(node: Node, options: ReadOptions): Block | null {
  if (node.block) return node.block
  const growing = options.growing.includes(node)
  const block = read(node, options, growing)
  if (!growing) node.block = block
  return block
}

export const readBlocks = (nodes: readonly Node[], options: ReadOptions): Block[] =>
  nodes.map((node) => readBlock(node, options)).filter((block) => block !== null)

function read(node: Node, options: ReadOptions, growing: boolean): Block | null {
  const { references, reader } = options
  const inlines = (text: string, unfinished = growing): Inline[] =>
    parseInlines(text.trimEnd(), { find: (...place) => references.find(...place, reader), unfinished })
  const row = (text: string, align?: readonly Align[]): Row => {
    if (!further.renderTable) lacking.add('tables')
    const cells = splitRow(text).slice(0, align?.length)
    return { type: 'row', cells: cells.map((cell, i) => inlines(cell, growing && i === cells.length - 1)) }
  }
  const children = readBlocks(node.children, options)
  switch (node.kind) {
    case 'paragraph': {
      const text = references.take(node.text, false)
      if (!text || (growing && maybeDefinition(text))) return null
      // Most likely a table's head, whose delimiter row is yet to come.
      if (growing && /^\|.*$/.test(text)) return { type: 'table', align: [], children: [row(text)] }
      return { type: 'paragraph', children: inlines(text) }
    }
    case 'heading':
      return { type: 'heading', level: node.level, depth: node.depth, children: inlines(node.text) }
    case 'code': {
      // The opening line may be half a line: its language would flicker.
      const language = growing && !node.text ? '' : (node.fence?.language ?? '')
      return { type: 'codeblock', language, text: node.fence ? node.text : withoutBlankEnd(node.text) }
    }
    case 'row':
      return row(node.text, node.parent?.kind === 'table' ? node.parent.align : undefined)
    case 'rule':
      return { type: 'rule' }
    case 'table':
      return { type: 'table', align: node.align, children }
    case 'list':
      return { type: 'list', start: node.start, loose: node.loose, children }
    case 'item':
      return { type: 'item', checked: node.checked, children }
    default:
      return { type: 'quote', children }
  }
}

/** Up to the end of the last line that is not blank. */
const withoutBlankEnd = (code: string): string => code.slice(0, code.indexOf('\n', code.trimEnd().length) + 1)

import { further } from './further.ts'
import { createLine, type Line } from './line.ts'
import { createNode, forkOpen, holds, type Node, sizeOf } from './nodes.ts'
import { readBlock, readBlocks } from './read_block.ts'
import type { References } from './references.ts'
import { CODE_INDENT, listOf, startBlock } from './starts.ts'
import { readColumns } from './tables.ts'
import type { Block } from './tree.ts'

/** Open blocks at most; deeper nesting reads as text. */
const MAX_DEPTH = 50
const UNDERLINE = /^(?:(=+)|-+)[ \t]*$/
const FENCE_END = /^(`{3,}|~{3,})[ \t]*$/
const TASK = /^\[([ x])\][ \t]+(?=\S)/i

/**
 * Reads blocks line by line (the first phase of the spec's parsing strategy). After any line it can be forked: the
 * fork goes on by itself, with a line that is not complete yet.
 */
export interface BlockParser {
  /** Reads the next line, its ending left off. */
  add(source: string): void
  /** Closes what is open: no more will come. */
  end(): void
  /** A parser that goes on from here and leaves no trace. */
  fork(): BlockParser
  /** What has been read. In a fork, open blocks read as what they will most likely become. */
  blocks(): Block[]
  /** How much of it `blocks` has to read again. */
  size(): number
}

export const createBlockParser = (): BlockParser =>
  parserFrom([createNode({ kind: 'document' })], further.createReferences(), '', false, [], false)

/**
 * @param open from the document down: each is the last child of the one before
 * @param lastLine of the paragraph that is open
 * @param afterBlank whether the last line was a blank one that can make a list loose
 * @param above levels of the headings that the next one may stand under
 * @param draft whether it is a fork
 */
function parserFrom(
  open: Node[],
  references: References,
  lastLine: string,
  afterBlank: boolean,
  above: readonly number[],
  draft: boolean,
): BlockParser {
  function add(source: string): void {
    const line = createLine(source)
    let depth = matchOpen(line)
    const matched = depth
    while (depth) {
      const node = start(line, depth)
      if (!node) {
        addText(line, depth)
        afterBlank = !line.text && depth === matched && canLoosen()
        return
      }
      push(node, depth)
      depth = node.kind === 'quote' || node.kind === 'item' || (node.kind === 'code' && !node.fence) ? open.length : 0
    }
    afterBlank = false
  }

  const tipOf = () => open.at(-1) as Node

  /** How many open blocks the line belongs to; 0 if it was the end of a fence. */
  function matchOpen(line: Line): number {
    for (let depth = 1; ; depth++) {
      const node = open[depth]
      if (!node) return depth
      const { indent, text } = line
      if (node.kind === 'quote') {
        if (indent >= CODE_INDENT || text[0] !== '>') return depth
        line.pass(1)
        line.skip(1)
      } else if (node.kind === 'item') {
        if (text ? indent < node.indent : !node.children.length) return depth
        line.skip(node.indent)
      } else if (node.kind === 'code') {
        const { fence } = node
        if (!fence && text && indent < CODE_INDENT) return depth
        if (fence && indent < CODE_INDENT && FENCE_END.exec(text)?.[1]?.startsWith(fence.marks)) {
          closeTo(depth)
          return 0
        }
        line.skip(fence ? fence.indent : CODE_INDENT)
      } else if (node.kind === 'paragraph' || node.kind === 'table' ? !text : node.kind !== 'list') return depth
    }
  }

  /** The block that begins here, if one does. */
  function start(line: Line, depth: number): Node | null {
    const container = open[depth - 1]
    if (!container || container.kind === 'code' || !line.text) return null
    if (line.indent >= CODE_INDENT) {
      if (tipOf().kind === 'paragraph') return null
      line.skip(CODE_INDENT)
      return createNode({ kind: 'code', fence: null })
    }
    const paragraph = container.kind === 'paragraph'
    const deep = depth - (container.kind === 'list' ? 1 : 0) >= MAX_DEPTH
    return (paragraph && reshape(container, line.text)) || startBlock(line, paragraph, deep)
  }

  /** What an underline or a delimiter row makes of the paragraph above it. */
  function reshape(paragraph: Node, line: string): Node | null {
    const underline = UNDERLINE.exec(line)
    if (underline) {
      paragraph.text = references.take(paragraph.text, !draft)
      if (!paragraph.text) return null
      drop(paragraph)
      const level = underline[1] ? 1 : 2
      return createNode({ kind: 'heading', level, depth: level }, paragraph.text)
    }
    const align = readColumns(lastLine, line)
    if (!align) return null
    const table = createNode({ kind: 'table', align })
    const row = createNode({ kind: 'row' }, lastLine)
    row.parent = table
    table.children.push(row)
    paragraph.text = paragraph.text.slice(0, -lastLine.length - 1)
    if (!paragraph.text) drop(paragraph)
    return table
  }

  /** Takes the open paragraph away. */
  function drop(paragraph: Node): void {
    open.pop()
    paragraph.parent?.children.pop()
  }

  function push(node: Node, depth: number): void {
    closeTo(depth)
    if (node.kind === 'heading') {
      above = [...above.filter((level) => level < node.level), node.level]
      node.depth = above.length
    }
    if (node.kind === 'item') {
      const list = listOf(node)
      const tip = tipOf()
      if (tip.kind !== 'list' || tip.marker !== list.marker) push(list, depth)
    }
    while (!holds(tipOf(), node)) closeTo(open.length - 1)
    const parent = tipOf()
    const list = parent.kind === 'item' ? parent.parent : parent
    if (afterBlank && parent.children.length && list?.kind === 'list') list.loose = true
    node.parent = parent
    parent.children.push(node)
    open.push(node)
  }

  function addText(line: Line, depth: number): void {
    const { text } = line
    // A paragraph goes on over missing marks (laziness, spec 5.1).
    if (!text || tipOf().kind !== 'paragraph') closeTo(depth)
    const tip = tipOf()
    if (tip.kind === 'code') tip.text += `${line.rest}\n`
    else if (!text) return
    else if (tip.kind === 'paragraph') {
      lastLine = text
      tip.text += tip.text ? `\n${text}` : text
    } else if (tip.kind === 'table') push(createNode({ kind: 'row' }, text), depth)
    else {
      const task = tip.kind === 'item' && !tip.children.length ? TASK.exec(text) : null
      if (task && tip.kind === 'item') tip.checked = task[1] !== ' '
      lastLine = text.slice(task?.[0].length ?? 0)
      push(createNode({ kind: 'paragraph' }, lastLine), depth)
    }
  }

  function canLoosen(): boolean {
    const tip = tipOf()
    return tip.kind !== 'quote' && !(tip.kind === 'code' && tip.fence)
  }

  /** Closes open blocks until only `depth` are left. */
  function closeTo(depth: number): void {
    while (open.length > depth) {
      const node = open.pop() as Node
      if (node.kind === 'paragraph') node.text = references.take(node.text, !draft)
      if (draft || node.children.length) continue
      readBlock(node, { references, reader: node, growing: [] })
    }
  }

  return {
    add,
    end: () => closeTo(1),
    fork: () => parserFrom(forkOpen(open), references, lastLine, afterBlank, above, true),
    blocks() {
      references.stale = 0
      return readBlocks(open[0]?.children ?? [], { references, reader: null, growing: draft ? open : [] })
    },
    size: () => open.reduce((size, node) => size + sizeOf(node), references.stale),
  }
}

import { Line } from './line.ts'
import { createNode, forkOpen, holds, type Node } from './nodes.ts'
import { readBlock, readBlocks } from './read_block.ts'
import { References, withoutDefinitions } from './references.ts'
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
export class BlockParser {
  /** From the document down: each is the last child of the one before. */
  readonly #open: Node[]
  readonly #references: References
  readonly #draft: boolean
  /** Whether the last line was a blank one that can make a list loose. */
  #afterBlank: boolean

  constructor(from?: { open: Node[]; references: References; afterBlank: boolean }) {
    this.#draft = from !== undefined
    this.#open = from?.open ?? [createNode({ kind: 'document' })]
    this.#references = from?.references ?? new References()
    this.#afterBlank = from?.afterBlank ?? false
  }

  /** A parser that goes on from here and leaves no trace. */
  fork(): BlockParser {
    return new BlockParser({
      open: forkOpen(this.#open),
      references: this.#references,
      afterBlank: this.#afterBlank,
    })
  }

  /** Closes what is open: no more will come. */
  end(): void {
    this.#closeTo(1)
  }

  /** What has been read. In a fork, open blocks read as what they will most likely become. */
  get blocks(): Block[] {
    const define = (label: string) => this.#references.find(label)
    return readBlocks(this.#open[0]?.children ?? [], { define, growing: this.#draft ? this.#open : [] })
  }

  /** Reads the next line, its ending left off. */
  add(source: string): void {
    const line = new Line(source)
    let depth = this.#matchOpen(line)
    const matched = depth
    while (depth) {
      const node = this.#start(line, depth)
      if (!node) {
        this.#addText(line, depth)
        this.#afterBlank = line.blank && depth === matched && this.#canLoosen()
        return
      }
      this.#push(node, depth)
      depth =
        node.kind === 'quote' || node.kind === 'item' || (node.kind === 'code' && !node.fence) ? this.#open.length : 0
    }
    this.#afterBlank = false
  }

  get #tip(): Node {
    return this.#open.at(-1) as Node
  }

  /** How many open blocks the line belongs to; 0 if it was the end of a fence. */
  #matchOpen(line: Line): number {
    for (let depth = 1; ; depth++) {
      const node = this.#open[depth]
      if (!node) return depth
      const { indent, text } = line
      if (node.kind === 'quote') {
        if (indent >= CODE_INDENT || text[0] !== '>') return depth
        line.skip(indent)
        line.advance(1)
        line.skip(1)
      } else if (node.kind === 'item') {
        if (text ? indent < node.indent : !node.children.length) return depth
        line.skip(node.indent)
      } else if (node.kind === 'code') {
        const { fence } = node
        if (!fence && text && indent < CODE_INDENT) return depth
        if (fence && indent < CODE_INDENT && FENCE_END.exec(text)?.[1]?.startsWith(fence.marks)) {
          this.#closeTo(depth)
          return 0
        }
        line.skip(fence ? fence.indent : CODE_INDENT)
      } else if (node.kind === 'paragraph' || node.kind === 'table' ? !text : node.kind !== 'list') return depth
    }
  }

  /** The block that begins here, if one does. */
  #start(line: Line, depth: number): Node | null {
    const container = this.#open[depth - 1]
    if (!container || container.kind === 'code' || line.blank) return null
    if (line.indent >= CODE_INDENT) {
      if (this.#tip.kind === 'paragraph') return null
      line.skip(CODE_INDENT)
      return createNode({ kind: 'code', fence: null })
    }
    const paragraph = container.kind === 'paragraph'
    const deep = depth - (container.kind === 'list' ? 1 : 0) >= MAX_DEPTH
    return (paragraph && this.#reshape(container, line.text)) || startBlock(line, paragraph, deep)
  }

  /** What an underline or a delimiter row makes of the paragraph above it. */
  #reshape(paragraph: Node, line: string): Node | null {
    const underline = UNDERLINE.exec(line)
    if (underline) {
      paragraph.text = this.#withoutDefinitions(paragraph.text)
      if (!paragraph.text) return null
      this.#drop(paragraph)
      return createNode({ kind: 'heading', level: underline[1] ? 1 : 2 }, paragraph.text)
    }
    const align = readColumns(paragraph.text, line)
    if (!align) return null
    const head = paragraph.text.lastIndexOf('\n')
    const table = createNode({ kind: 'table', align })
    const row = createNode({ kind: 'row' }, paragraph.text.slice(head + 1))
    row.parent = table
    table.children.push(row)
    if (head < 0) this.#drop(paragraph)
    else paragraph.text = paragraph.text.slice(0, head)
    return table
  }

  /** Takes the open paragraph away. */
  #drop(paragraph: Node): void {
    this.#open.pop()
    paragraph.parent?.children.pop()
  }

  #push(node: Node, depth: number): void {
    this.#closeTo(depth)
    if (node.kind === 'item') {
      const list = listOf(node)
      const tip = this.#tip
      if (tip.kind !== 'list' || tip.marker !== list.marker) this.#push(list, depth)
    }
    while (!holds(this.#tip, node)) this.#closeTo(this.#open.length - 1)
    const parent = this.#tip
    const list = parent.kind === 'item' ? parent.parent : parent
    if (this.#afterBlank && parent.children.length && list?.kind === 'list') list.loose = true
    node.parent = parent
    parent.children.push(node)
    this.#open.push(node)
  }

  #addText(line: Line, depth: number): void {
    const { text } = line
    // A paragraph goes on over missing marks (laziness, spec 5.1).
    if (!text || this.#tip.kind !== 'paragraph') this.#closeTo(depth)
    const tip = this.#tip
    if (tip.kind === 'code') tip.text += `${line.rest}\n`
    else if (!text) return
    else if (tip.kind === 'paragraph') tip.text += tip.text ? `\n${text}` : text
    else if (tip.kind === 'table') this.#push(createNode({ kind: 'row' }, text), depth)
    else {
      const task = tip.kind === 'item' && !tip.children.length ? TASK.exec(text) : null
      if (task && tip.kind === 'item') tip.checked = task[1] !== ' '
      this.#push(createNode({ kind: 'paragraph' }, text.slice(task?.[0].length ?? 0)), depth)
    }
  }

  #canLoosen(): boolean {
    const tip = this.#tip
    return tip.kind !== 'quote' && !(tip.kind === 'code' && tip.fence)
  }

  /** Closes open blocks until only `depth` are left. */
  #closeTo(depth: number): void {
    while (this.#open.length > depth) {
      const node = this.#open.pop() as Node
      if (node.kind === 'paragraph') node.text = this.#withoutDefinitions(node.text)
      if (this.#draft || node.children.length) continue
      readBlock(node, { define: (label) => this.#references.find(label, node), growing: [] })
    }
  }

  #withoutDefinitions(text: string): string {
    return this.#draft ? withoutDefinitions(text) : this.#references.define(text)
  }
}

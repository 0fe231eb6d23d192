import { unescapeText } from './entities.ts'
import type { Line } from './line.ts'
import { createNode, type Node } from './nodes.ts'

/** From this many columns on, a line is indented code. */
export const CODE_INDENT = 4

const HEADING = /^#{1,6}(?=[ \t]|$)/
const FENCE = /^(`{3,}(?!`|.*`)|~{3,})(.*)/
const RULE = /^(?:(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|(?:-[ \t]*){3,})$/
const MARKER = /^(?:[*+-]|\d{1,9}[.)])(?=[ \t]|$)/

/**
 * The block that begins at the rest of the line, which is neither blank nor indented as code; its marks are passed
 * (spec 4 and 5). What its first line holds stays on `line`, unless the block holds no lines.
 *
 * @param paragraph whether the line would otherwise continue a paragraph
 * @param deep whether there is no room for further containers
 */
export function startBlock(line: Line, paragraph: boolean, deep: boolean): Node | null {
  const { indent, text } = line
  if (text[0] === '>') {
    if (deep) return null
    line.pass(1)
    line.skip(1)
    return createNode({ kind: 'quote' })
  }
  const level = HEADING.exec(text)?.[0].length
  if (level) return createNode({ kind: 'heading', level, depth: level }, headingText(text.slice(level)))
  const [, marks, info = ''] = FENCE.exec(text) ?? []
  if (marks) {
    const language = unescapeText(info.trim().split(/\s/, 1)[0] ?? '')
    return createNode({ kind: 'code', fence: { marks, indent, language } })
  }
  if (RULE.test(text)) return createNode({ kind: 'rule' })
  return deep ? null : startItem(line, paragraph)
}

/** Without the closing sequence. */
const headingText = (text: string): string => text.trim().replace(/(?<=^|[ \t])#+$/, '')

/** A list item; the list that it needs is the caller's to find or make, by `listOf`. */
function startItem(line: Line, paragraph: boolean): Node | null {
  const { indent, text } = line
  const marker = MARKER.exec(text)?.[0]
  if (!marker) return null
  const empty = text.trimEnd() === marker
  // Only what is surely meant as a list interrupts a paragraph.
  if (paragraph && (empty || (marker.length > 1 && Number.parseInt(marker, 10) !== 1))) return null
  line.pass(marker.length)
  const space = empty || line.indent > CODE_INDENT ? 1 : line.indent
  line.skip(space)
  return createNode({ kind: 'item', indent: indent + marker.length + space, checked: null }, marker)
}

/** A new list for an item. */
export function listOf(item: Node): Extract<Node, { kind: 'list' }> {
  const start = item.text.length > 1 ? Number.parseInt(item.text, 10) : null
  return createNode({ kind: 'list', marker: item.text.slice(-1), start, loose: false })
}

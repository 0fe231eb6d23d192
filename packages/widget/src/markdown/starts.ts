import { unescapeText } from './entities.ts'
import type { Line } from './line.ts'
import { createNode, type Node } from './nodes.ts'

/** From this many columns on, a line is indented code. */
export const CODE_INDENT = 4

const HEADING = /^(#{1,6})(?:[ \t]|$)/
const FENCE = /^(?:(`{3,})([^`]*)|(~{3,})(.*))$/
const RULE = /^(?:(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|(?:-[ \t]*){3,})$/
const BULLET = /^[*+-](?=[ \t]|$)/
const NUMBER = /^(\d{1,9})([.)])(?=[ \t]|$)/

/**
 * The block that begins at the rest of the line, its marks passed (spec 4 and 5); what its first line holds stays on
 * `line`, unless the block holds no lines.
 *
 * @param paragraph whether the line would otherwise continue a paragraph
 * @param deep whether there is no room for further containers
 */
export function startBlock(line: Line, paragraph: boolean, deep: boolean): Node | null {
  const { indent, text } = line
  if (!text || indent >= CODE_INDENT) return null
  if (text[0] === '>') {
    if (deep) return null
    line.skip(indent)
    line.advance(1)
    line.skip(1)
    return createNode({ kind: 'quote' })
  }
  const level = HEADING.exec(text)?.[1]?.length
  if (level) return createNode({ kind: 'heading', level }, headingText(text.slice(level)))
  const fence = FENCE.exec(text)
  if (fence) {
    const language = unescapeText((fence[2] ?? fence[4] ?? '').trim().split(/\s/, 1)[0] ?? '')
    return createNode({ kind: 'code', fence: { marks: fence[1] ?? fence[3] ?? '', indent, language } })
  }
  if (RULE.test(text)) return createNode({ kind: 'rule' })
  return deep ? null : startItem(line, paragraph)
}

/** Without the closing sequence. */
function headingText(text: string): string {
  const content = text.trim()
  let end = content.length
  while (content[end - 1] === '#') end--
  return end === 0 || /[ \t]/.test(content[end - 1] ?? '') ? content.slice(0, end).trimEnd() : content
}

/** A list item; the list that it needs is the caller's to find or make, by `listOf`. */
function startItem(line: Line, paragraph: boolean): Node | null {
  const { indent, text } = line
  const marker = (BULLET.exec(text) ?? NUMBER.exec(text))?.[0]
  if (!marker) return null
  const empty = text.trimEnd() === marker
  // Only what is surely meant as a list interrupts a paragraph.
  if (paragraph && (empty || (marker.length > 1 && Number.parseInt(marker, 10) !== 1))) return null
  line.skip(indent)
  line.advance(marker.length)
  const space = empty || line.indent > CODE_INDENT ? 1 : line.indent
  line.skip(space)
  return createNode({ kind: 'item', indent: indent + marker.length + space, checked: null }, marker)
}

/** A new list for an item. */
export function listOf(item: Node): Extract<Node, { kind: 'list' }> {
  const start = item.text.length > 1 ? Number.parseInt(item.text, 10) : null
  return createNode({ kind: 'list', marker: item.text.slice(-1), start, loose: false })
}

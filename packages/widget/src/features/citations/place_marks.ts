import type { Block, Inline, Insert } from '../runtime.ts'
import type { Cited } from './cited.ts'
import { endsAfter, endsBefore, settle } from './settle.ts'

/** Where a mark stands, in the text as it was written and in what was read of it. */
export interface Place {
  /** After so many units of the text; `null` where that would be in the midst of code. */
  at: number | null
  /** After so many units of what this block of the outermost ones says. */
  block: number
  offset: number
}

/**
 * Stands in a copy of the text for a mark: a symbol that no text has, before and after which all of Markdown's syntax works as
 * before and after punctuation, and with which a bare URL ends.
 */
const STAND_IN = '\u303f'

/** How a text is read: with what may still come, or as it ended. */
export type Read = (text: string) => readonly Block[]

/** Readings of a text that are tried for a place, all of its marks together. */
const MOST_TRIES = 60

/**
 * Finds the places of marks: the first after each citation's end at which a mark changes nothing of what the text says, and is
 * in no link, code or emphasis. It is found by reading the text with a symbol there. What has no place has none in the list.
 */
export function placeMarks(text: string, cited: readonly Cited[], read: Read): Map<Cited, Place> {
  const places = new Map<Cited, Place>()
  if (text.includes(STAND_IN)) return places
  const plain = JSON.stringify(read(text))
  const settled = new Map(cited.map((each) => [each, settle(text, each.at)]))
  const ends = [...new Set(settled.values())].toSorted((a, b) => a - b)
  let tries = MOST_TRIES

  /** What stands in for marks after `ats`, in order; `null` where the text says something else with them. */
  function tryAt(...ats: number[]): Found[] | null {
    if (tries-- <= 0) return null
    let marked = ''
    ats.forEach((at, i) => (marked += text.slice(ats[i - 1] ?? 0, at) + STAND_IN))
    const blocks = read(marked + text.slice(ats.at(-1)))
    if (JSON.stringify(blocks).replaceAll(STAND_IN, '') !== plain) return null
    const found = blocks.flatMap(findAll)
    return found.length === ats.length ? found : null
  }

  function placeOne(end: number): Place | undefined {
    let inCode: Place | undefined
    for (const at of new Set([end, ...endsAfter(text, end), ...endsBefore(text, end)])) {
      const found = tryAt(at)?.[0]
      if (found && !found.within) return { at, block: found.block, offset: found.offset }
      // Nothing in the text ends it: what comes after it is the next block.
      if (found) inCode ??= { at: found.within === 'codeblock' ? null : at, block: found.block, offset: found.offset }
      if (found?.within === 'codeblock') break
    }
    return inCode
  }

  const all = ends.length > 0 ? tryAt(...ends) : null
  const isPlain = all?.every(({ within }) => !within)
  const byEnd = new Map(
    ends.map((end, i) => {
      const found = all?.[i]
      return [end, isPlain && found ? { at: end, block: found.block, offset: found.offset } : placeOne(end)]
    }),
  )
  for (const each of cited) {
    const place = byEnd.get(settled.get(each)!)
    if (place) places.set(each, place)
  }
  return places
}

interface Found {
  block: number
  offset: number
  /** The construct that it is in. */
  within: string
}

/** The symbols in a block, by how much it says before them. */
function findAll(top: Block, block: number): Found[] {
  const found: Found[] = []
  let offset = 0
  function walk(node: Block | Inline, within: string): void {
    if (typeof node === 'string') return say(node, within)
    // The line that begins a block of code belongs to it.
    if ('language' in node) say(node.language.includes(STAND_IN) ? STAND_IN : '', node.type)
    if ('text' in node) return say(node.text, node.type)
    const isInline = !isBlock(node)
    for (const child of childrenOf(node)) walk(child, within || (isInline ? String(node.type) : ''))
  }
  function say(text: string, within: string): void {
    const pieces = text.split(STAND_IN)
    pieces.forEach((piece, i) => {
      if (i > 0) found.push({ block, offset, within })
      offset += piece.length
    })
  }
  walk(top, '')
  return found
}

const INLINE = /^(em|strong|del|link|image|code|break)$/
const isBlock = (node: Block | Inline): node is Block =>
  typeof node !== 'string' && typeof node.type === 'string' && !INLINE.test(node.type)

export const childrenOf = (node: Exclude<Block | Inline, string>): readonly (Block | Inline)[] =>
  'cells' in node ? node.cells.flat() : 'children' in node ? node.children : []

/** Reads texts as the panel does. */
export const createRead =
  (create: Parameters<Insert>[1], streaming: boolean, cut: boolean): Read =>
  (text) => {
    const document = create()
    document.append(text)
    if (!streaming) document.end(cut)
    return document.blocks
  }

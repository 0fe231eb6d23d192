import type { Block, Citation, Inline, Insert, MarkdownProps, Message, Ui } from '../runtime.ts'
import { type Cited, citedIn, textAt } from './cited.ts'
import { groupBy } from './group_by.ts'
import { insertMarks, type MarksAt } from './insert_marks.ts'
import { Mark } from './mark.tsx'
import { createRead, type Place, placeMarks } from './place_marks.ts'

/** How a text was shown last, with what it was cited for then: the same props, as long as that is the same. */
interface Shown {
  ui: Ui
  cited: readonly Cited[]
  props: Pick<MarkdownProps, 'insert' | 'words'>
  message: Message
}

const shownLast = new WeakMap<Citation, Shown>()

/** How a text reads Markdown: known once one with marks was shown. */
export let createText: Parameters<Insert>[1] | undefined

/** What shows the text at this place of an answer with its marks; `undefined` where it has none. */
export function markText(ui: Ui, message: Message, place: number): Shown['props'] | undefined {
  const cited = citedIn(message, place)
  const first = cited[0]?.citation
  if (!first) return undefined
  const last = shownLast.get(first)
  if (last && last.ui.words === ui.words && isSame(last.cited, cited)) {
    Object.assign(last, { ui, message })
    return last.props
  }
  // Other words have the text rendered at once, and not with its next piece.
  const words = { ...ui.words.markdown }
  const shown: Shown = { ui, cited, message, props: { words, insert: insertAll } }
  shownLast.set(first, shown)

  let places = new Map<Cited, Place>()
  /** The text's length when they were looked for, and whether it was whole. */
  let looked = -1
  let isFinal = false
  let marked = new WeakMap<Block, Block[]>()

  /** Marks stand in the text as it was written: what else is put in comes after. */
  function insertAll(...[blocks, read]: Parameters<Insert>): readonly Block[] {
    const next = insert(blocks, read)
    return shown.ui.markdown.insert?.(next, read) ?? next
  }

  function insert(blocks: readonly Block[], create: Parameters<Insert>[1]): readonly Block[] {
    createText = create
    const { status } = shown.message
    const streaming = status === 'streaming'
    const text = textAt(shown.message, place)
    // What is cited at the very end may not be at its end yet.
    const ready = streaming ? cited.filter(({ at }) => at < text.length) : cited
    const isOld = ready.some((each) => !places.has(each) && each.at >= looked) || (!streaming && !isFinal)
    if (isOld) {
      places = placeMarks(text, ready, createRead(create, streaming, status !== 'completed'))
      looked = text.length
      isFinal = !streaming
      marked = new WeakMap()
    }
    const byBlock = groupBy(places, ([, { block }]) => block)
    return blocks.flatMap((block, index) => {
      const here = byBlock.get(index)
      if (!here) return [block]
      if (!marked.has(block)) marked.set(block, insertMarks(block, marksAt(ui, here)))
      return marked.get(block)!
    })
  }
  return shown.props
}

const isSame = (a: readonly Cited[], b: readonly Cited[]): boolean =>
  a.length === b.length && a.every(({ citation }, i) => citation === b[i]!.citation)

/** Each number once in one place. */
function marksAt(ui: Ui, placed: readonly (readonly [Cited, Place])[]): MarksAt[] {
  const byOffset = groupBy(placed, ([, { offset }]) => offset)
  return Array.from(byOffset, ([offset, here]) => {
    const sources = new Map(here.map(([{ number, source }]) => [number, source]))
    const numbers = [...sources.keys()].toSorted((a, b) => a - b)
    const marks = numbers.map((number): Inline => ({
      type: Mark,
      props: { ui, source: sources.get(number)!, number },
      children: [],
    }))
    return { offset, marks }
  })
}

import { createBlockParser } from './block_parser.ts'
import { holdsBack } from './tail.ts'
import type { Block } from './tree.ts'

/** A Markdown text that comes in pieces. */
export interface MarkdownStream {
  /** Adds the next piece; it may end anywhere. Cheap: nothing is read before `blocks` is asked for. */
  append(delta: string): void
  /** No more will come: what is unclosed stays as it was written. */
  end(): void
  /**
   * What the text says so far. Until `end()`, its tail reads as what it will most likely become. A finished block is
   * the same object in every later list.
   */
  readonly blocks: readonly Block[]
}

/**
 * Makes an empty text to append to.
 *
 * @example
 * const text = createMarkdown()
 * text.append('Some **bo')
 * text.blocks // [{ type: 'paragraph', children: ['Some ', { type: 'strong', children: ['bo'] }] }]
 */
export function createMarkdown(): MarkdownStream {
  const parser = createBlockParser()
  /** What has come since the last line ending that was read. */
  let rest = ''
  let ended = false
  let blocks: readonly Block[] | null = null

  /** Reads the lines that are complete. */
  function readLines(): void {
    // A carriage return at the end may be half a line ending.
    const lines = rest.split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop() ?? ''
    for (const line of lines) parser.add(withoutNul(line))
  }

  function draft(): Block[] {
    readLines()
    const fork = parser.fork()
    const tail = rest.replace(/\r$/, '')
    if (!holdsBack(tail)) fork.add(withoutNul(tail))
    return fork.blocks()
  }

  return {
    append(delta) {
      if (ended || !delta) return
      rest += delta
      blocks = null
    },
    end() {
      if (ended) return
      readLines()
      if (rest) parser.add(withoutNul(rest.replace(/\r$/, '')))
      parser.end()
      ended = true
      blocks = null
    },
    get blocks() {
      return (blocks ??= ended ? parser.blocks() : draft())
    },
  }
}

const withoutNul = (line: string): string => line.replaceAll('\0', '\ufffd')

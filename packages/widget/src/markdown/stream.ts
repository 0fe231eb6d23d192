import { createBlockParser } from './block_parser.ts'
import { holdsBack } from './tail.ts'
import type { Block } from './tree.ts'

/**
 * What is still open is read again each time up to this size; if it is larger, once it has grown by a 32nd. So all the
 * readings of a text together take at most some hundred times as long as one.
 */
const READ_AT_ONCE = 4096
const SHARE = 32

/** A Markdown text that comes in pieces. */
export interface MarkdownStream {
  /** Adds the next piece; it may end anywhere. */
  append(delta: string): void
  /** No more will come: what is unclosed stays as it was written. Of a text that was `cut`, as it read before. */
  end(cut?: boolean): void
  /**
   * What the text says so far. Until `end()`, its tail reads as what it will most likely become, and the list may stay
   * the same while a long block grows a little. A finished block is the same object in every later list.
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
  let blocks: readonly Block[] = []
  /** Characters that `blocks` doesn't know. */
  let unread = 0

  /** Reads the lines that are complete. */
  function readLines(): void {
    // A carriage return at the end may be half a line ending.
    const lines = rest.split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop() ?? ''
    for (const line of lines) parser.add(line)
  }

  function draft(): Block[] {
    const fork = parser.fork()
    const tail = rest.replace(/\r$/, '')
    if (!holdsBack(tail)) fork.add(tail)
    return fork.blocks()
  }

  return {
    append(delta) {
      if (ended) return
      rest += delta.replaceAll('\0', '\ufffd')
      unread += delta.length
      // The character before may be half a line ending.
      if (/[\r\n]/.test(rest.slice(-1 - delta.length))) readLines()
    },
    end(cut) {
      if (ended) return
      ended = true
      if (cut) blocks = draft()
      else {
        readLines()
        if (rest) parser.add(rest.replace(/\r$/, ''))
        parser.end()
        blocks = parser.blocks()
      }
    },
    get blocks() {
      if (!ended && unread && unread * SHARE > parser.size() + rest.length - READ_AT_ONCE) {
        blocks = draft()
        unread = 0
      }
      return blocks
    },
  }
}

import { BlockParser } from './block_parser.ts'
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
export const createMarkdown = (): MarkdownStream => new Stream()

class Stream implements MarkdownStream {
  readonly #parser = new BlockParser()
  /** What has come since the last line ending that was read. */
  #rest = ''
  #ended = false
  #blocks: readonly Block[] | null = null

  append(delta: string): void {
    if (this.#ended || !delta) return
    this.#rest += delta
    this.#blocks = null
  }

  end(): void {
    if (this.#ended) return
    this.#readLines()
    if (this.#rest) this.#parser.add(withoutNul(this.#rest.replace(/\r$/, '')))
    this.#parser.end()
    this.#ended = true
    this.#blocks = null
  }

  get blocks(): readonly Block[] {
    return (this.#blocks ??= this.#ended ? this.#parser.blocks : this.#draft())
  }

  /** Reads the lines that are complete. */
  #readLines(): void {
    // A carriage return at the end may be half a line ending.
    const lines = this.#rest.split(/\r\n|\n|\r(?!$)/)
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#parser.add(withoutNul(line))
  }

  #draft(): Block[] {
    this.#readLines()
    const draft = this.#parser.fork()
    const tail = this.#rest.replace(/\r$/, '')
    if (!holdsBack(tail)) draft.add(withoutNul(tail))
    return draft.blocks
  }
}

const withoutNul = (line: string): string => line.replaceAll('\0', '\ufffd')

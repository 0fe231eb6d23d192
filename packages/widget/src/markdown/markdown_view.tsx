import { Component, type ComponentChild, h } from 'preact'
import { type SharedProps, renderBlocks } from './block_view.tsx'
import { further, lacking } from './further.ts'
import { createMarkdown } from './stream.ts'
import type { Block } from './tree.ts'
import { ENGLISH_WORDS, type KnownWords } from './words.ts'

export type Insert = (blocks: readonly Block[], read: typeof createMarkdown) => readonly Block[]

export interface MarkdownProps {
  /** The text so far. */
  source: string
  /** Whether more is to come: then the view keeps up once a frame, and guesses how unclosed marks will end. */
  streaming?: boolean
  /** Whether it ended before its time: then unclosed marks stay as they were guessed. */
  cut?: boolean
  /** Should stay the same object from one rendering to the next. */
  words?: KnownWords
  /** Stands above each code block, once it is there. */
  CodeBar?: SharedProps['CodeBar']
  /** Is called once, when the first code block or table is shown. */
  onWide?: () => unknown
  /** Is called with what a text has lacked, when that grows; the text is read anew once that is there. */
  onLack?: (features: typeof lacking) => unknown
  /**
   * Puts something into the text: makes the blocks that are shown of those that were read. `read` reads others in the same way.
   * What is put in anew is shown with the next piece of the text, or with other `words`.
   */
  insert?: Insert | undefined
}

/**
 * Shows a Markdown text that may still grow. Only what has been added since the last frame is read, and only the blocks
 * that it changed are rendered.
 *
 * @example
 * <Markdown source={text} streaming={status === 'streaming'} cut={status !== 'completed'} />
 */
export class Markdown extends Component<MarkdownProps> {
  #text = createMarkdown()
  #read = ''
  #ended = false
  #cut: boolean | undefined
  #frame = 0
  #hasWide = false
  #lacked = 0
  /** What had been added when it was read. */
  #added = 0

  override shouldComponentUpdate(next: MarkdownProps): boolean {
    const { words, CodeBar } = this.props
    const isBehind = this.#added !== further.added
    // In a task of its own: there may be many texts to read anew.
    if (isBehind && this.#ended && !next.streaming) return !setTimeout(() => this.forceUpdate())
    if (!next.streaming || next.words !== words || next.CodeBar !== CodeBar) return true
    if (next.source !== this.#read || isBehind) this.#frame ||= requestAnimationFrame(this.#catchUp)
    return false
  }

  override componentWillUnmount(): void {
    cancelAnimationFrame(this.#frame)
  }

  override render({ words = ENGLISH_WORDS, CodeBar, insert }: MarkdownProps): ComponentChild {
    this.#feed(this.props)
    const { blocks } = this.#text
    if (lacking.size > this.#lacked) this.props.onLack?.(lacking)
    this.#lacked = lacking.size
    const shared = { words, CodeBar, onWide: this.#onWide }
    return <div class="md">{renderBlocks(insert ? insert(blocks, createMarkdown) : blocks, shared, true)}</div>
  }

  readonly #onWide = (): void => {
    if (!this.#hasWide) this.props.onWide?.()
    this.#hasWide = true
  }

  readonly #catchUp = (): void => {
    this.#frame = 0
    const { blocks } = this.#text
    this.#feed(this.props)
    if (this.#text.blocks !== blocks) this.forceUpdate()
  }

  #feed({ source, streaming, cut }: MarkdownProps): void {
    const extended =
      this.#added === further.added &&
      source.startsWith(this.#read) &&
      !(this.#ended && (streaming || source !== this.#read || cut !== this.#cut))
    if (!extended) {
      this.#added = further.added
      this.#text = createMarkdown()
      this.#read = ''
    }
    this.#text.append(source.slice(this.#read.length))
    if (!streaming) this.#text.end(cut)
    this.#read = source
    this.#ended = !streaming
    this.#cut = cut
  }
}

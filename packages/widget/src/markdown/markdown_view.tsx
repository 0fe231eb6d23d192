import { Component, type ComponentChild, h } from 'preact'
import { type SharedProps, renderBlocks } from './block_view.tsx'
import { createMarkdown } from './stream.ts'
import { ENGLISH_WORDS, type KnownWords } from './words.ts'

export interface MarkdownProps {
  /** The text so far. */
  source: string
  /** Whether more is to come: then the view keeps up once a frame, and guesses how unclosed marks will end. */
  streaming?: boolean
  /** Should stay the same object from one rendering to the next. */
  words?: KnownWords
  /** Stands above each code block, once it is there. */
  CodeBar?: SharedProps['CodeBar']
  /** Is called once, when the first code block or table is shown. */
  onWide?: () => unknown
}

/**
 * Shows a Markdown text that may still grow. Only what has been added since the last frame is read, and only the blocks
 * that it changed are rendered.
 *
 * @example
 * <Markdown source={message.content} streaming={message.status === 'streaming'} />
 */
export class Markdown extends Component<MarkdownProps> {
  #text = createMarkdown()
  #read = ''
  #ended = false
  #frame = 0
  #hasWide = false

  override shouldComponentUpdate(next: MarkdownProps): boolean {
    const { words, CodeBar } = this.props
    if (!next.streaming || next.words !== words || next.CodeBar !== CodeBar) return true
    if (next.source !== this.#read) this.#frame ||= requestAnimationFrame(this.#catchUp)
    return false
  }

  override componentWillUnmount(): void {
    cancelAnimationFrame(this.#frame)
  }

  override render({ source, streaming, words = ENGLISH_WORDS, CodeBar }: MarkdownProps): ComponentChild {
    this.#feed(source, streaming)
    const shared = { words, CodeBar, onWide: this.#onWide }
    return <div class="md">{renderBlocks(this.#text.blocks, shared, true)}</div>
  }

  readonly #onWide = (): void => {
    if (!this.#hasWide) this.props.onWide?.()
    this.#hasWide = true
  }

  readonly #catchUp = (): void => {
    this.#frame = 0
    const { blocks } = this.#text
    this.#feed(this.props.source, this.props.streaming)
    if (this.#text.blocks !== blocks) this.forceUpdate()
  }

  #feed(source: string, streaming = false): void {
    const extended = source.startsWith(this.#read) && !(this.#ended && (streaming || source !== this.#read))
    if (!extended) {
      this.#text = createMarkdown()
      this.#read = ''
    }
    this.#text.append(source.slice(this.#read.length))
    if (!streaming) this.#text.end()
    this.#read = source
    this.#ended = !streaming
  }
}

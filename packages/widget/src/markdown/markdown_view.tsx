import { Component, type ComponentChild, h } from 'preact'
import { renderBlocks } from './block_view.tsx'
import { createMarkdown } from './stream.ts'
import { ENGLISH_WORDS, type MarkdownWords } from './words.ts'

export interface MarkdownProps {
  /** The text so far. */
  source: string
  /** Whether more is to come: then the view keeps up once a frame, and guesses how unclosed marks will end. */
  streaming?: boolean
  /** Should stay the same object from one rendering to the next. */
  words?: MarkdownWords
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

  override shouldComponentUpdate(next: MarkdownProps): boolean {
    if (!next.streaming || next.words !== this.props.words) return true
    if (next.source !== this.#read) this.#frame ||= requestAnimationFrame(this.#catchUp)
    return false
  }

  override componentWillUnmount(): void {
    cancelAnimationFrame(this.#frame)
  }

  override render({ source, streaming, words = ENGLISH_WORDS }: MarkdownProps): ComponentChild {
    this.#feed(source, streaming)
    return <div class="md">{renderBlocks(this.#text.blocks, words, true)}</div>
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

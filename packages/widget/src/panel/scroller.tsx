import { Component, type ComponentChildren, h } from 'preact'
import type { ThreadState } from '@loacl/core'
import { isRunning } from '../model_state.ts'
import { Icon } from './icons.tsx'
import { keyOf } from './message.tsx'
import type { Ui } from './ui.ts'

/** Pixels from the end within which the visitor counts as being there. */
const NEAR = 60

/** Pixels above the newest question, as the style has them where a conversation begins. */
const ABOVE = 20

interface Props {
  ui: Ui
  thread: ThreadState
  children: ComponentChildren
}

const firstOf = ({ messages: [first] }: ThreadState) => first && keyOf(first)

/**
 * Brings the newest question to the top of the view when it is sent, and leaves the visitor where they read. Only who is
 * at the end stays there while the conversation grows. The room below a short answer is the style's.
 * It moves its own box alone: `scrollIntoView` would move the page.
 */
export class Scroller extends Component<Props, { away?: boolean }> {
  #box: HTMLElement | null = null
  #content: HTMLElement | null = null
  #following = false
  #top = 0
  #height = 0
  // Either can change what is in sight: the content by growing, the box by the keyboard of a phone.
  #resized = new ResizeObserver(() => {
    const before = this.#height
    this.#height = this.#box!.clientHeight
    // Some browsers forget where a closed panel was scrolled to.
    if (!before) this.#restore()
    else if (this.#following) this.toEnd()
    else this.#measure()
  })

  override componentDidMount(): void {
    this.#resized.observe(this.#content!)
    this.#resized.observe(this.#box!)
  }

  override componentWillUnmount(): void {
    this.#resized.disconnect()
  }

  override componentDidUpdate({ thread: before }: Props): void {
    const { thread } = this.props
    // Another conversation, or older messages in front.
    if (firstOf(thread) !== firstOf(before)) this.#restore()
    // What another tab asks moves nobody who reads.
    if (isRunning(thread) && !isRunning(before) && (thread.turn.status === 'sending' || this.#following))
      this.#toQuestion()
  }

  /** Where the conversation's place is kept: a message and its distance from the top of the view, or nothing for the end. */
  get #name(): string {
    return `place:${this.props.thread.id}`
  }

  get #articles(): HTMLElement[] {
    return [...this.#content!.querySelectorAll('article')]
  }

  /** How far the view can go until it is at the end of what there is to read. */
  get #end(): number {
    return this.#content!.offsetHeight - this.#box!.clientHeight
  }

  /** Of a long question the end is in the upper half, so that the answer's beginning is below it. */
  get #questionTop(): number {
    const question = this.#articles.findLast(({ className }) => className === 'mine')
    return question
      ? question.offsetTop + Math.max(-ABOVE, question.offsetHeight - this.#box!.clientHeight / 2)
      : Infinity
  }

  #restore(): void {
    const kept = this.props.ui.model.memory.get(this.#name)
    const [id, distance] = kept?.split(' ') ?? []
    const article = this.#articles.find((message) => message.id === id)
    if (article) this.#move(article.offsetTop - Number(distance))
    else if (kept !== '' && (isRunning(this.props.thread) || this.#questionTop < this.#end)) this.#toQuestion()
    else this.toEnd()
  }

  #toQuestion(): void {
    // In a closed panel there is nothing to measure, and it is to open there.
    this.props.ui.model.memory.set(this.#name, null)
    this.#move(this.#questionTop)
  }

  toEnd = (): void => this.#move(this.#end, true)

  #move(top: number, following = false): void {
    this.#box!.scrollTop = top
    this.#following = following
    this.#measure()
  }

  /** Notes where the visitor is. */
  #measure(): void {
    const top = (this.#top = this.#box!.scrollTop)
    const away = this.#end - top > NEAR
    if (away !== Boolean(this.state.away)) this.setState({ away })
    const article = this.#articles.find(({ offsetTop, offsetHeight }) => offsetTop + offsetHeight > top)
    if (article)
      this.props.ui.model.memory.set(this.#name, this.#following ? '' : `${article.id} ${article.offsetTop - top}`)
  }

  // The first pixels upwards end the following: a smooth scroll begins with few, and must not be pulled back. Nor does
  // who looks at the room below a short answer follow it.
  readonly #onScroll = (): void => {
    // The browser tells of a scroll in the next frame, when the box may be gone.
    if (!this.#box) return
    const { scrollTop } = this.#box
    const distance = this.#end - scrollTop
    if (scrollTop !== this.#top) this.#following = distance > -2 && distance < (scrollTop < this.#top ? 2 : NEAR)
    this.#measure()
  }

  override render({ ui, thread, children }: Props) {
    const { words } = ui
    return (
      <div class="body">
        <div
          class="scroll"
          role="log"
          aria-label={words.conversation}
          aria-live="off"
          tabIndex={0}
          ref={(element) => {
            this.#box = element
          }}
          onScroll={this.#onScroll}
        >
          <div
            class="content"
            ref={(element) => {
              this.#content = element
            }}
          >
            {children}
          </div>
        </div>
        {this.state.away && thread.messages.length > 0 && (
          <button type="button" class="latest" dir="auto" onClick={this.toEnd}>
            <Icon name="down" />
            {words.jumpToLatest}
          </button>
        )}
      </div>
    )
  }
}

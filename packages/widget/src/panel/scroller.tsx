import { Component, type ComponentChildren, h } from 'preact'
import type { ThreadState } from '@loacl/core'
import { isRunning } from '../model_state.ts'
import type { Drawn } from './drawing.ts'
import type { Ui } from './ui.ts'

/** Pixels of the conversation below the view from which on there is a way to its end. */
const NEAR = 60

interface Props {
  ui: Ui
  thread: ThreadState
  drawn: Drawn
  children: ComponentChildren
}

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
  #first: HTMLElement | undefined
  /** Messages have come in front, and the view is still to go back to the visitor's place. */
  #mustRestore = false
  // Either can change what is in sight: the content by growing, the box by the keyboard of a phone.
  #resized = new ResizeObserver(() => {
    const before = this.#height
    this.#height = this.#box!.clientHeight
    // Some browsers forget where a closed panel was scrolled to.
    if (!before || this.#mustRestore) this.#restore()
    else if (this.#following) this.toEnd()
    else this.#measure()
  })

  override componentDidMount(): void {
    this.#resized.observe(this.#content!)
    this.#resized.observe(this.#box!)
  }

  override componentWillUnmount(): void {
    this.#resized.disconnect()
    this.#mustRestore = false
  }

  override componentDidUpdate({ thread: before }: Props): void {
    const { thread, drawn } = this.props
    const [first] = this.#articles
    // Another conversation, or older messages in front.
    if (first !== this.#first) {
      // While it is drawn for the first time, it is laid out in a task of its own, or by the frame that comes before.
      this.#mustRestore = !drawn.settled
      if (this.#mustRestore) setTimeout(() => this.#mustRestore && this.#restore())
      else this.#restore()
    }
    this.#first = first
    // What another tab asks moves nobody who reads.
    if (isRunning(thread) && !isRunning(before) && (thread.turn.status === 'sending' || this.#following))
      this.#toQuestion()
  }

  get #articles(): HTMLElement[] {
    return [...this.#content!.querySelectorAll('article')]
  }

  /** How far the view goes to the end of what there is to read. */
  get #end(): number {
    return this.#content!.clientHeight - this.#box!.clientHeight
  }

  /** Where the visitor is: a message and its distance from the top of the view, or nothing for the end. */
  #keep(place: string | null): void {
    if (this.props.drawn.settled) this.props.ui.model.memory.set(this.#name, place)
  }

  get #name(): string {
    return `place:${this.props.thread.id}`
  }

  #restore(): void {
    this.#mustRestore = false
    const kept = this.props.ui.model.memory.get(this.#name)
    const article = this.#articles.find(({ id }) => kept?.split(' ')[1] === id)
    if (article) this.#move(article.offsetTop - Number.parseFloat(kept!))
    else if (isRunning(this.props.thread)) this.#toQuestion()
    // A greeting is read from its beginning.
    else if (this.#articles[0]) this.toEnd()
  }

  /** To the end of the room that the style makes: an earlier answer may still be there, until another one comes. */
  #toQuestion(): void {
    // In a closed panel there is nothing to measure, and it is to open there.
    this.#keep(null)
    const question = this.#articles.findLast(({ className }) => className === 'mine')
    if (question) this.#move(question.offsetTop + Math.max(-20, question.offsetHeight - this.#box!.clientHeight * 0.4))
  }

  toEnd = (): void => this.#move(this.#end, true)

  #move(top: number, following = false): void {
    this.#box!.scrollTop = top
    this.#following = following
    this.#measure()
  }

  /** @param moved by the visitor, who may scroll while more is drawn above */
  #measure(moved = false): void {
    const top = (this.#top = this.#box!.scrollTop)
    const away = this.#end - top > NEAR
    // Not at every word: a fetch that failed is tried again when the visitor scrolls.
    if (away && (moved || !this.state.away)) void this.props.ui.features.jump.load()
    if (away !== this.state.away) this.setState({ away })
    const article = this.#articles.find(({ offsetTop, offsetHeight }) => offsetTop + offsetHeight > top)
    if (article && (moved || this.props.drawn.done))
      this.#keep(this.#following ? null : `${article.offsetTop - top} ${article.id}`)
  }

  readonly #onScroll = (): void => {
    // The browser tells of a scroll in the next frame, when the box may be gone, or back without its place.
    if (this.#mustRestore || this.#box?.clientHeight !== this.#height) return
    const { scrollTop } = this.#box
    // Only going down begins it: where the conversation gets shorter, the browser goes up by itself. Where it grows
    // nobody goes away, and in the room below a short answer nobody is at the end.
    const moved = scrollTop !== this.#top
    if (moved) {
      // Where the conversation grows above what is in sight, too, the browser goes down by itself.
      const isDown = scrollTop > this.#top
      this.#following = Math.abs(this.#end - scrollTop) < 2 ? this.#following || isDown : this.#following && isDown
    }
    this.#measure(moved)
    const { ui, drawn } = this.props
    if (drawn.left && drawn.done && scrollTop < this.#height) void ui.showEarlier()
  }

  override render({ ui, thread, children }: Props) {
    const { words, features } = ui
    const jump = features.jump.loaded
    return (
      <div class="body">
        <div
          class="scroll"
          role="log"
          aria-label={words.conversation}
          aria-live="off"
          tabIndex={0}
          onScroll={this.#onScroll}
        >
          <div
            class="content"
            ref={(element) => {
              this.#content = element
              this.#box = element && element.parentElement
            }}
          >
            {children}
          </div>
        </div>
        {jump && this.state.away && thread.messages.length > 0 && <jump.JumpToLatest ui={ui} jump={this.toEnd} />}
      </div>
    )
  }
}

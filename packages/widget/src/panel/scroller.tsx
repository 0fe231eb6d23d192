import { Component, type ComponentChildren, h } from 'preact'
import type { ThreadState } from '@loacl/core'
import { Icon } from './icons.tsx'
import type { Ui } from './ui.ts'

/** Pixels from the end within which the visitor counts as following the conversation. */
const NEAR = 60

interface Props {
  ui: Ui
  talk: ThreadState
  children: ComponentChildren
}

/**
 * Keeps the end of the conversation in sight while the visitor is near it, and leaves them where they are otherwise.
 * It moves its own box alone: `scrollIntoView` would move the page.
 */
export class Scroller extends Component<Props, { away?: boolean }> {
  #box: HTMLElement | null = null
  #content: HTMLElement | null = null
  #following = true
  #top = 0
  #grown = new ResizeObserver(() => this.#follow())

  override componentDidMount(): void {
    // Either can change what is in sight: the content by growing, the box by the keyboard of a phone.
    this.#grown.observe(this.#content!)
    this.#grown.observe(this.#box!)
  }

  override componentWillUnmount(): void {
    this.#grown.disconnect()
  }

  /** The distance to the end, which messages put in front must not change. */
  override getSnapshotBeforeUpdate(before: Props): number | null {
    const { talk } = this.props
    const grewInFront =
      before.talk.messages.length > 0 && talk.messages[0] !== before.talk.messages[0] && talk.id === before.talk.id
    return grewInFront ? this.#box!.scrollHeight - this.#box!.scrollTop : null
  }

  override componentDidUpdate(before: Props, _state: object, distance: number | null): void {
    const { talk } = this.props
    const asked = talk.messages.length > before.talk.messages.length && talk.messages.at(-1)?.role === 'user'
    if (distance !== null) this.#box!.scrollTop = this.#box!.scrollHeight - distance
    else if (asked || talk.id !== before.talk.id) this.toLatest()
  }

  toLatest = (): void => {
    this.#following = true
    this.#follow()
  }

  #follow(): void {
    const box = this.#box!
    // A greeting is read from its beginning.
    if (this.#following && this.props.talk.messages.length > 0) box.scrollTop = box.scrollHeight
    this.#look()
  }

  /** Returns the distance to the end. */
  #look(): number {
    const { scrollHeight, scrollTop, clientHeight } = this.#box!
    const distance = scrollHeight - scrollTop - clientHeight
    this.#top = scrollTop
    if (distance > NEAR !== Boolean(this.state.away)) this.setState({ away: distance > NEAR })
    return distance
  }

  // The first pixels upwards end the following: a smooth scroll begins with few, and must not be pulled back. Nothing
  // else does: an answer that has grown since its last scroll is not a visitor who went away.
  readonly #onScroll = (): void => {
    // The browser tells of a scroll in the next frame, when the box may be gone.
    if (!this.#box) return
    const before = this.#top
    const distance = this.#look()
    if (this.#top < before) this.#following = distance < 2
    else if (distance < NEAR) this.#following = true
  }

  override render({ ui, talk, children }: Props) {
    const words = ui.strings.value
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
        {this.state.away && talk.messages.length > 0 && (
          <button type="button" class="latest" dir="auto" onClick={this.toLatest}>
            <Icon name="down" />
            {words.jumpToLatest}
          </button>
        )}
      </div>
    )
  }
}

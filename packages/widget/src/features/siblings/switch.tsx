import { Component, fill, h, type Message, toLoaclError, type Ui } from '../runtime.ts'
import { ENGLISH } from './english.ts'
import { describe, threadOf } from './thread_of.ts'

interface SwitchProps {
  ui: Ui
  message: Message
  disabled: boolean
}

/** The button that was pressed is there again with the message that comes: it gets the keyboard back. */
let pressed: { id: string; step: number } | null = null

/** Moves between a message and its alternatives. */
export class Switch extends Component<SwitchProps> {
  #group: HTMLElement | null = null

  override componentDidMount(): void {
    if (pressed?.id !== this.props.message.id) return
    const [previous, next] = this.#group!.querySelectorAll('button')
    const [first, second] = pressed.step > 0 ? [next!, previous!] : [previous!, next!]
    pressed = null
    const button = first.disabled ? second : first
    button.focus({ preventScroll: true })
  }

  async choose(id: string, number: number, step: number): Promise<void> {
    const { ui } = this.props
    pressed = { id, step }
    try {
      await threadOf(ui).select(id)
      ui.announce(this.name(number))
    } catch (error) {
      pressed = null
      ui.announce(await describe(ui, toLoaclError(error).code))
    }
  }

  name(number: number): string {
    const { ui, message } = this.props
    const words = { ...ENGLISH, ...ui.words }
    const format = (value: number) => value.toLocaleString(ui.locale)
    return fill(message.role === 'user' ? words.questionOf : words.answerOf, {
      number: format(number),
      count: format(message.siblings!.length),
    })
  }

  override render({ ui, message: { id, siblings }, disabled }: SwitchProps) {
    if (!siblings?.includes(id)) return null
    const words = { ...ENGLISH, ...ui.words }
    const at = siblings.indexOf(id)
    const button = (step: number, label: string, path: string) => {
      const other = siblings[at + step]
      return (
        <button
          type="button"
          class="icon"
          title={label}
          aria-label={label}
          disabled={disabled || !other}
          onClick={() => other && void this.choose(other, at + step + 1, step)}
        >
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d={path} />
          </svg>
        </button>
      )
    }
    const format = (value: number) => value.toLocaleString(ui.locale)
    return (
      <div
        class="switch"
        role="group"
        aria-label={this.name(at + 1)}
        ref={(group) => {
          this.#group = group
        }}
      >
        {button(-1, words.previous, 'm14.5 6-6 6 6 6')}
        <bdi aria-hidden="true">
          {format(at + 1)} / {format(siblings.length)}
        </bdi>
        {button(1, words.next, 'm9.5 6 6 6-6 6')}
      </div>
    )
  }
}

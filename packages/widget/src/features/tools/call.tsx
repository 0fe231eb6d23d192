import { Component, h, type Message, type Ui } from '../runtime.ts'
import { Request } from './request.tsx'
import { Values } from './value_list.tsx'
import { isShown } from './values.ts'
import { isAsked, statusOf, titleOf, type ToolPart, wordsOf } from './words.ts'

interface CallProps {
  ui: Ui
  message: Message
  part: ToolPart
}

interface CallState {
  isOpen?: boolean
}

/** A call as a quiet line, or as a card while the visitor is asked about it. */
export class Call extends Component<CallProps, CallState> {
  #box: HTMLElement | null = null
  #hadFocus = false

  /** What a call gave may be long, and an answer renders at every word. */
  override shouldComponentUpdate({ ui, message, part }: Readonly<CallProps>, { isOpen }: CallState): boolean {
    const { props, state } = this
    return ui !== props.ui || part !== props.part || message.status !== props.message.status || isOpen !== state.isOpen
  }

  /** The keyboard of who has decided goes to the next request, or else to the line that is there now. */
  override componentDidUpdate(): void {
    const box = this.#box!
    if (!this.#hadFocus || box.matches(':focus-within')) return
    const next = (box.getRootNode() as ShadowRoot).querySelector<HTMLElement>('.asked')
    ;(next ?? box.querySelector('summary') ?? box).focus()
  }

  override render({ ui, message, part }: CallProps, state: CallState) {
    const asked = isAsked(message, part)
    const title = titleOf(part, ui)
    this.#hadFocus = !!this.#box?.matches(':focus-within')
    return (
      <div
        class={asked ? 'asked' : 'call'}
        role={asked ? 'group' : undefined}
        aria-label={asked ? title : undefined}
        tabIndex={-1}
        ref={(box) => {
          this.#box = box
        }}
      >
        {asked ? <Request ui={ui} part={part} title={title} /> : this.line(title, state)}
      </div>
    )
  }

  line(title: string, { isOpen }: CallState) {
    const { ui, message, part } = this.props
    const words = wordsOf(ui)
    const head = [
      <svg viewBox="0 0 24 24" aria-hidden="true">
        <path d={SIGNS[part.state] ?? RUNNING} />
      </svg>,
      <bdi>{title}</bdi>,
      ' · ',
      <bdi>{statusOf(message, part, words)}</bdi>,
    ]
    const details = (
      [
        [words.toolInput, part.input],
        [words.toolOutput, part.output],
      ] as const
    ).filter(([, value]) => isShown(value))
    if (details.length === 0) return head
    return (
      <details onToggle={({ currentTarget }) => this.setState({ isOpen: currentTarget.open })}>
        <summary>{head}</summary>
        {isOpen && details.map(([label, value]) => [<p>{label}</p>, <Values label={label} value={value} />])}
      </details>
    )
  }
}

const SIGNS: { readonly [State in ToolPart['state']]?: string } = {
  'output-available': 'm5 12.5 4.5 4.5L19 7.5',
  'output-error': 'M12 7v6m0 3.5v.1M3 12a9 9 0 1 0 18 0a9 9 0 1 0-18 0',
  'output-denied': 'm7 7 10 10M17 7 7 17',
}
const RUNNING = 'M5 12h.1m6.9 0h.1m6.9 0h.1'

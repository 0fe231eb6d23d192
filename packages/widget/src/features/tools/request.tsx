import { Component, fill, h, toLoaclError, type Ui } from '../runtime.ts'
import { timeLeft } from './time_left.ts'
import { Values } from './value_list.tsx'
import { isShown } from './values.ts'
import { inLanguage, type ToolPart, wordsOf } from './words.ts'

interface RequestProps {
  ui: Ui
  part: ToolPart
  title: string
}

interface RequestState {
  isSending?: boolean
  /** Why a decision was refused. */
  refused?: string
}

/** Asks the visitor whether a tool may be called: in the owner's words, with all that will be sent and where to. */
export class Request extends Component<RequestProps, RequestState> {
  #timer: ReturnType<typeof setTimeout> | undefined

  override componentWillUnmount(): void {
    clearTimeout(this.#timer)
  }

  async decide(isApproved: boolean): Promise<void> {
    const { ui, part } = this.props
    const { model, features } = ui
    if (this.state.isSending) return
    this.setState({ isSending: true, refused: '' })
    const thread = model.client.threads.get(model.getSnapshot().thread.id)
    try {
      // With that the card gives way to a line.
      await (isApproved ? thread.approve(part.toolCallId) : thread.deny(part.toolCallId))
    } catch (error) {
      const { code } = toLoaclError(error)
      await features.errors.load()
      const { errors } = wordsOf(ui)
      const refused = errors[code] ?? features.errors.loaded?.describeError(code, ui.words) ?? ui.words.errors.other
      this.setState({ isSending: false, refused })
    }
  }

  override render({ ui, part, title }: RequestProps, { isSending, refused }: RequestState) {
    const words = wordsOf(ui)
    const { input, toolMetadata: { sentences, host = location.host, expiresAt } = {} } = part
    const sentence = inLanguage(sentences, ui.language)
    const button = (label: string, isApproved: boolean) => (
      <button
        type="button"
        class={isApproved ? 'again yes' : 'again'}
        // Disabled, it would lose the keyboard.
        aria-disabled={isSending}
        // The second click of a double click may land on the next request.
        onClick={({ detail }) => detail < 2 && void this.decide(isApproved)}
      >
        {label}
      </button>
    )
    clearTimeout(this.#timer)
    const left = Date.parse(expiresAt ?? '') - Date.now()
    if (left > 0) this.#timer = setTimeout(() => this.setState({}), (left % (left > 60_000 ? 60_000 : 1000)) + 1)
    return [
      <div class="request">
        <h3 dir="auto">{title}</h3>
        {sentence && <p dir="auto">{sentence}</p>}
        <p dir="auto">{fill(words.approvalHost, { host: `\u2066${host}\u2069` })}</p>
        {isShown(input) && <Values label={words.toolInput} value={input} />}
      </div>,
      <div class="decide">
        {button(words.approve, true)}
        {button(words.deny, false)}
        <small>
          {isSending
            ? words.approvalSending
            : expiresAt && fill(words.approvalExpires, { when: timeLeft(left, ui.locale) })}
        </small>
      </div>,
      <p role="alert">{refused}</p>,
    ]
  }
}

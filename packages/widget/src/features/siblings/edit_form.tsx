import { Component, h, type Message, type Turn, type Ui } from '../runtime.ts'
import { ENGLISH } from './english.ts'
import { isRunning, threadOf } from './thread_of.ts'

interface EditFormProps {
  ui: Ui
  message: Message
  send: (turn: Turn) => Promise<void>
  leave: () => void
}

/** What was written instead of a message and not sent, by the message's id: it is there again at the next edit. */
const drafts = new Map<string, string>()

/** Writes another question in place of one. What the composer holds stays as it is. */
export class EditForm extends Component<EditFormProps, { sending?: boolean }> {
  #box: HTMLTextAreaElement | null = null

  override componentDidMount(): void {
    const { id, content } = this.props.message
    const box = this.#box!
    box.value = drafts.get(id) ?? content
    this.#fit()
    box.focus()
    box.setSelectionRange(box.value.length, box.value.length)
  }

  #fit(): void {
    this.props.ui.features.fields.loaded?.fitField(this.#box!)
  }

  submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    const { ui, message, send } = this.props
    const text = this.#box!.value.trim()
    if (!text || this.state.sending || isRunning(ui)) return
    this.setState({ sending: true })
    const turn = threadOf(ui).edit(message.id, text)
    await send(turn)
    const { status } = await turn.done
    if (status !== 'failed') drafts.delete(message.id)
    this.setState({ sending: false })
  }

  override render({ ui, message: { id }, leave }: EditFormProps, { sending }: { sending?: boolean }) {
    const words = { ...ENGLISH, ...ui.words }
    return (
      <form class="edit" onSubmit={this.submit}>
        <div class="field">
          <textarea
            rows={1}
            dir="auto"
            aria-label={words.editQuestion}
            autoComplete="off"
            readOnly={sending}
            ref={(box) => {
              this.#box = box
            }}
            onInput={({ currentTarget }) => {
              drafts.set(id, currentTarget.value)
              this.#fit()
            }}
            onKeyDown={(event) => {
              if (event.isComposing || event.keyCode === 229) return
              if (event.key === 'Escape') {
                // The panel stays open.
                event.stopPropagation()
                event.preventDefault()
                leave()
              } else if (event.key === 'Enter' && !event.shiftKey && !matchMedia('(pointer: coarse)').matches)
                void this.submit(event)
            }}
          />
        </div>
        <div class="under of-mine">
          <button type="submit" class="again" disabled={sending}>
            {words.sendEdited}
          </button>
          <button type="button" class="again" disabled={sending} onClick={leave}>
            {words.cancel}
          </button>
        </div>
      </form>
    )
  }
}

import { Component, h, type ModelState, type Ui } from '../runtime.ts'
import { AttachmentRow } from './attachment_row.tsx'
import { listenToPanel } from './listen_to_panel.ts'
import { uploadsOf } from './uploads.ts'
import { hasWords, wordsOf } from './words.ts'

interface AttachmentsProps {
  ui: Ui
  state: ModelState
}

/** What goes with the draft, above the composer, and why it is not sent yet. */
export class Attachments extends Component<AttachmentsProps> {
  #place: HTMLElement | null = null
  readonly #unsubscribe = uploadsOf(this.props.ui).view.subscribe(() => this.forceUpdate())

  override componentDidMount(): void {
    listenToPanel(this.#place!.closest('dialog')!, uploadsOf(this.props.ui))
  }

  override componentDidUpdate(before: AttachmentsProps): void {
    const list = this.#place!.querySelector('ul')
    // What was added last is in sight.
    if (list && this.props.state.attached.length > before.state.attached.length) list.scrollTop = list.scrollHeight
  }

  override componentWillUnmount(): void {
    this.#unsubscribe()
  }

  override render({ ui, state: { attached } }: AttachmentsProps) {
    const words = wordsOf(ui)
    const uploads = uploadsOf(ui)
    const { hold, over } = uploads.view.getSnapshot()
    return (
      <div
        class="attachments"
        part="attachments"
        ref={(place) => {
          this.#place = place
        }}
      >
        {attached.length > 0 && hasWords(ui) && (
          // Scrolls where they are many: the keyboard moves from button to button.
          <ul aria-label={words.attachments}>
            {attached.map((attachment) => (
              <AttachmentRow key={attachment.key} ui={ui} uploads={uploads} attachment={attachment} />
            ))}
          </ul>
        )}
        {over && <p>{over}</p>}
        {hold && (
          <p class={hold}>
            {words[hold]}{' '}
            {hold === 'sendsLater' && (
              <button
                type="button"
                class="link"
                onClick={({ currentTarget }) => {
                  currentTarget.closest('dialog')!.querySelector('textarea')!.focus()
                  uploads.letGo()
                }}
              >
                {words.sendNotYet}
              </button>
            )}
          </p>
        )}
      </div>
    )
  }
}

import { Component, h, type Message, type Turn, type Ui } from '../runtime.ts'
import { EditForm } from './edit_form.tsx'
import { ENGLISH } from './english.ts'
import { Switch } from './switch.tsx'
import { describe, isLast, isRunning, threadOf, watch } from './thread_of.ts'

interface ActionsProps {
  ui: Ui
  message: Message
}

interface ActionsState {
  running?: boolean
  editing?: boolean
  /** Why something was refused. */
  refused?: string
}

/** What can be done with a message that has its place. Nothing of it while an answer is written. */
export class Actions extends Component<ActionsProps, ActionsState> {
  override state: ActionsState = { running: isRunning(this.props.ui) }
  #edit: HTMLElement | null = null
  #isLeft = false
  #unsubscribe = this.props.ui.model.subscribe(() => {
    const running = isRunning(this.props.ui)
    if (running !== this.state.running) this.setState({ running })
  })

  override componentWillUnmount(): void {
    this.#unsubscribe()
  }

  override componentDidUpdate(): void {
    if (this.#isLeft) this.#edit?.focus()
    this.#isLeft = false
  }

  begin = async (turn: Turn): Promise<void> => {
    const { ui } = this.props
    const code = await watch(ui, turn)
    const refused = code ? await describe(ui, code) : ''
    this.setState({ refused })
    if (refused) ui.announce(refused)
  }

  leave = () => {
    this.#isLeft = true
    this.setState({ editing: false })
  }

  override render({ ui, message }: ActionsProps, { running, editing, refused }: ActionsState) {
    const words = { ...ENGLISH, ...ui.words }
    const { id, status, content, author, siblings } = message
    if (editing) return <EditForm ui={ui} message={message} send={this.begin} leave={this.leave} />
    const isDone = status === 'completed'
    const last = isLast(ui, message)
    const canEdit = author === 'visitor' && isDone
    // How the newest answer failed is told with a button of its own.
    const canRegenerate = author === 'assistant' && (isDone || !last)
    const canContinue = last && content && author === 'assistant' && /cut|stopped|failed/.test(status)
    if (!canEdit && !canRegenerate && !canContinue && !siblings) return null
    const link = (label: string, onClick: () => void) => (
      <button type="button" class="link" disabled={running} onClick={onClick}>
        {label}
      </button>
    )
    return (
      <div
        class={author === 'visitor' ? 'under row of-mine' : 'under row'}
        ref={(row) => {
          this.#edit = canEdit ? (row?.querySelector('button') ?? null) : null
        }}
      >
        {canContinue && link(words.continueAnswer, () => void this.begin(threadOf(ui).continue(id)))}
        {canRegenerate && link(words.anotherAnswer, () => void this.begin(threadOf(ui).regenerate(id)))}
        {canEdit && link(words.edit, () => this.setState({ editing: true }))}
        <Switch ui={ui} message={message} disabled={!!running} />
        {refused && <span>{refused}</span>}
      </div>
    )
  }
}

import { fillCount } from '../fill_count.ts'
import { runAt } from '../run.ts'
import { Component, h, type Message, type PartPlace, type Turn, type Ui } from '../runtime.ts'
import { Call } from './call.tsx'
import { isAsked, isGerman, isTool, type ToolPart, wordsOf } from './words.ts'

interface CallsProps {
  ui: Ui
  message: Message
  run: readonly ToolPart[]
}

/** Calls of tools. Those that follow one another are one group. */
export function viewCalls({ ui, message, place }: PartPlace) {
  const run = runAt(message, place, isTool)
  return run && <Calls ui={ui} message={message} run={run} />
}

/** How much of a request is read out, in characters. All of it can be read where it stands. */
const SAID = 500

/** Turns that have gone on, of whose end the page is told. */
const reported = new WeakSet<Turn>()

async function report({ model }: Ui): Promise<void> {
  const { turn } = model.getSnapshot().thread.turn as { turn?: Turn }
  if (!turn || reported.has(turn)) return
  reported.add(turn)
  const began = Date.now()
  const { status } = await turn.done
  if (status !== 'waiting') model.emit('answered', { turnId: turn.id, status, ms: Date.now() - began })
}

class Calls extends Component<CallsProps> {
  #group: HTMLElement | null = null
  /** The requests that assistive technology was told of, or is about to be. */
  #told = new Set<string>()

  override componentDidMount(): void {
    const { ui } = this.props
    if (isGerman(ui)) void ui.features.tools_de.load()
    this.componentDidUpdate(this.props)
  }

  override componentDidUpdate(before: CallsProps): void {
    const { ui, message, run } = this.props
    if (before.message.status === 'waiting') void report(ui)
    // When a step waits, all its requests are there.
    if (message.status !== 'waiting') return
    const fresh = run.filter((part) => isAsked(message, part) && !this.#told.has(part.toolCallId))
    if (fresh.length === 0) return
    for (const { toolCallId } of fresh) this.#told.add(toolCallId)
    // Where the panel is closed, nothing of it is heard.
    if (this.#group!.closest('dialog')!.open) requestAnimationFrame(this.tell)
    else addEventListener('loacl-opened', this.tell, { once: true })
  }

  tell = (): void => {
    const { ui } = this.props
    const requests = Array.from(this.#group?.querySelectorAll<HTMLElement>('.request') ?? [], ({ innerText }) =>
      innerText.slice(0, SAID),
    )
    if (requests.length === 0) return
    const before = this.#group!.previousElementSibling as HTMLElement | null
    ui.announce(
      [
        before?.matches('.md') ? before.innerText : '',
        fillCount(wordsOf(ui).approvalsWaiting, requests.length, ui.locale),
        ...requests,
      ].join('\n'),
    )
  }

  override render({ ui, message, run }: CallsProps) {
    return (
      <div
        class="calls"
        part="tools"
        ref={(group) => {
          this.#group = group
        }}
      >
        {run.map((part) => (
          <Call key={part.toolCallId} ui={ui} message={message} part={part} />
        ))}
      </div>
    )
  }
}

import { Component, type ErrorCode, h, type Message, type Ui } from '../runtime.ts'
import { endingOf } from './ending.ts'
import { ENGLISH } from './english.ts'

/** How long a button says that it has copied, in milliseconds. */
const DONE_MS = 2000

interface FooterProps {
  ui: Ui
  message: Message
  /** Its failure is told by the alert at the end of the conversation. */
  isTold: boolean
  /** It can be tried again. */
  canRetry: boolean
}

/** What stands under an answer that has ended: how it ended, what can be done with it. */
export function AnswerFooter({ ui, message, isTold, canRetry }: FooterProps) {
  const { words } = ui
  const ending =
    message.status === 'failed' && !isTold ? describe(ui, message.errorCode ?? 'internal') : endingOf(message, words)
  return (
    <div class="under">
      {message.content && <Copy ui={ui} message={message} />}
      {ending && <span>{ending}</span>}
      {ending && canRetry && (
        <button type="button" class="link" onClick={ui.model.retry}>
          {words.tryAgain}
        </button>
      )}
    </div>
  )
}

const describe = ({ features: { errors }, words }: Ui, code: ErrorCode): string =>
  errors.loaded?.describeError(code, words) ?? (errors.failed ? words.errors.other : '')

/** The texts of an answer, each a document of its own. */
const textOf = ({ parts }: Message): string =>
  parts
    .filter((part) => part.type === 'text')
    .map(({ text }) => text)
    .join('\n\n')

type CopyProps = Pick<FooterProps, 'ui' | 'message'>

class Copy extends Component<CopyProps, { done?: boolean }> {
  copy = async () => {
    const { ui, message } = this.props
    const words = { ...ENGLISH, ...ui.words }
    try {
      await navigator.clipboard.writeText(ui.features.citations.loaded?.copyText(ui, message) ?? textOf(message))
      this.setState({ done: true })
      setTimeout(() => this.setState({ done: false }), DONE_MS)
      ui.announce(words.copied)
    } catch {
      ui.announce(words.copyFailed)
    }
  }

  override render({ ui }: CopyProps, { done }: { done?: boolean }) {
    const { copyAnswer } = { ...ENGLISH, ...ui.words }
    const path = done ? 'm5 12.5 4.5 4.5L19 7.5' : 'M9 9h11v11H9ZM5 15H4V4h11v1'
    return (
      <button type="button" class="icon" title={copyAnswer} aria-label={copyAnswer} onClick={this.copy}>
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <path d={path} />
        </svg>
      </button>
    )
  }
}

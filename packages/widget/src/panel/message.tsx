import { Component, h } from 'preact'
import type { ErrorCode, Message, ThreadState } from '@loacl/core'
import { endingOf } from './ending.ts'
import { IconButton } from './icons.tsx'
import { hasBegun, PartView } from './parts/part_view.tsx'
import { memo } from './memo.ts'
import type { Ui } from './ui.ts'

interface MessageProps {
  ui: Ui
  message: Message
  /** How the thread's turn stands, for the newest message. */
  turn: ThreadState['turn']['status'] | false
}

/** The same before and after the server has the message. */
export const keyOf = ({ clientId, id }: Message): string => clientId ?? id

/** One message. Renders again only when the message is another object. */
export const MessageView = memo(({ ui, message, turn }: MessageProps) => {
  const { words } = ui
  if (message.role === 'user')
    return (
      <article id={keyOf(message)} class="mine" part="question" dir="auto" aria-label={words.you}>
        {message.content}
      </article>
    )
  const streaming = message.status === 'streaming'
  // Before the first word, and where none came, what stands below it says so.
  if (!hasBegun(ui, message) && (streaming || isToldByAlert(message, turn))) return null
  return (
    <article id={keyOf(message)} class="theirs" part="answer" aria-label={ui.name} aria-busy={streaming}>
      {message.parts.map((_, place) => (
        <PartView ui={ui} message={message} place={place} />
      ))}
      {!streaming && <AnswerFooter ui={ui} message={message} turn={turn} />}
    </article>
  )
})

/** Whether its failure is told by the alert at the end of the conversation. */
const isToldByAlert = ({ status }: Message, turn: MessageProps['turn']): boolean =>
  status === 'failed' && turn === 'failed'

const describe = ({ features: { errors }, words }: Ui, code: ErrorCode): string =>
  errors.loaded?.describeError(code, words) ?? (errors.failed ? words.errors.other : '')

/** The texts of an answer, each a document of its own. */
const textOf = ({ parts }: Message): string =>
  parts.flatMap((part) => (part.type === 'text' ? part.text : [])).join('\n\n')

/** What stands under an answer that has ended: how it ended, what can be done with it. */
function AnswerFooter({ ui, message, turn }: MessageProps) {
  const { words } = ui
  const text = textOf(message)
  const ending =
    message.status === 'failed' && !isToldByAlert(message, turn)
      ? describe(ui, message.errorCode ?? 'internal')
      : endingOf(message, words)
  return (
    <div class="under">
      {text && <Copy ui={ui} text={text} />}
      {ending && <span>{ending}</span>}
      {ending && turn === 'idle' && (
        <button type="button" class="link" onClick={ui.model.retry}>
          {words.tryAgain}
        </button>
      )}
    </div>
  )
}

class Copy extends Component<{ ui: Ui; text: string }, { done?: boolean }> {
  copy = async () => {
    const { ui, text } = this.props
    try {
      await navigator.clipboard.writeText(text)
      this.setState({ done: true })
      setTimeout(() => this.setState({ done: false }), 2000)
      ui.announce(ui.words.copied)
    } catch {
      ui.announce(ui.words.copyFailed)
    }
  }

  override render() {
    return (
      <IconButton icon={this.state.done ? 'done' : 'copy'} label={this.props.ui.words.copyAnswer} onClick={this.copy} />
    )
  }
}

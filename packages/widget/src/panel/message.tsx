import { Component, h } from 'preact'
import type { ErrorCode, Message } from '@loacl/core'
import { endingOf } from './ending.ts'
import { IconButton } from './icons.tsx'
import { hasBegun, PartView } from './parts/part_view.tsx'
import { reactive } from './reactive.ts'
import type { Ui } from './ui.ts'

interface MessageProps {
  ui: Ui
  message: Message
  /** Whether it is the newest: the others don't look at what is going on. */
  last: boolean
}

/** One message. Renders again only when the message is another object. */
export const MessageView = reactive(({ ui, message, last }: MessageProps) => {
  const words = ui.strings.value
  if (message.role === 'user')
    return (
      <article class="mine" part="question" dir="auto" aria-label={words.you}>
        {message.content}
      </article>
    )
  const streaming = message.status === 'streaming'
  // Before the first word, and where none came, what stands below it says so.
  if (!hasBegun(ui, message) && (streaming || isNews(ui, message, last))) return null
  return (
    <article class="theirs" part="answer" aria-label={ui.name.value} aria-busy={streaming}>
      {message.parts.map((_, place) => (
        <PartView ui={ui} message={message} place={place} />
      ))}
      {!streaming && <Under ui={ui} message={message} last={last} />}
    </article>
  )
})

/** Whether its failure is told by the alert at the end of the conversation. */
const isNews = ({ model }: Ui, message: Message, last: boolean): boolean =>
  last && message.status === 'failed' && model.talk.value.turn.status === 'failed'

const describe = ({ features: { errors }, strings }: Ui, code: ErrorCode): string =>
  errors.loaded.value?.describeError(code, strings.value) ?? (errors.failed.value ? strings.value.errors.other : '')

/** The texts of an answer, each a document of its own. */
const textOf = ({ parts }: Message): string =>
  parts.flatMap((part) => (part.type === 'text' ? part.text : [])).join('\n\n')

/** What stands under an answer that has ended: how it ended, what can be done with it. */
const Under = reactive(({ ui, message, last }: MessageProps) => {
  const words = ui.strings.value
  const text = textOf(message)
  const ending =
    message.status === 'failed' && !isNews(ui, message, last)
      ? describe(ui, message.errorCode ?? 'internal')
      : endingOf(message, words)
  return (
    <div class="under">
      {text && <Copy ui={ui} text={text} />}
      {ending && <span>{ending}</span>}
      {ending && last && ui.model.talk.value.turn.status === 'idle' && (
        <button type="button" class="link" onClick={ui.model.retry}>
          {words.tryAgain}
        </button>
      )}
    </div>
  )
})

class Copy extends Component<{ ui: Ui; text: string }, { done?: boolean }> {
  copy = async () => {
    const { ui, text } = this.props
    try {
      await navigator.clipboard.writeText(text)
      this.setState({ done: true })
      setTimeout(() => this.setState({ done: false }), 2000)
      ui.announce(ui.strings.value.copied)
    } catch {
      ui.announce(ui.strings.value.copyFailed)
    }
  }

  override render() {
    return (
      <IconButton
        icon={this.state.done ? 'done' : 'copy'}
        label={this.props.ui.strings.value.copyAnswer}
        onClick={this.copy}
      />
    )
  }
}

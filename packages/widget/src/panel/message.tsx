import { h } from 'preact'
import type { Message, ThreadState } from '@loacl/core'
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

/** One message, and what can be done with it. Renders again only when the message is another object. */
export const MessageView = memo((props: MessageProps) => {
  const siblings = props.ui.features.siblings.loaded
  const isDone = props.message.status !== 'streaming'
  // Until it has come, its room: what is read would move.
  return [Article(props), siblings ? <siblings.Actions {...props} /> : isDone && <div class="under row" />]
})

function Article({ ui, message, turn }: MessageProps) {
  const { words } = ui
  const isMine = message.role === 'user'
  const parts = message.parts.map((part, place) =>
    isMine && part.type === 'text' ? part.text : <PartView ui={ui} message={message} place={place} />,
  )
  if (isMine)
    return (
      <article id={keyOf(message)} class="mine" part="question" dir="auto" aria-label={words.you}>
        {parts}
      </article>
    )
  const { status } = message
  const streaming = status === 'streaming'
  const answers = ui.features.answers.loaded
  /** Its failure is told by the alert at the end of the conversation. */
  const isTold = status === 'failed' && turn === 'failed'
  // Before the first word, and where none came, what stands below it says so.
  if (!hasBegun(ui, message) && (streaming || isTold)) return null
  return (
    <article id={keyOf(message)} class="theirs" part="answer" aria-label={ui.name} aria-busy={streaming}>
      {parts}
      {!streaming &&
        (answers ? (
          <answers.AnswerFooter ui={ui} message={message} isTold={isTold} canRetry={turn === 'idle'} />
        ) : (
          <div class="under" />
        ))}
    </article>
  )
}

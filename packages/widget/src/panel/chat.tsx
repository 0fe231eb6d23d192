import { h } from 'preact'
import { Markdown } from '../markdown/index.ts'
import { assistantOf, failureOf, isRunning, type ModelState } from '../model_state.ts'
import { fill } from '../strings.ts'
import { directionOf } from '../direction.ts'
import type { Drawn } from './drawing.ts'
import { Failure } from './failure.tsx'
import { Icon } from './icons.tsx'
import { keyOf, MessageView } from './message.tsx'
import { hasBegun } from './parts/part_view.tsx'
import { Scroller } from './scroller.tsx'
import type { Ui } from './ui.ts'

interface ChatProps {
  ui: Ui
  state: ModelState
}

export function Chat({ ui, state, drawn }: ChatProps & { drawn: Drawn }) {
  const { model, words, features } = ui
  const { messages, hasOlder, turn } = state.thread
  const answers = features.answers.loaded
  const assistant = assistantOf(state)
  const failure = failureOf(state)
  // An error whose words are still fetched: until they come, all stays as it was.
  const untold = failure && !features.errors.loaded && !features.errors.failed
  const loading = state.loading === 'loading' || (!assistant && (untold || !failure))
  const fresh = messages.length === 0 && !loading && assistant
  const last = messages.at(-1)
  const silent =
    (isRunning(state.thread) || (untold && turn.status === 'failed')) &&
    !(last?.role === 'assistant' && hasBegun(ui, last))
  const waiting =
    turn.status === 'reconnecting'
      ? words.reconnecting
      : silent && ui.name
        ? fill(words.thinking, { name: `\u2068${ui.name}\u2069` })
        : loading && (silent || messages.length === 0)
          ? words.loading
          : ''
  return (
    <Scroller ui={ui} thread={state.thread} drawn={drawn}>
      {answers && (hasOlder || drawn.left > 0) && <answers.EarlierMessages ui={ui} loading={loading} />}
      {fresh && (
        <div class="welcome">
          <span class="drop" />
          <Markdown source={assistant.greeting || words.greeting} {...ui.markdown} />
        </div>
      )}
      {messages.slice(messages.length - drawn.count).map((message) => (
        <MessageView key={keyOf(message)} ui={ui} message={message} turn={message === last && turn.status} />
      ))}
      {waiting && (
        <p class="waiting">
          <span class="drop" />
          <span>{waiting}</span>
        </p>
      )}
      {fresh && <Questions ui={ui} state={state} />}
      {answers && <answers.FollowUps ui={ui} thread={state.thread} Ask={Ask} />}
      {/* There all along, so that assistive technology notices when words come into it. */}
      <div role="alert">{failure && <Failure ui={ui} error={failure} retry={model.retry} />}</div>
    </Scroller>
  )
}

function Questions({ ui, state: { session } }: ChatProps) {
  if (session.status !== 'open' || session.questions.length === 0) return null
  return (
    <div class="asks" role="group" aria-label={ui.words.suggestedQuestions}>
      {session.questions.map(({ id, question }) => (
        <Ask key={id} ui={ui} text={question} />
      ))}
    </div>
  )
}

export interface AskProps {
  ui: Ui
  text: string
  suggestionId?: string
}

/** A question that is sent where it is pressed. */
const Ask = ({ ui, text, suggestionId }: AskProps) => (
  <button
    type="button"
    class="ask-button"
    part="suggestion"
    dir={directionOf(text)}
    onClick={() => ui.ask(text, suggestionId)}
  >
    <Icon name="ask" />
    {text}
  </button>
)

import { h } from 'preact'
import { fill } from '../strings.ts'
import { directionOf } from './direction.ts'
import { Failure } from './failure.tsx'
import { Icon } from './icons.tsx'
import { Markdown } from '../markdown/index.ts'
import { MessageView } from './message.tsx'
import { hasBegun } from './parts/part_view.tsx'
import { reactive } from './reactive.ts'
import { Scroller } from './scroller.tsx'
import type { Ui } from './ui.ts'

export const Chat = reactive(({ ui }: { ui: Ui }) => {
  const { model } = ui
  const words = ui.strings.value
  const { loaded, failed } = ui.features.errors
  const { messages, hasOlder, turn } = model.talk.value
  // An error whose words are still fetched: until they come, all stays as it was.
  const untold = model.failure.value && !loaded.value && !failed.value
  const loading = model.loading.value || (!model.assistant.value && (untold || !model.failure.value))
  const fresh = messages.length === 0 && !loading && model.assistant.value
  const last = messages.at(-1)
  const silent =
    (model.busy.value || (untold && turn.status === 'failed')) && !(last?.role === 'assistant' && hasBegun(ui, last))
  const waiting =
    turn.status === 'reconnecting'
      ? words.reconnecting
      : silent
        ? fill(words.thinking, { name: `\u2068${ui.name.value}\u2069` })
        : loading && messages.length === 0
          ? words.loading
          : ''
  return (
    <Scroller ui={ui} talk={model.talk.value}>
      {hasOlder && (
        <button type="button" class="again center" disabled={loading} onClick={model.loadOlder}>
          {words.loadOlder}
        </button>
      )}
      {fresh && (
        <div class="welcome">
          <span class="drop" />
          <Markdown source={model.assistant.value?.greeting || words.greeting} words={words.markdown} />
        </div>
      )}
      {messages.map((message) => (
        <MessageView key={message.clientId ?? message.id} ui={ui} message={message} last={message === last} />
      ))}
      {waiting && (
        <p class="waiting">
          <span class="drop" />
          <span>{waiting}</span>
        </p>
      )}
      {fresh && <Questions ui={ui} />}
      <FollowUps ui={ui} />
      <ModelFailure ui={ui} />
    </Scroller>
  )
})

const Questions = reactive(({ ui }: { ui: Ui }) => {
  const session = ui.model.session.value
  if (session.status !== 'open' || session.questions.length === 0) return null
  return (
    <div class="asks" role="group" aria-label={ui.strings.value.suggestedQuestions}>
      {session.questions.map(({ id, question }) => (
        <Ask key={id} ui={ui} text={question} />
      ))}
    </div>
  )
})

const FollowUps = reactive(({ ui }: { ui: Ui }) => {
  const { talk, busy } = ui.model
  const last = talk.value.messages.at(-1)
  const suggestions = last?.role === 'assistant' && !busy.value ? last.suggestions.filter(({ used }) => !used) : []
  if (suggestions.length === 0) return null
  return (
    <div class="asks" role="group" aria-label={ui.strings.value.followUpQuestions}>
      {suggestions.map(({ id, suggestion }) => (
        <Ask key={id} ui={ui} text={suggestion} suggestionId={id} />
      ))}
    </div>
  )
})

const Ask = ({ ui, text, suggestionId }: { ui: Ui; text: string; suggestionId?: string }) => (
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

const ModelFailure = reactive(({ ui: { model }, ui }: { ui: Ui }) => {
  const error = model.failure.value
  // There all along, so that assistive technology notices when words come into it.
  return <div role="alert">{error && <Failure ui={ui} error={error} retry={model.retry} />}</div>
})

import { Fragment, h } from 'preact'
import type { ModelState } from '../model_state.ts'
import { Alert } from './alert.tsx'
import { Chat } from './chat.tsx'
import { Composer } from './composer.tsx'
import type { Drawn } from './drawing.ts'
import { Header } from './header.tsx'
import type { Ui } from './ui.ts'

export interface PanelProps {
  ui: Ui
  state: ModelState
  drawn: Drawn
  online: boolean
  /** What assistive technology says next. */
  announcement: string
}

export const Panel = (props: PanelProps) => {
  const { ui, state, drawn, online, announcement } = props
  const context = ui.features.context.loaded
  const attachments = ui.features.attachments.loaded
  return (
    <Fragment>
      {drawn.count < 0
        ? // The composer alone, or its text field: it gets the keyboard. In an array as what comes after it: else it would be
          // drawn anew then.
          [<div class="body" />]
        : [<Header {...props} />, state.view === 'chat' ? <Chat {...props} /> : <Listing {...props} />]}
      {!online && (
        <p class="bar" role="status">
          {ui.words.offline}
        </p>
      )}

      {state.view === 'chat' && [
        context && <context.ContextLine {...props} />,
        attachments && <attachments.Attachments {...props} />,
        <Composer {...props} />,
      ]}
      <p class="hidden" role="status">
        {announcement}
      </p>
    </Fragment>
  )
}

/** The list of conversations, or why it isn't there. */
function Listing({ ui, state }: { ui: Ui; state: ModelState }) {
  const { loaded, failed, load } = ui.features.conversations
  const { words } = ui
  if (loaded) return <loaded.Conversations ui={ui} state={state} />
  return (
    <div class="body content">
      {!failed && <p class="waiting">{words.loading}</p>}
      <div role="alert">{failed && <Alert text={words.errors.network} action={words.tryAgain} onPress={load} />}</div>
    </div>
  )
}

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

export const Panel = ({ ui, state, drawn, online, announcement }: PanelProps) => {
  const context = ui.features.context.loaded
  const attachments = ui.features.attachments.loaded
  return (
    <Fragment>
      <Header ui={ui} state={state} />
      {drawn.count < 0 ? (
        <div class="body" />
      ) : state.view === 'chat' ? (
        <Chat ui={ui} state={state} drawn={drawn} />
      ) : (
        <Listing ui={ui} state={state} />
      )}
      {!online && (
        <p class="bar" role="status">
          {ui.words.offline}
        </p>
      )}

      {state.view === 'chat' && [
        context && <context.ContextLine ui={ui} />,
        attachments && <attachments.Attachments ui={ui} state={state} />,
        <Composer ui={ui} state={state} />,
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

import { Fragment, h } from 'preact'
import type { ModelState } from '../model_state.ts'
import { Alert } from './alert.tsx'
import { Chat } from './chat.tsx'
import { Composer } from './composer.tsx'
import { Header } from './header.tsx'
import type { Ui } from './ui.ts'

export interface PanelProps {
  ui: Ui
  state: ModelState
  /** Whether the conversation is drawn, and not only what is around it. */
  complete: boolean
  online: boolean
  /** What assistive technology says next. */
  announcement: string
}

export const Panel = ({ ui, state, complete, online, announcement }: PanelProps) => (
  <Fragment>
    <Header ui={ui} state={state} />
    {!complete ? (
      <div class="body" />
    ) : state.view === 'chat' ? (
      <Chat ui={ui} state={state} />
    ) : (
      <Listing ui={ui} state={state} />
    )}
    {!online && (
      <p class="bar" role="status">
        {ui.words.offline}
      </p>
    )}
    {state.view === 'chat' && <Composer ui={ui} state={state} />}
    <p class="hidden" role="status">
      {announcement}
    </p>
  </Fragment>
)

/** The list of conversations, or why it isn't there. */
function Listing({ ui, state }: { ui: Ui; state: ModelState }) {
  const { loaded, failed, load } = ui.features.conversations
  const { words } = ui
  if (loaded) return <loaded.Conversations ui={ui} state={state} />
  return (
    <div class="body content">
      {!failed && <p class="waiting">{words.loading}</p>}
      <div role="alert">
        {failed && <Alert text={words.errors.network ?? words.errors.other} action={words.tryAgain} onPress={load} />}
      </div>
    </div>
  )
}

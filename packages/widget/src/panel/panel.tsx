import { Fragment, h } from 'preact'
import { Alert } from './alert.tsx'
import { Chat } from './chat.tsx'
import { Composer } from './composer.tsx'
import { Header } from './header.tsx'
import { reactive } from './reactive.ts'
import type { Ui } from './ui.ts'

export const Panel = reactive(({ ui }: { ui: Ui }) => (
  <Fragment>
    <Header ui={ui} />
    {ui.model.view.value === 'chat' ? <Chat ui={ui} /> : <Listing ui={ui} />}
    {!ui.online.value && (
      <p class="bar" role="status">
        {ui.strings.value.offline}
      </p>
    )}
    {ui.model.view.value === 'chat' && <Composer ui={ui} />}
    <p class="hidden" role="status">
      {ui.announcement.value}
    </p>
  </Fragment>
))

/** The list of conversations, or why it isn't there. */
const Listing = reactive(({ ui }: { ui: Ui }) => {
  const { loaded, failed, load } = ui.features.conversations
  const words = ui.strings.value
  if (loaded.value) return <loaded.value.Conversations ui={ui} />
  return (
    <div class="body content">
      {!failed.value && <p class="waiting">{words.loading}</p>}
      <div role="alert">
        {failed.value && (
          <Alert text={words.errors.network ?? words.errors.other} action={words.tryAgain} onPress={load} />
        )}
      </div>
    </div>
  )
})

import { Fragment, h } from 'preact'
import { Chat } from './chat.tsx'
import { Composer } from './composer.tsx'
import { Conversations } from './conversations.tsx'
import { Header } from './header.tsx'
import { reactive } from './reactive.ts'
import type { Ui } from './ui.ts'

export const Panel = reactive(({ ui }: { ui: Ui }) => (
  <Fragment>
    <Header ui={ui} />
    {ui.model.view.value === 'chat' ? <Chat ui={ui} /> : <Conversations ui={ui} />}
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

import { h } from 'preact'
import { IconButton } from './icons.tsx'
import { reactive } from './reactive.ts'
import type { Ui } from './ui.ts'

export const Header = reactive(({ ui }: { ui: Ui }) => {
  const { model } = ui
  const words = ui.strings.value
  const listing = model.view.value === 'conversations'
  return (
    <header part="header">
      <span class="drop" />
      <h2>{listing ? words.conversations : ui.name.value || (model.failure.value && words.chat)}</h2>
      <IconButton icon="compose" label={words.newChat} onClick={ui.newThread} />
      <IconButton
        icon="list"
        label={words.conversations}
        pressed={listing}
        onNear={ui.features.conversations.load}
        onClick={listing ? model.showChat : ui.showConversations}
      />
      <IconButton icon="close" label={words.closeChat} onClick={ui.close} />
    </header>
  )
})

import { h } from 'preact'
import type { ModelState } from '../model_state.ts'
import { IconButton } from './icons.tsx'
import type { Ui } from './ui.ts'

export function Header({ ui, state }: { ui: Ui; state: ModelState }) {
  const { words, name } = ui
  const listing = state.view === 'conversations'
  return (
    <header part="header">
      <span class="drop" />
      <h2>{listing ? words.conversations : name || words.chat}</h2>
      <IconButton icon="compose" label={words.newChat} onClick={ui.newThread} />
      <IconButton
        icon="list"
        label={words.conversations}
        pressed={listing}
        onNear={ui.features.conversations.load}
        onClick={listing ? ui.model.showChat : ui.showConversations}
      />
      <IconButton icon="close" label={words.closeChat} onClick={ui.close} />
    </header>
  )
}

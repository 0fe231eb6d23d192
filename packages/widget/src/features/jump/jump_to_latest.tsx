import { h, type Ui } from '../runtime.ts'
import { ENGLISH } from './english.ts'

interface JumpProps {
  ui: Ui
  jump: () => void
}

/** The way to the end of a conversation, for who has gone away from it. */
export const JumpToLatest = ({ ui, jump }: JumpProps) => (
  <button type="button" class="latest" dir="auto" onClick={jump}>
    <svg viewBox="0 0 24 24" aria-hidden="true">
      <path d="M12 5v14m-6-6 6 6 6-6" />
    </svg>
    {ui.words.jumpToLatest ?? ENGLISH.jumpToLatest}
  </button>
)

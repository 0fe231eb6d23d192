import { type AskProps, type ComponentChild, h, type ModelState, type Ui } from '../runtime.ts'
import { ENGLISH } from './english.ts'

interface FollowUpsProps {
  ui: Ui
  thread: ModelState['thread']
  Ask: (props: AskProps) => ComponentChild
}

/** What may be asked next, below the newest answer. */
export function FollowUps({ ui, thread, Ask }: FollowUpsProps) {
  const last = thread.messages.at(-1)
  const suggestions =
    last?.role === 'assistant' && !('turn' in thread.turn) ? last.suggestions.filter(({ used }) => !used) : []
  if (suggestions.length === 0) return null
  return (
    <div class="asks" role="group" aria-label={ui.words.followUpQuestions ?? ENGLISH.followUpQuestions}>
      {suggestions.map(({ id, suggestion }) => (
        <Ask key={id} ui={ui} text={suggestion} suggestionId={id} />
      ))}
    </div>
  )
}

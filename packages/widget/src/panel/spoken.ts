import type { ModelState } from '../model_state.ts'
import { fill } from '../strings.ts'
import { endingOf } from './ending.ts'
import type { Ui } from './ui.ts'

/** What assistive technology says of a turn that has ended. What a visitor stopped, they don't want to hear. */
export function spokenEnd(dialog: Element, { words, name }: Ui, { thread }: ModelState): string {
  const last = thread.messages.at(-1)
  if (last?.role !== 'assistant') return ''
  const ending = endingOf(last, words)
  if (last.status === 'stopped') return ending
  return `${ending || `${fill(words.answered, { name })}:`} ${spokenAnswer(dialog, words.markdown.code)}`
}

/** The texts of the newest answer as they are read out, block by block. Of a code block's bar, `code` is enough. */
function spokenAnswer(dialog: Element, code: string): string {
  const texts = [...dialog.querySelectorAll<HTMLElement>('.theirs:last-of-type > .md')]
  const bars = texts.flatMap((text) => [...text.querySelectorAll<HTMLElement>('.code-bar')])
  return bars.reduce(
    (words, bar) => words.replace(bar.innerText, () => code),
    texts.map(({ innerText }) => innerText).join('\n'),
  )
}

import { fill, type ModelState, type Ui } from '../runtime.ts'
import { endingOf } from './ending.ts'
import { ENGLISH } from './english.ts'

/** What assistive technology says of a turn that has ended. What a visitor stopped, they don't want to hear. */
export function spokenEnd(dialog: Element, { words, name }: Ui, { thread }: ModelState): string {
  const last = thread.messages.at(-1)
  if (last?.role !== 'assistant') return ''
  const ending = endingOf(last, words)
  if (last.status === 'stopped') return ending
  return `${ending || `${fill(words.answered ?? ENGLISH.answered, { name })}:`} ${spokenAnswer(dialog, words.markdown.code)}`
}

/** The texts of the newest answer as they are read out. */
const spokenAnswer = (dialog: Element, code: string): string =>
  Array.from(dialog.querySelectorAll<HTMLElement>('.theirs:last-of-type > .md'), (text) => spokenText(text, code)).join(
    '\n',
  )

/** Block by block, where there is code, of whose bar `code` is enough. */
function spokenText(element: HTMLElement, code: string): string {
  if (element.className === 'code') return `${code}\n${element.querySelector('pre')!.innerText}`
  if (!element.querySelector('.code')) return element.innerText
  return Array.from(element.children, (child) => spokenText(child as HTMLElement, code)).join('\n')
}

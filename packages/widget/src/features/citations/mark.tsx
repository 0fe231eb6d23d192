import { fill, h, type Source, type Ui } from '../runtime.ts'
import { LINK, nameOf, webUrl } from './sources.ts'
import { ENGLISH } from './english.ts'

interface MarkProps {
  ui: Ui
  source: Source
  number: number
}

/** A source's number, which opens it: a page on the web, or what the list below the answer says of a document. */
export function Mark({ ui, source, number }: MarkProps) {
  const name = fill({ ...ENGLISH, ...ui.words }.source, { number, title: nameOf(source) })
  const href = source.type === 'source-url' ? webUrl(source.url)?.href : undefined
  // In words of any direction it reads from left to right.
  const props = {
    class: 'mark',
    part: 'citation',
    dir: 'ltr' as const,
    title: name,
    'aria-label': name,
    translate: false,
  }
  const text = `[${number}]`
  return href ? (
    <a {...props} href={href} {...LINK}>
      {text}
    </a>
  ) : (
    <button {...props} type="button" onClick={({ currentTarget }) => openSource(currentTarget, number)}>
      {text}
    </button>
  )
}

/** Goes to a source below the answer, and opens its passages. */
function openSource(mark: Element, number: number): void {
  const item = mark.closest('article')?.querySelector<HTMLElement>(`[data-source="${number}"]`)
  const details = item?.querySelector('details')
  if (details) details.open = true
  ;(details?.querySelector('summary') ?? item)?.focus()
}

import { type ComponentChild, h, type Message, type Source } from '../runtime.ts'
import { citationsOf, isNumbered, LINK, nameOf, sourcesOf, webUrl } from './sources.ts'

/** The list below an answer: each source with its number, where there are marks, and with the passages of a document. */
export function listSources(message: Message, sources: readonly Source[]) {
  const all = sourcesOf(message)
  const hasNumbers = isNumbered(message)
  return sources.map((source) => {
    const number = all.indexOf(source) + 1
    return (
      // The mark that opens it finds it by its number, and gives it the keyboard.
      <li key={source.sourceId} dir="auto" data-source={number} tabIndex={-1}>
        {viewSource(source, [hasNumbers && <span class="number">{number} </span>, nameOf(source)])}
      </li>
    )
  })
}

/** A link to a page on the web; of a document its name, which opens the passages; of all else the name alone. */
function viewSource(source: Source, name: ComponentChild) {
  const href = source.type === 'source-url' ? webUrl(source.url)?.href : undefined
  if (href)
    return (
      <a href={href} {...LINK}>
        {name}
      </a>
    )
  const quotes = new Set(citationsOf(source).flatMap(({ quote }) => (typeof quote === 'string' && quote ? quote : [])))
  if (quotes.size === 0) return name
  return (
    <details>
      <summary>{name}</summary>
      {Array.from(quotes, (quote) => (
        <q dir="auto">{quote}</q>
      ))}
    </details>
  )
}

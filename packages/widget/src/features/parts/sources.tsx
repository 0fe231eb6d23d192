import { Component, h, type MessagePart, type PartPlace, type Source } from '../runtime.ts'
import { citationsOf, isCited, isSource, LINK, nameOf, sourcesOf, webUrl } from '../sources.ts'
import { ENGLISH } from './english.ts'
import { runAt } from './run.ts'

/** What the answer rests on. Sources that follow one another are one list. */
export function viewSources({ ui, message, place }: PartPlace) {
  const run = runAt(message, place, isSource as (part: MessagePart) => part is Source)
  return run && <Sources ui={ui} message={message} place={place} run={run} />
}

class Sources extends Component<PartPlace & { run: readonly Source[] }> {
  override componentDidMount(): void {
    if (isCited(this.props.message)) void this.props.ui.features.citations.load()
  }

  override componentDidUpdate({ message }: PartPlace): void {
    if (!isCited(message)) this.componentDidMount()
  }

  override render({ ui, message, run }: Sources['props']) {
    const words = { ...ENGLISH, ...ui.words }
    const numbered = isCited(message)
    const all = sourcesOf(message)
    return (
      <ul class="under sources" part="sources" aria-label={words.sources}>
        {run.map((source) => (
          // The mark that opens it finds it by its number, and gives it the keyboard.
          <li key={source.sourceId} dir="auto" data-source={all.indexOf(source) + 1} tabIndex={-1}>
            {viewSource(source, numbered ? `${all.indexOf(source) + 1} ` : '')}
          </li>
        ))}
      </ul>
    )
  }
}

/** A link to a page on the web; of a document, its name, which opens the passages; of all else, the name alone. */
function viewSource(source: Source, number: string) {
  const name = [number && <span class="number">{number}</span>, <bdi>{nameOf(source)}</bdi>]
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

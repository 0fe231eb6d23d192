import { Component, h, type MessagePart, type PartPlace, type Source } from '../runtime.ts'
import { ENGLISH } from './english.ts'
import { runAt } from './run.ts'

const isSource = (part: MessagePart): part is Source => part.type === 'source-url' || part.type === 'source-document'

/** What the answer rests on. Sources that follow one another are one list. */
export function viewSources({ ui, message, place }: PartPlace) {
  const run = runAt(message, place, isSource)
  if (!run) return null
  const words = { ...ENGLISH, ...ui.words }
  const { loaded, load } = ui.features.citations
  return (
    <ul class="under sources" part="sources" aria-label={words.sources}>
      {loaded?.listSources(message, run) ??
        run.map((source) => (
          <li key={source.sourceId} dir="auto">
            {source.type === 'source-url' ? linkTo(source) : source.filename || source.title}
          </li>
        ))}
      {run.some(({ citations }) => citations) && <Fetch load={load} />}
    </ul>
  )
}

/** Fetches what shows citations, once for each list that has any. */
class Fetch extends Component<{ load: () => Promise<void> }> {
  override componentDidMount(): void {
    void this.props.load()
  }

  override render() {
    return null
  }
}

/** A link to a page on the web, named by its title or its host; an address of any other kind is text. */
function linkTo({ url, title }: Extract<Source, { type: 'source-url' }>) {
  const host = hostOf(url)
  if (!host) return title || url
  return (
    <a href={url} target="_blank" rel="noopener noreferrer nofollow ugc">
      {title || host}
    </a>
  )
}

/** The host of a web address; empty for every other. */
function hostOf(url: string): string {
  try {
    const { protocol, host } = new URL(url)
    return /^https?:$/.test(protocol) ? host : ''
  } catch {
    return ''
  }
}

import { h, type MessagePart, type PartPlace, type Source } from '../runtime.ts'
import { ENGLISH } from './english.ts'
import { runAt } from './run.ts'

const isSource = (part: MessagePart): part is Source => part.type === 'source-url' || part.type === 'source-document'

/** What the answer rests on. Sources that follow one another are one list. */
export function viewSources({ ui, message, place }: PartPlace) {
  const run = runAt(message, place, isSource)
  if (!run) return null
  const words = { ...ENGLISH, ...ui.words }
  const { loaded, failed, load } = ui.features.citations
  // Once: until it has come, or has failed, all ask for the same.
  if (!failed && run.some(({ citations }) => citations)) void load()
  return (
    <ul class="under sources" part="sources" aria-label={words.sources}>
      {loaded?.listSources(message, run) ??
        run.map((source) => (
          <li key={source.sourceId} dir="auto">
            {source.type === 'source-url' ? linkTo(source) : source.filename || source.title}
          </li>
        ))}
    </ul>
  )
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

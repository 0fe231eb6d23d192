import { objectOf } from './json_values.ts'
import { toModelError } from './responses_events.ts'

/**
 * The events of a provider's stream, each parsed from its JSON: those that have come together, together. `[DONE]` ends it,
 * and so does the end of the body.
 *
 * @throws CodedError where an event says that the call has failed; SyntaxError for one that is no JSON; what the body fails with
 */
export async function* readEvents({ body }: Response): AsyncGenerator<unknown[]> {
  if (!body) return
  const parse = createEventParser()
  const reader = body.getReader()
  const decoder = new TextDecoder()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      const { events, end } = toValues(parse(decoder.decode(value, { stream: true })))
      if (events.length > 0) yield events
      if (end && 'error' in end) throw end.error
      if (end) return
    }
  } finally {
    reader.cancel().catch(() => null)
  }
}

/** What was sent, up to the end or to the event that can't be read. */
function toValues(texts: readonly string[]): { events: unknown[]; end: { error: unknown } | { isDone: true } | null } {
  const events: unknown[] = []
  for (const text of texts) {
    if (text === '[DONE]') return { events, end: { isDone: true } }
    try {
      events.push(requireEvent(JSON.parse(text)))
    } catch (error) {
      return { events, end: { error } }
    }
  }
  return { events, end: null }
}

function requireEvent(value: unknown): unknown {
  const { error } = objectOf(value)
  if (error) throw toModelError(objectOf(error))
  return value
}

/**
 * Reads the text of a stream of server-sent events, piece by piece, and gives the data of the events that are whole. As
 * `readParts` of `@loacl/wire` does, for events that may have millions of characters.
 */
export function createEventParser(): (text: string) => string[] {
  let rest = ''
  let data: string[] = []
  return (text) => {
    rest += text
    // What is put together is looked through once it has lines.
    if (!/[\r\n]/.test(text)) return []
    const events: string[] = []
    // A trailing \r may be half of \r\n: it waits for the next text.
    const lines = rest.split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop()!
    for (const line of lines) {
      if (line.startsWith('data:')) data.push(line.slice(line[5] === ' ' ? 6 : 5))
      if (line !== '' || data.length === 0) continue
      events.push(data.join('\n'))
      data = []
    }
    return events
  }
}

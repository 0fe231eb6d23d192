import { parsePart, type StreamPart } from './parts.ts'

/** A part with its place in the turn, 1 for the first: what `GET /turns/:id?after=` takes. */
export interface NumberedPart {
  seq: number
  part: StreamPart
}

/** The end of a stream, as its last event. */
export const DONE_EVENT = 'data: [DONE]\n\n'

/** A comment line: keeps the connection open and means nothing. */
export const HEARTBEAT_EVENT = ': \n\n'

/** One part as a server-sent event; the event's id is the part's place in the turn. */
export function encodePart({ seq, part }: NumberedPart): string {
  return `id: ${seq}\ndata: ${JSON.stringify(part)}\n\n`
}

/**
 * Reads server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream)
 * and yields the parts in them. `[DONE]` ends it. Events without an id are numbered on from the last one.
 *
 * Ends without a terminal part where the bytes end early: the caller decides what a cut stream means.
 *
 * @throws MalformedPartError
 */
export async function* readParts(body: ReadableStream<Uint8Array>): AsyncGenerator<NumberedPart, void, undefined> {
  let seq = 0
  for await (const { id, data } of readEvents(body)) {
    if (data === '[DONE]') return
    seq = id !== null && /^\d+$/.test(id) ? Number(id) : seq + 1
    const part = parsePart(data)
    if (part) yield { seq, part }
  }
}

async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<{ id: string | null; data: string }> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  let id: string | null = null
  let data: string[] = []
  try {
    for (;;) {
      const { done, value } = await reader.read()
      // A trailing \r may be half of \r\n: it waits for the next bytes. At the end there are none, and a line that was
      // not ended there is dropped.
      if (done) rest = rest.endsWith('\r') ? `${rest}\n` : ''
      else rest += decoder.decode(value, { stream: true })
      const lines = rest.split(/\r\n|\n|\r(?!$)/)
      rest = lines.pop()!
      for (const line of lines) {
        if (line === '') {
          if (data.length > 0) yield { id, data: data.join('\n') }
          id = null
          data = []
          continue
        }
        const colon = line.indexOf(':')
        const field = colon < 0 ? line : line.slice(0, colon)
        const content = colon < 0 ? '' : line.slice(colon + (line[colon + 1] === ' ' ? 2 : 1))
        if (field === 'data') data.push(content)
        else if (field === 'id') id = content
      }
      if (done) return
    }
  } finally {
    // Not waited for: where a host's own code reads a copy of the stream, this settles only when that one is done.
    reader.cancel().catch(() => null)
  }
}

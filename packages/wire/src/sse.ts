import { parsePart, type StreamPart } from './parts/index.ts'

export const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  'x-vercel-ai-ui-message-stream': 'v1',
  'x-accel-buffering': 'no',
} as const

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
 * and yields the parts in them. `[DONE]` ends it. Events without an id are numbered on from the last one. Lines end with
 * LF, or CRLF where something between has made it that: no server ends them with CR alone.
 *
 * Ends without a terminal part where the bytes end early: the caller decides what a cut stream means.
 *
 * @param onBytes called whenever bytes come, those of a heartbeat among them, which no part shows
 * @throws MalformedPartError
 */
export async function* readParts(
  body: ReadableStream<Uint8Array>,
  onBytes?: () => void,
): AsyncGenerator<NumberedPart, void, undefined> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let seq = 0
  let rest = ''
  let id = ''
  let data: string[] = []
  try {
    for (;;) {
      const { done, value } = await reader.read()
      onBytes?.()
      // A line that is not ended when the bytes are is dropped.
      if (done) return
      rest += decoder.decode(value, { stream: true })
      const lines = rest.split(/\r?\n/)
      rest = lines.pop()!
      for (const line of lines) {
        const [, field, content] = /^(\w*):? ?(.*)/s.exec(line)!
        if (field === 'data') data.push(content!)
        if (field === 'id') id = content!
        if (line !== '') continue
        if (data.length > 0) {
          const event = data.join('\n')
          if (event === '[DONE]') return
          seq = Number(id) || seq + 1
          const part = parsePart(event)
          if (part) yield { seq, part }
        }
        id = ''
        data = []
      }
    }
  } finally {
    // Not waited for: where a host's own code reads a copy of the stream, this settles only when that one is done.
    reader.cancel().catch(() => {})
  }
}

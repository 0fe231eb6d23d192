import { DONE_EVENT, encodePart, HEARTBEAT_EVENT, STREAM_HEADERS, type NumberedPart } from '@loacl/wire'

/** Proxies and the platform drop connections that are silent for long. */
const HEARTBEAT_MS = 10_000

export interface PartStream {
  response: Response
  /** Aborted when the reader has gone. */
  readonly left: AbortSignal
  /** Sends parts, together. Once the reader has gone it does nothing. */
  send(parts: readonly NumberedPart[]): void
  /** Ends the stream, with `[DONE]`. */
  end(): void
  /** Ends it without, so that the reader comes back for the rest. Does nothing after `end`. */
  cut(): void
}

/** A response of server-sent events. It never waits for a slow reader: what a turn can say has an upper limit. */
export function createPartStream(): PartStream {
  const encoder = new TextEncoder()
  const left = new AbortController()
  let controller: ReadableStreamDefaultController<Uint8Array> | null = null
  const write = (text: string) => controller?.enqueue(encoder.encode(text))
  const heartbeat = setInterval(() => write(HEARTBEAT_EVENT), HEARTBEAT_MS)
  const forget = () => {
    clearInterval(heartbeat)
    controller = null
  }
  const cut = () => {
    controller?.close()
    forget()
  }

  const body = new ReadableStream<Uint8Array>({
    start(created) {
      controller = created
    },
    cancel() {
      forget()
      left.abort()
    },
  })
  return {
    response: new Response(body, { headers: STREAM_HEADERS }),
    left: left.signal,
    send: (parts) => void write(parts.map(encodePart).join('')),
    end() {
      write(DONE_EVENT)
      cut()
    },
    cut,
  }
}

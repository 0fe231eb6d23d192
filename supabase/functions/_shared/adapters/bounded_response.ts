import { type ResponseLimits, TooMuchOutput } from '../domain/output_limits.ts'

const LINE_FEED = 10
const CARRIAGE_RETURN = 13
/** What an empty line counts for beside its bytes: each event takes time, however short it is. */
const EMPTY_LINE_BYTES = 64

/**
 * The response, with a body that fails with `TooMuchOutput` once it is longer than it may be, and then reads no more: the
 * connection is closed. Bytes are counted as they come, for a declared length may be missing, wrong, or that of a
 * compressed body.
 */
export function boundResponse(response: Response, limits: ResponseLimits, signal?: AbortSignal | null): Response {
  if (!response.body) return response
  const { status, statusText, headers } = response
  return new Response(boundBody(response.body, limits, signal), { status, statusText, headers })
}

/** Lighter than a pipe through a `TransformStream`, of which each stream would keep one. */
function boundBody(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  limits: ResponseLimits,
  signal: AbortSignal | null | undefined,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = readSmallPieces(body)
  const count = createByteCount(limits)
  const left = new AbortController()
  const leave = (reason: unknown) => {
    left.abort()
    // Nobody waits for it: the connection closes.
    reader.cancel(reason).catch(() => null)
  }
  return new ReadableStream(
    {
      start(controller) {
        const abort = () => {
          controller.error(signal?.reason)
          leave(signal?.reason)
        }
        if (signal?.aborted) abort()
        signal?.addEventListener('abort', abort, { signal: left.signal })
      },
      async pull(controller) {
        const piece = await reader.read()
        if (left.signal.aborted) return
        if (!piece) {
          left.abort()
          return controller.close()
        }
        try {
          count(piece)
        } catch (error) {
          leave(error)
          throw error
        }
        controller.enqueue(piece)
      },
      cancel: leave,
    },
    { highWaterMark: 0 },
  )
}

/** An event of a stream has a few hundred bytes. */
const BUFFER_BYTES = 8_192

/**
 * Reads a body by way of one small buffer, `null` at its end. A default reader of Deno's makes a buffer of 64 kB for each
 * read: of a stream with hundreds of events that is most of what it costs to collect garbage.
 */
function readSmallPieces(body: ReadableStream<Uint8Array<ArrayBuffer>>) {
  const reader = toByteReader(body)
  if (!reader) {
    const simple = body.getReader()
    const read = async () => (await simple.read()).value ?? null
    return { read, cancel: (reason: unknown) => simple.cancel(reason) }
  }
  let buffer = new ArrayBuffer(BUFFER_BYTES)
  const read = async () => {
    const { done, value } = await reader.read(new Uint8Array(buffer))
    if (done) return null
    ;({ buffer } = value)
    return value.slice()
  }
  return { read, cancel: (reason: unknown) => reader.cancel(reason) }
}

function toByteReader(body: ReadableStream): ReadableStreamBYOBReader | null {
  try {
    return body.getReader({ mode: 'byob' })
  } catch {
    // Not every body is a stream of bytes to its platform.
    return null
  }
}

/** @throws TooMuchOutput, from the chunk on in which a limit is passed */
function createByteCount({ eventBytes, bodyBytes }: ResponseLimits): (chunk: Uint8Array) => void {
  let inBody = 0
  let inEvent = 0
  let isLineEmpty = false
  let last = 0

  const add = (bytes: number): void => {
    inBody += bytes
    inEvent += bytes
  }
  const endLine = (): void => {
    if (isLineEmpty) {
      inBody += EMPTY_LINE_BYTES
      inEvent = 0
    }
    isLineEmpty = true
  }
  const check = (): void => {
    if (inBody > bodyBytes || inEvent > eventBytes) throw new TooMuchOutput()
  }

  /** As readers of event streams see it: lines end with LF, CR or both, and an empty one ends an event. */
  const countByte = (byte: number): void => {
    add(1)
    if (byte === LINE_FEED && last === CARRIAGE_RETURN) isLineEmpty = true
    else if (byte === LINE_FEED || byte === CARRIAGE_RETURN) endLine()
    else isLineEmpty = false
    last = byte
    check()
  }

  return (chunk) => {
    if (last === CARRIAGE_RETURN || chunk.includes(CARRIAGE_RETURN)) {
      for (const byte of chunk) countByte(byte)
      return
    }
    // As the same bytes one by one, without looking at each.
    let from = 0
    for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, from)) {
      if (at > from) isLineEmpty = false
      add(at + 1 - from)
      endLine()
      check()
      from = at + 1
    }
    if (from === chunk.length) return
    add(chunk.length - from)
    isLineEmpty = false
    check()
  }
}

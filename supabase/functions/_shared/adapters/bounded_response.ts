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
  return new Response(response.body.pipeThrough(countBytes(limits), signal ? { signal } : {}), {
    status,
    statusText,
    headers,
  })
}

function countBytes({ eventBytes, bodyBytes }: ResponseLimits): TransformStream<Uint8Array, Uint8Array> {
  let inBody = 0
  let inEvent = 0
  let isLineEmpty = false
  let last = 0

  /** As readers of event streams see it: lines end with LF, CR or both, and an empty one ends an event. */
  const count = (byte: number): void => {
    inBody += 1
    inEvent += 1
    const isBreak = byte === LINE_FEED || byte === CARRIAGE_RETURN
    const isSameBreak = byte === LINE_FEED && last === CARRIAGE_RETURN
    if (isBreak && isLineEmpty && !isSameBreak) {
      inBody += EMPTY_LINE_BYTES
      inEvent = 0
    }
    isLineEmpty = isBreak
    last = byte
    if (inBody > bodyBytes || inEvent > eventBytes) throw new TooMuchOutput()
  }

  return new TransformStream({
    transform(chunk, controller) {
      for (const byte of chunk) count(byte)
      controller.enqueue(chunk)
    },
  })
}

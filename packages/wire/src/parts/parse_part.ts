import { PARTS, type StreamPart } from './kinds.ts'
import { fits } from './shape.ts'

/** A part that claims a known type and breaks its shape. `code` is `stream_malformed`. */
export class MalformedPartError extends Error {
  readonly code = 'stream_malformed' as const
}

/**
 * One event's data → a part; `null` for a type this version does not know, which a reader skips.
 * @throws MalformedPartError where it is no JSON object with a `type`, or a known type lacks what it needs.
 */
export function parsePart(data: string): StreamPart | null {
  let type: unknown
  let cause: unknown
  try {
    const value = JSON.parse(data) as StreamPart | null
    type = value?.type
    if (typeof type === 'string') {
      if (!Object.hasOwn(PARTS, type)) return null
      if (fits(value, PARTS[value!.type][0])) return value
    }
  } catch (error) {
    cause = error
  }
  throw new MalformedPartError(`${type}`, { cause })
}

import { type StreamPart } from './kinds.ts'
/** A part that claims a known type and breaks its shape. `code` is `stream_malformed`. */
export declare class MalformedPartError extends Error {
  name: 'MalformedPartError'
  readonly code: 'stream_malformed'
}
/**
 * One event's data → a part; `null` for a type this version does not know, which a reader skips.
 * @throws MalformedPartError where it is no JSON object with a `type`, or a known type lacks what it needs.
 */
export declare function parsePart(data: string): StreamPart | null

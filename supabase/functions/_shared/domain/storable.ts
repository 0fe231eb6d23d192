import { turnError } from './turn_errors.ts'

/** A provider's items are a few levels deep. Some thousand are more than a JSON writer's or the database's stack takes. */
const MAX_DEPTH = 500

/** PostgreSQL's text and JSON hold neither U+0000 nor half a character. */
export const toStorable = (text: string): string => text.replaceAll('\0', '').toWellFormed()

/**
 * A value of JSON with every text in it storable, keys too. Where two keys become the same, the later one counts.
 * @throws CodedError `model_stream_broken` where it is nested too deep to be stored
 */
export function toStorableJson<T>(value: T): T {
  return storable(value, 0) as T
}

function storable(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return toStorable(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth === MAX_DEPTH) throw turnError('model_stream_broken', { cause: new Error('An item is nested too deep.') })
  if (Array.isArray(value)) return value.map((each) => storable(each, depth + 1))
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [toStorable(key), storable(each, depth + 1)]))
}

import type { LoaclError } from '../runtime.ts'

const ends = new WeakMap<LoaclError, number>()

/** Milliseconds until what failed may succeed, counted from when this is first asked about an error. */
export function msLeft(error: LoaclError): number {
  const end = ends.get(error) ?? Date.now() + (error.retryAfterMs ?? 0)
  ends.set(error, end)
  return end - Date.now()
}

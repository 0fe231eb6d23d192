/** Times as PostgreSQL prints them, to the microsecond. */
export interface Clock {
  ms(): number
  /** No two are the same, so that they tell what came first. */
  now(): string
  later(ms: number): string
}

export function createClock(): Clock {
  let last = 0
  return {
    ms: () => Date.now(),
    now() {
      last = Math.max(Date.now() * 1_000, last + 1)
      return toTimestamp(last)
    },
    later: (ms) => toTimestamp((Date.now() + ms) * 1_000),
  }
}

const toTimestamp = (microseconds: number): string =>
  new Date(Math.floor(microseconds / 1_000))
    .toISOString()
    .replace('Z', `${String(microseconds % 1_000).padStart(3, '0')}+00:00`)

export const toMs = (timestamp: string): number => Date.parse(timestamp)

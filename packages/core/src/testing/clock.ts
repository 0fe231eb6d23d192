/** Times as PostgreSQL prints them, to the microsecond: no two are the same, so that they tell what came first. */
export function createClock() {
  let last = 0
  return {
    ms: (): number => Date.now(),
    now(): string {
      last = Math.max(Date.now() * 1_000, last + 1)
      return toTimestamp(last)
    },
    later: (ms: number): string => toTimestamp((Date.now() + ms) * 1_000),
  }
}

export type Clock = ReturnType<typeof createClock>

const toTimestamp = (microseconds: number): string =>
  new Date(Math.floor(microseconds / 1_000))
    .toISOString()
    .replace('Z', `${String(microseconds % 1_000).padStart(3, '0')}+00:00`)

export const toMs = (timestamp: string): number => Date.parse(timestamp)

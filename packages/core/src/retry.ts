import { isRetried } from '@loacl/wire'
import { untilAborted } from './abort.ts'
import type { LoaclError } from './errors.ts'

/** After this many failures in a row a connection is given up: some 30 seconds. */
export const MAX_RETRIES = 7

/** Doubled with each failure. All of them are the shortest: jitter makes them up to twice as long. */
const DELAY_MS = 125
const MAX_DELAY_MS = 4_000

export interface RetryPolicy {
  /** How many failures in a row are followed by another try. */
  limit: number
  /** Whether another try may succeed. */
  when: (error: unknown) => boolean
  /** What comes before try number `failures + 1`: a delay, or a repair. Where it rejects, it is given up with that. */
  before?: (error: unknown, failures: number) => Promise<void>
}

/**
 * The one way in which anything here is tried again. `work` calls `reset` when it has got on: its next failure is the
 * first in a row.
 */
export async function withRetries<T>(
  work: (reset: () => void) => Promise<T>,
  { limit, when, before }: RetryPolicy,
): Promise<T> {
  let failures = 0
  for (;;) {
    try {
      return await work(() => (failures = 0))
    } catch (error) {
      if (!when(error) || ++failures > limit) throw error
      await before?.(error, failures)
    }
  }
}

/**
 * Whether the same request may well succeed soon: nothing came, or a proxy's page. For a turn that runs already any
 * fault of the server's is worth waiting for; a visitor who has just sent something gets the error at once.
 */
export const isTransient = (error: unknown, isRunning: boolean): boolean => {
  const { code, status = 0 } = error as LoaclError
  return isRetried(code) || (status >= 500 && (isRunning || code === 'response_malformed'))
}

/**
 * Waits after `failures` failures: doubling, with jitter, so that the visitors of a site whose project was away don't
 * all come back at once. `leastMs`: what the server asked for. Ends early when the browser says that it is online again.
 *
 * @throws LoaclError where the signal is aborted
 */
export async function backOff(failures: number, signal: AbortSignal, leastMs = 0): Promise<void> {
  const ms = Math.min(MAX_DELAY_MS, leastMs + DELAY_MS * 2 ** failures) * (1 + Math.random())
  let timer: ReturnType<typeof setTimeout> | undefined
  const passed = () =>
    new Promise<unknown>((resolve) => {
      timer = setTimeout(resolve, ms)
      // Until what waits has ended. It doesn't exist everywhere: this runs outside browsers too.
      globalThis.addEventListener?.('online', resolve, { signal })
    })
  await untilAborted(passed, signal).finally(() => clearTimeout(timer))
}

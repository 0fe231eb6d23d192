import type { LoaclError } from './errors.ts'

/** After this many failures in a row the connection is given up: some 30 seconds. */
export const MAX_ATTEMPTS = 7

const FIRST_DELAY_MS = 500
const MAX_DELAY_MS = 8_000

/**
 * Whether the same request may well succeed soon: nothing came, or a proxy's page. For a turn that runs already any
 * fault of the server's is worth waiting for; a visitor who has just sent something is better told.
 */
export const isTransient = ({ code, status = 0 }: LoaclError, isRunning: boolean): boolean =>
  code === 'network' || code === 'stream_cut' || (status >= 500 && (isRunning || code === 'response_malformed'))

/**
 * Waits before attempt `attempt` (from 1): doubling, with jitter, so that the visitors of a site whose project was away
 * don't all come back at once. Ends early when the browser says that it is online again, or the signal is aborted.
 */
export function delayBefore(attempt: number, signal: AbortSignal): Promise<void> {
  const ms = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2)
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer)
      // It doesn't exist everywhere: this runs outside browsers too.
      globalThis.removeEventListener?.('online', finish)
      resolve()
    }
    const timer = setTimeout(finish, ms)
    signal.addEventListener('abort', finish)
    globalThis.addEventListener?.('online', finish)
    if (signal.aborted) finish()
  })
}

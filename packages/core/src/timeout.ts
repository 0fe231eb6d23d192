import { MalformedPartError } from '@loacl/wire'
import { abortError, linkedController, untilAborted } from './abort.ts'
import { LoaclError } from './errors.ts'

/** Milliseconds without a byte: three of the server's heartbeats. */
const TIMEOUT_MS = 30_000

/**
 * Runs work on one connection. Aborts it, and waits for it no longer, when one of the signals is aborted, or after
 * `TIMEOUT_MS` without a call of `onActivity`. Rejects with LoaclErrors alone.
 */
export async function withTimeout<T>(
  signals: readonly (AbortSignal | undefined)[],
  work: (signal: AbortSignal, onActivity: () => void) => Promise<T>,
): Promise<T> {
  const link = linkedController(signals)
  const { signal } = link
  let timer: ReturnType<typeof setTimeout> | undefined
  const onActivity = () => {
    clearTimeout(timer)
    timer = setTimeout(() => link.abort(new LoaclError('network', 'timed out')), TIMEOUT_MS)
  }
  onActivity()
  try {
    // Not everything that is asked heeds a signal.
    return await untilAborted(() => work(signal, onActivity), signal)
  } catch (error) {
    throw toClientError(error, signal)
  } finally {
    clearTimeout(timer)
    link.abort()
  }
}

/** What went wrong while a request was under way or its body was read. */
export function toClientError(error: unknown, signal: AbortSignal): LoaclError {
  if (signal.aborted) return abortError(signal)
  if (LoaclError.is(error)) return error
  if (error instanceof MalformedPartError) return new LoaclError(error.code, error.message, { cause: error })
  return new LoaclError('network', undefined, { cause: error })
}

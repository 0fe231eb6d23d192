import { type ErrorCode, MalformedPartError } from '@loacl/wire'
import { abortError, linkedController, untilAborted } from './abort.ts'
import { LoaclError } from './errors.ts'

/** Milliseconds without a byte: three of the server's heartbeats. */
const TIMEOUT_MS = 30_000

/**
 * Runs work on one connection. Aborts it, and waits for it no longer, when one of the signals is aborted, or after
 * `ms` without a call of `onActivity`. Rejects with LoaclErrors alone.
 */
export async function withTimeout<T>(
  signals: readonly (AbortSignal | undefined)[],
  work: (signal: AbortSignal, onActivity: () => void) => Promise<T>,
  ms = TIMEOUT_MS,
): Promise<T> {
  const link = linkedController(signals)
  const { signal } = link
  let timer: ReturnType<typeof setTimeout> | undefined
  const onActivity = () => {
    clearTimeout(timer)
    timer = setTimeout(() => link.abort(new LoaclError('network')), ms)
  }
  onActivity()
  try {
    // Not everything that is asked heeds a signal.
    return await untilAborted(() => work(signal, onActivity), signal)
  } catch (error) {
    throw toClientError(error, signal, 'network')
  } finally {
    clearTimeout(timer)
    link.abort()
  }
}

/** @param code of what is neither this package's error nor the stream's: of a fault in the code here, if nothing else */
export function toClientError(error: unknown, signal: AbortSignal, code: ErrorCode = 'internal'): LoaclError {
  if (signal.aborted) return abortError(signal)
  if (LoaclError.is(error)) return error
  return new LoaclError(error instanceof MalformedPartError ? error.code : code, undefined, { cause: error })
}

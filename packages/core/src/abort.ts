import { LoaclError } from './errors.ts'

/** Why a signal was aborted, as this package's error: its own reasons keep their code. */
export const abortError = ({ reason }: AbortSignal): LoaclError =>
  LoaclError.is(reason) ? reason : new LoaclError('aborted', undefined, { cause: reason })

/**
 * A controller that aborts as soon as one of the signals does. Abort it when done: that removes its listeners.
 * (`AbortSignal.any` is younger than the oldest browser served.)
 */
export function linkedController(signals: readonly (AbortSignal | undefined)[]): AbortController {
  const controller = new AbortController()
  for (const signal of signals) {
    const abort = () => controller.abort(signal?.reason)
    if (signal?.aborted) abort()
    signal?.addEventListener('abort', abort, { signal: controller.signal })
  }
  return controller
}

/**
 * Begins work, and waits for it no longer than until the signal is aborted: the work goes on. Where the signal is aborted
 * already, it does not begin.
 */
export async function untilAborted<T>(begin: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal?.aborted) throw abortError(signal)
  const done = new AbortController()
  const aborted = new Promise<never>((_, reject) => {
    signal?.addEventListener('abort', () => reject(abortError(signal)), { signal: done.signal })
  })
  try {
    return await Promise.race([aborted, begin()])
  } finally {
    done.abort()
  }
}

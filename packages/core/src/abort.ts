import { LoaclError } from './errors.ts'

/** Why a signal was aborted, as this package's error: its own reasons keep their code. */
export const abortError = ({ reason }: AbortSignal): LoaclError =>
  LoaclError.is(reason) ? reason : new LoaclError('aborted', 'The call was aborted.', { cause: reason })

/**
 * A controller that aborts as soon as one of the signals does. Abort it when done: that lets go of the signals.
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

/** Waits for shared work no longer than until the signal is aborted; the work goes on. */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  const link = linkedController([signal])
  const aborted = new Promise<never>((_, reject) => {
    const fail = () => reject(abortError(link.signal))
    link.signal.addEventListener('abort', fail)
    if (link.signal.aborted) fail()
  })
  try {
    return await Promise.race([aborted, work])
  } finally {
    link.abort()
  }
}

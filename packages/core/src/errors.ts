import type { ErrorCode } from '@loacl/wire'

/** What is known about an error beside its code. */
export interface ErrorDetails {
  /** HTTP status, where a response came. */
  status?: number | undefined
  /** Milliseconds until the same request may succeed. */
  retryAfterMs?: number | undefined
  /** Names the request in the server's log. */
  requestId?: string | undefined
  cause?: unknown
}

/**
 * The one error that this package rejects with. Programs read `code`; `message` is English prose for developers.
 *
 * A newer server may send a code that this version doesn't list: treat it like `internal`.
 *
 * @example
 * try {
 *   await client.open()
 * } catch (error) {
 *   if (LoaclError.is(error) && error.code === 'rate_limited') console.log(`Again in ${error.retryAfterMs} ms`)
 *   else throw error
 * }
 */
export class LoaclError extends Error {
  override name = 'LoaclError' as const
  declare readonly code: ErrorCode
  declare readonly status: number | undefined
  declare readonly retryAfterMs: number | undefined
  declare readonly requestId: string | undefined

  /** @param message by default the code */
  constructor(code: ErrorCode, message: string = code, details: ErrorDetails = {}) {
    super(message, details)
    Object.assign(this, { code }, details)
  }

  /** Like `instanceof`, and true as well for an error of another copy of this package on the same page. */
  static is(error: unknown): error is LoaclError {
    return (error as Error | null | undefined)?.name === 'LoaclError'
  }
}

export const hasCode = (error: unknown, code: ErrorCode): boolean => LoaclError.is(error) && error.code === code

import type { ErrorCode, WireError } from '@loacl/wire'

/** An error that a visitor may read: its message holds no secret, no prompt and no words of the provider's. */
export class CodedError extends Error {
  override name = 'CodedError' as const
  readonly code: ErrorCode
  /** Milliseconds until the same request may succeed. */
  readonly retryAfterMs: number | undefined

  constructor(code: ErrorCode, message: string, options: ErrorOptions & { retryAfterMs?: number | undefined } = {}) {
    super(message, options)
    this.code = code
    this.retryAfterMs = options.retryAfterMs
  }
}

/** What may be said of any error: a coded one speaks for itself, everything else is `internal`. */
export function toCodedError(error: unknown): CodedError {
  if (error instanceof CodedError) return error
  return new CodedError('internal', 'Something went wrong here. Please try again.', { cause: error })
}

export function toWireError(error: CodedError, requestId: string): WireError {
  const { code, message, retryAfterMs } = error
  return { code, message, requestId, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
}

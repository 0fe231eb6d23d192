import { ERROR_STATUS, type ErrorCode } from '@loacl/wire'

/** What is known about an error beside its code. */
export interface AdminErrorDetails {
  /** HTTP status, where a response came. */
  status?: number | undefined
  /** Milliseconds until the same request may succeed. */
  retryAfterMs?: number | undefined
  /** Names the request in the function's log. */
  requestId?: string | undefined
  cause?: unknown
}

/**
 * The one error that this package rejects with. Programs read `code`; `message` is English prose, and for an owner to
 * read.
 *
 * @example
 * try {
 *   await admin.providerKeys.set({ apiKey })
 * } catch (error) {
 *   if (error instanceof AdminError && error.code === 'sign_in_required') await signIn()
 *   else throw error
 * }
 */
export class AdminError extends Error {
  override name = 'AdminError' as const
  readonly code: ErrorCode
  readonly status: number | undefined
  readonly retryAfterMs: number | undefined
  readonly requestId: string | undefined

  constructor(code: ErrorCode, message: string, { cause, ...details }: AdminErrorDetails = {}) {
    super(message, { cause })
    this.code = code
    this.status = details.status
    this.retryAfterMs = details.retryAfterMs
    this.requestId = details.requestId
  }
}

/** A response that is not OK, as an error: the function's `{"error": {…}}`, or what stands before the function. */
export async function toResponseError(response: Response): Promise<AdminError> {
  const { status } = response
  // A proxy's page of HTML is no JSON: there is nothing to read in it.
  const body = (await response.json().catch(() => null)) as { error?: Record<string, unknown> } | null
  const { code, message, retryAfterMs, requestId } = Object(body?.error) as Record<string, unknown>
  const isOurs = typeof code === 'string' && typeof message === 'string'
  if (!isOurs)
    return new AdminError('response_malformed', `The project answered with HTTP status ${status}.`, { status })
  return new AdminError(Object.hasOwn(ERROR_STATUS, code) ? (code as ErrorCode) : 'internal', message, {
    status,
    retryAfterMs: typeof retryAfterMs === 'number' ? retryAfterMs : undefined,
    requestId: typeof requestId === 'string' ? requestId : undefined,
  })
}

/** What a request rejected with before a response came. */
export function toRequestError(cause: unknown, signal: AbortSignal | undefined): AdminError {
  if (cause instanceof AdminError) return cause
  return signal?.aborted
    ? new AdminError('aborted', 'The call was aborted.', { cause: signal.reason })
    : new AdminError('network', 'The project could not be reached.', { cause })
}

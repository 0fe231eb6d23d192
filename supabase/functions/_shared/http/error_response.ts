import { ERROR_STATUS } from '@loacl/wire'
import { toCodedError, toWireError } from '../domain/coded_error.ts'

/** Any error as a response: `{"error": {"code", "message", "requestId", "retryAfterMs"?}}` under the code's status. */
export function toErrorResponse(error: unknown, requestId: string): Response {
  const coded = toCodedError(error)
  const headers = new Headers({ 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' })
  if (coded.retryAfterMs !== undefined) headers.set('retry-after', String(Math.ceil(coded.retryAfterMs / 1_000)))
  // Codes that only clients raise have no status: one that got here is a fault of ours.
  const status = ERROR_STATUS[coded.code] || 500
  return new Response(JSON.stringify({ error: toWireError(coded, requestId) }), { status, headers })
}

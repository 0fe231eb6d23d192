import { ERROR_STATUS, type ErrorCode, type WireError } from '@loacl/wire'

/** Why a request is not done. */
export class Refusal extends Error {
  override name = 'Refusal' as const
  readonly code: ErrorCode
  readonly retryAfterMs: number | undefined

  constructor(code: ErrorCode, message = `The test project says ${code}.`, retryAfterMs?: number) {
    super(message)
    this.code = code
    this.retryAfterMs = retryAfterMs
  }
}

export function toWireError({ code, message, retryAfterMs }: Refusal): WireError {
  return { code, message, requestId: 'test-request', ...(retryAfterMs !== undefined && { retryAfterMs }) }
}

export const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } })

/** As the functions answer. */
export function toFunctionResponse(refusal: Refusal): Response {
  const { code, retryAfterMs } = refusal
  const headers = retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1_000)) }
  return json({ error: toWireError(refusal) }, ERROR_STATUS[code], headers)
}

/** As the Data API answers where the database raises an error. */
export function toDataApiResponse({ code, message, retryAfterMs }: Refusal): Response {
  const status = ERROR_STATUS[code]
  const hint = retryAfterMs === undefined ? null : String(retryAfterMs)
  return json({ code: `PT${status}`, message: code, details: message, hint }, status)
}

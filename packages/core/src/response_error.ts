import type { ErrorCode } from '@loacl/wire'
import { LoaclError } from './errors.ts'

const CODE = /^[a-z]+(_[a-z]+)*$/

/** For a response that says nothing of ours: what its status says. */
const BY_STATUS: { readonly [status: number]: ErrorCode } = {
  400: 'invalid_body',
  401: 'key_rejected',
  404: 'not_found',
  429: 'rate_limited',
  503: 'database_unavailable',
}

type Body = { [member: string]: unknown }

/**
 * A response that is not OK, as an error. Three kinds of body are read: a function's `{"error": {…}}`, the Data API's
 * `{"code": "PT404", "message": "<code>", "details", "hint"}`, and the gateway's own JSON. A page of HTML is a proxy's;
 * what the gateway says of a worker that died, from 502 on and without a code of the database's, counts as one.
 */
export async function toResponseError(response: Response): Promise<LoaclError> {
  const { status, headers } = response
  // No JSON, or cut off: either way there is nothing to read in it.
  const body = asObject(await response.json().catch(() => null))
  const error = asObject(body?.error)
  const code = String(body?.code)
  const isOurs = error || /^PT\d/.test(code)
  const said = asText(error ? error.code : body?.message)
  const fallback = code.startsWith('PGRST30')
    ? 'access_token_invalid'
    : body && (status < 502 || /^(PGRST|\d)/.test(code))
      ? (BY_STATUS[status] ?? (status < 500 ? 'response_malformed' : 'internal'))
      : 'response_malformed'
  const message = asText(error ? error.message : isOurs ? body?.details : body?.message)
  return new LoaclError(
    // Codes of a newer server pass as they are.
    isOurs && said && CODE.test(said) ? (said as ErrorCode) : status === 429 ? 'rate_limited' : fallback,
    message ?? `The server answered with HTTP status ${status}.`,
    {
      status,
      retryAfterMs: asMs(error?.retryAfterMs) ?? asMs(isOurs && body?.hint) ?? asMs(headers.get('retry-after'), 1000),
      requestId: asText(error?.requestId) ?? headers.get('x-request-id') ?? undefined,
    },
  )
}

const asObject = (value: unknown): Body | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Body) : null

const asText = (value: unknown): string | undefined => (typeof value === 'string' && value) || undefined

/** Digits, or a whole number: of seconds with `unit` 1000, as in `retry-after` (RFC 9110, section 10.2.3). */
const asMs = (value: unknown, unit = 1): number | undefined =>
  /^\d+$/.test(value as string) ? Number(value) * unit : undefined

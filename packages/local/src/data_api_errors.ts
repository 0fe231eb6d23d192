/** An error of PostgreSQL's, or of the way to it, as the driver throws it. */
interface DatabaseError {
  code?: unknown
  message?: unknown
  detail?: unknown
  hint?: unknown
}

/** HTTP status by the beginning of an SQLSTATE, as PostgREST has it; the first that fits. */
const STATUS: readonly (readonly [RegExp, number])[] = [
  [/^(08|53)/, 503],
  [/^(0L|0P|28)/, 403],
  [/^(23|P0001)/, 400],
  [/^(09|25|2D|38|39|3B|40|54|55|57|58|F0|HV|P0|XX)/, 500],
]

const SQLSTATE = /^[0-9A-Z]{5}$/
/** Of the network, of the driver, and of a server that is starting or stopping. */
const CONNECTION = /^(E[A-Z]{4,}|CONNECT\w*|57P0[123])$/

/**
 * Where lite does not know what to make of an error, it answers 500 with the code "SUP". Here it gets the status and the
 * body that PostgREST gives it: no visitor's program should tell the two apart.
 */
export async function mendError(response: Response, cause: unknown): Promise<Response> {
  if (response.status !== 500 || typeof cause !== 'object' || cause === null) return response
  const body = (await response.clone().json()) as { code?: unknown }
  if (body.code !== 'SUP') return response
  const { code, message, detail, hint }: DatabaseError = cause
  const headers = new Headers(response.headers)
  headers.delete('content-length')
  if (typeof code !== 'string') return response
  if (CONNECTION.test(code))
    return Response.json(
      {
        code: 'PGRST000',
        details: String(message),
        hint: null,
        message: 'Database connection error. Retrying the connection.',
      },
      { status: 503, headers },
    )
  if (!SQLSTATE.test(code)) return response
  const status = STATUS.find(([pattern]) => pattern.test(code))?.[1] ?? 400
  return Response.json({ code, details: detail ?? null, hint: hint ?? null, message }, { status, headers })
}

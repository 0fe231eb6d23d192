/** Two hours, the most that Chromium keeps a preflight's answer for. */
const PREFLIGHT_MAX_AGE_SECONDS = '7200'

/**
 * The same for every response, errors among them, so that the page can read what went wrong. Any origin is reflected,
 * without credentials: CORS protects nothing here. Which origins may use an assistant is checked by the database.
 */
export function corsHeaders(request: Request): Record<string, string> {
  return {
    'access-control-allow-origin': request.headers.get('origin') ?? '*',
    'access-control-expose-headers': 'x-request-id, retry-after',
    'access-control-max-age': PREFLIGHT_MAX_AGE_SECONDS,
    vary: 'origin, access-control-request-headers',
  }
}

/** The answer to a browser's preflight. */
export function preflightResponse(request: Request, methods: readonly string[]): Response {
  return new Response(null, {
    status: 204,
    headers: {
      ...corsHeaders(request),
      'access-control-allow-methods': methods.join(', '),
      'access-control-allow-headers':
        request.headers.get('access-control-request-headers') ?? 'apikey, authorization, content-type, x-loacl-session',
    },
  })
}

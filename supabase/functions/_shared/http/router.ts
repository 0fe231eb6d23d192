import type { ErrorCode } from '@loacl/wire'
import { CodedError, toCodedError } from '../domain/coded_error.ts'
import { corsHeaders, preflightResponse } from './cors.ts'
import { toErrorResponse } from './error_response.ts'

export interface RouteContext {
  request: Request
  url: URL
  requestId: string
}

/** `place` is what the path's group matched, or nothing. */
export type Route = (context: RouteContext, place: string) => Promise<Response>

interface Routes {
  readonly path: RegExp
  readonly methods: Readonly<Record<string, Route>>
}

export interface RouterOptions {
  /** The function's name, with which its paths begin. */
  name: string
  routes: readonly Routes[]
  /** Rejects a request that may not come in at all. */
  check: (request: Request) => Promise<void>
  /** Told of errors that are faults, for the owner's log. */
  report: (error: unknown, requestId: string) => void
}

/** What only the owner can mend, and so has to read of. */
const FAULTS: ReadonlySet<ErrorCode> = new Set([
  'internal',
  'database_unavailable',
  'storage_unavailable',
  'identity_secret_unusable',
])

/** A function as a handler of requests. Every exit, errors among them, has CORS headers and a request id. */
export function createRouter({ name, routes, check, report }: RouterOptions): (request: Request) => Promise<Response> {
  const prefix = new RegExp(`^(/functions/v1)?/${name}(?=/|$)`)

  async function answer(request: Request, requestId: string): Promise<Response> {
    const url = new URL(request.url)
    const path = url.pathname.replace(prefix, '')
    for (const { path: pattern, methods } of routes) {
      const match = pattern.exec(path)
      if (!match) continue
      const allowed = [...Object.keys(methods), 'OPTIONS']
      if (request.method === 'OPTIONS') return preflightResponse(request, allowed)
      if (!Object.hasOwn(methods, request.method)) {
        const response = toErrorResponse(new CodedError('method_not_allowed', `Use ${allowed[0]} here.`), requestId)
        response.headers.set('allow', allowed.join(', '))
        return response
      }
      await check(request)
      return methods[request.method]!({ request, url, requestId }, match[1] ?? '')
    }
    throw new CodedError('not_found', 'There is nothing here.')
  }

  return async (request) => {
    const requestId = crypto.randomUUID()
    const response = await answer(request, requestId).catch((error: unknown) => {
      const { code } = toCodedError(error)
      if (FAULTS.has(code)) report(error, requestId)
      return toErrorResponse(error, requestId)
    })
    for (const [header, value] of Object.entries(corsHeaders(request))) response.headers.set(header, value)
    response.headers.set('x-request-id', requestId)
    return response
  }
}

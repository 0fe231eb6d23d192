import { FUNCTIONS_PATH } from '@loacl/wire'
import { createServer, request as httpRequest, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import type { DataApi } from './data_api.ts'
import { HOST } from './ports.ts'

/** Where a function listens, or `null` where there is none of that name. Waits while it starts or reloads. */
export type FindFunction = (name: string) => Promise<{ port: number } | { problem: string; status: number } | null>

export interface Gateway {
  readonly server: Server
  /** Until then, requests wait. */
  open(api: Pick<DataApi, 'fetch'>, findFunction: FindFunction): void
}

/** The one origin of the project: `/rest/v1`, `/auth/v1`, `/storage/v1` and `/functions/v1`. */
export function createGateway(): Gateway {
  const opened = Promise.withResolvers<{ api: Pick<DataApi, 'fetch'>; findFunction: FindFunction }>()
  const server = createServer((request, response) => {
    void answer(request, response).catch((error: unknown) => fail(request, response, error))
  })
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { api, findFunction } = await opened.promise
    const path = request.url ?? '/'
    if (path.startsWith(`/${FUNCTIONS_PATH}`)) return proxyToFunction(request, response, findFunction)
    if (path.startsWith('/rest/v1/') && request.method === 'OPTIONS') return answerPreflight(request, response)
    if (path.startsWith('/rest/v1/') && hasMalformedToken(request))
      return sendJson(request, response, 401, MALFORMED_TOKEN)
    if (/^\/(rest|auth|storage)\/v1(\/|$|\?)/.test(path)) {
      const peer = request.socket.remoteAddress ?? null
      return getRequestListener((webRequest) => api.fetch(webRequest, peer), { overrideGlobalObjects: false })(
        request,
        response,
      )
    }
    sendJson(request, response, 404, { message: 'no Route matched with those values' })
  }

  return { server, open: (api, findFunction) => opened.resolve({ api, findFunction }) }
}

/** As PostgREST answers them; lite searches for a relation instead, and finds none. */
function answerPreflight(request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, {
    'access-control-allow-origin': '*',
    'access-control-allow-methods': 'GET, POST, PATCH, PUT, DELETE, OPTIONS, HEAD',
    'access-control-allow-headers': request.headers['access-control-request-headers'] ?? '*',
    'access-control-max-age': '86400',
    vary: 'Access-Control-Request-Headers',
  })
  response.end()
}

const MALFORMED_TOKEN = { code: 'PGRST301', details: null, hint: null, message: 'Expected 3 parts in JWT' }

/** A bearer that is neither the key nor a JWT. Lite takes such a request for an anonymous one; PostgREST refuses it. */
function hasMalformedToken({ headers }: IncomingMessage): boolean {
  const token = /^Bearer (.*)$/i.exec(headers.authorization ?? '')?.[1]?.trim()
  return token !== undefined && token !== headers.apikey && token.split('.').length !== 3
}

/** Answers of the gateway's own, readable by any page as on hosted Supabase. */
function sendJson(request: IncomingMessage, response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'access-control-allow-origin': request.headers.origin ?? '*',
    vary: 'Origin',
  })
  response.end(JSON.stringify(body))
}

function fail(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  if (response.headersSent) response.destroy()
  else sendJson(request, response, 502, { message: error instanceof Error ? error.message : String(error) })
}

/** Bytes go through as they come, both ways; a visitor who leaves closes the connection to the function as well. */
async function proxyToFunction(request: IncomingMessage, response: ServerResponse, find: FindFunction): Promise<void> {
  const path = (request.url ?? '').slice(FUNCTIONS_PATH.length)
  const name = /^\/([^/?]+)/.exec(path)?.[1] ?? ''
  const target = await find(name)
  if (!target)
    return sendJson(request, response, 404, { code: 'NOT_FOUND', message: 'Requested function was not found' })
  if ('problem' in target)
    return sendJson(request, response, target.status, { code: 'BOOT_ERROR', message: target.problem })

  const peer = request.socket.remoteAddress ?? ''
  const forwardedFor = request.headers['x-forwarded-for']
  const upstream = httpRequest({
    host: HOST,
    port: target.port,
    method: request.method,
    // A function sees its own name in the path, and not the prefix.
    path,
    headers: {
      ...request.headers,
      // What a client claims stands first; what the gateway saw is added, and one header is the gateway's alone.
      'x-forwarded-for': forwardedFor === undefined ? peer : `${String(forwardedFor)}, ${peer}`,
      'x-forwarded-host': request.headers.host,
      'x-forwarded-proto': 'http',
      'cf-connecting-ip': peer,
    },
  })
  response.once('close', () => upstream.destroy())
  await new Promise<void>((resolve, reject) => {
    // `on`, not `once`: after an early answer, sending the rest of the request may fail as well.
    upstream.on('error', (error) => (response.destroyed ? resolve() : reject(error)))
    upstream.once('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, answer.rawHeaders)
      response.flushHeaders()
      answer.pipe(response)
      answer.once('error', () => response.destroy())
      answer.once('close', () => {
        // Ended early by the function: the client must see a broken stream, not a finished one.
        if (!answer.complete) response.destroy()
        // The answer may come before the request has ended: its rest is read away, for the next one on the connection.
        request.unpipe(upstream)
        request.resume()
        resolve()
      })
    })
    request.pipe(upstream)
  })
}

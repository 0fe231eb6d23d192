import { once } from 'node:events'
import { createServer, request as httpRequest, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** A request as it came to a proxy, with its body. */
export interface Received {
  request: IncomingMessage
  response: ServerResponse
  /** Below the proxy's own prefix. */
  path: string
  body: Buffer
}

/** `{}` where it is no JSON. */
export function readJson(body: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body.toString())
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** A proxy whose paths begin with `/<who>/`, who being who sends. */
export async function startProxy(
  handle: (who: string, received: Received) => Promise<void>,
): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => {
    const [, who = '', path = ''] = /^\/([^/]+)(\/.*)$/.exec(request.url ?? '') ?? []
    void buffer(request)
      .then((body) => handle(who, { request, response, path, body }))
      // Who asked has gone, or what was asked is not there.
      .catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server }
}

/** Sends a request on. Rejects where nothing answers. */
export async function forward(target: string, { request, path, body }: Received): Promise<IncomingMessage> {
  const { host: _host, ...headers } = request.headers
  const upstream = httpRequest(`${target}${path}`, {
    method: request.method,
    headers: { ...headers, 'content-length': body.length, connection: 'close' },
  })
  upstream.end(body)
  const [answer] = (await once(upstream, 'response')) as [IncomingMessage]
  return answer
}

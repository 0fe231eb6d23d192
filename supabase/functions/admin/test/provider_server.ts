import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { completed, created, textDelta, textDone } from '../../_shared/test/scripted_model.ts'

interface ProviderRequest {
  /** Such as `DELETE /v1/files/file-1`. */
  what: string
  key: string
}

/** A provider of models and files that remembers which key each request came with. */
export interface ProviderServer {
  url: string
  readonly requests: ProviderRequest[]
  /** Waited for in the middle of each answer. */
  hold: Promise<void>
  /** Statuses of the next requests; 200 once there are no more. */
  readonly statuses: number[]
  stop(): void
}

export async function startProviderServer(): Promise<ProviderServer> {
  const http = createServer((request, response) => {
    void answer(request, response)
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const server: ProviderServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/v1`,
    requests: [],
    hold: Promise.resolve(),
    statuses: [],
    stop: () => {
      http.closeAllConnections()
      http.close()
    },
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = ''
    for await (const chunk of request.setEncoding('utf8')) text += chunk
    const key = String(request.headers.authorization).replace('Bearer ', '')
    server.requests.push({ what: `${request.method} ${request.url}`, key })
    const status = server.statuses.shift() ?? 200
    const streams = status === 200 && text !== '' && (JSON.parse(text) as { stream?: boolean }).stream === true
    if (!streams) {
      // A provider may well quote the key that it refuses.
      const body = status === 200 ? FOLLOW_UPS : { error: { message: `Not with ${key}.`, code: 'x' } }
      return void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    const send = (event: { type: string }) => response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    send(created)
    send(textDelta('Hello'))
    await server.hold
    for (const event of [textDone('Hello'), completed]) send(event)
    response.end()
  }
  return server
}

const FOLLOW_UPS = {
  id: 'resp_2',
  object: 'response',
  status: 'completed',
  output: [
    {
      type: 'message',
      role: 'assistant',
      content: [{ type: 'output_text', text: '{"title":"A greeting","followUps":["What now?"]}', annotations: [] }],
    },
  ],
  usage: { input_tokens: 9, output_tokens: 4 },
}

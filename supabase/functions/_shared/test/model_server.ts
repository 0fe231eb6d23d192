import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { completed, created, textDelta, textDone } from './responses_script.ts'

type Say = (piece: string) => void
/** Plays one answer: says pieces, waits for what it likes, and returns where the answer is complete. */
export type Script = (say: Say, response: ServerResponse) => Promise<void> | void

interface ProviderRequest {
  /** Such as `DELETE /v1/files/file-1`. */
  what: string
  key: string
}

/** A provider of models and files whose every word a test decides, while the rest of the stack is real. */
export interface ModelServer {
  url: string
  /** All of them, oldest first, with the key that each came with. */
  readonly requests: ProviderRequest[]
  /** Bodies of the calls for answers. */
  readonly calls: Record<string, unknown>[]
  /** Bodies of the calls for a title and follow-ups. */
  readonly structuredCalls: Record<string, unknown>[]
  /** Statuses of the next requests; 200 once there are no more. */
  readonly statuses: number[]
  /** Played by the next answers. */
  script: Script
  /** Answers the next calls that do not stream; `null` for a title and follow-ups. */
  answerWhole: ((response: ServerResponse) => Promise<void> | void) | null
  stop(): void
}

export const sayHello: Script = (say) => say('Hello')

export async function startModelServer(): Promise<ModelServer> {
  const http = createServer((request, response) => {
    void answer(request, response)
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const server: ModelServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/v1`,
    requests: [],
    calls: [],
    structuredCalls: [],
    statuses: [],
    script: sayHello,
    answerWhole: null,
    stop: () => {
      http.closeAllConnections()
      http.close()
    },
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await textOf(request)
    const key = String(request.headers.authorization).replace('Bearer ', '')
    server.requests.push({ what: `${request.method} ${request.url}`, key })
    const status = server.statuses.shift() ?? 200
    // A provider may well quote the key that it refuses.
    if (status !== 200) return sendJson(response, { error: { message: `Not with ${key}.`, code: 'x' } }, status)
    const body = text === '' ? null : (JSON.parse(text) as Record<string, unknown>)
    if (body?.stream) return await stream(body, response)
    if (body) server.structuredCalls.push(body)
    if (server.answerWhole) return await server.answerWhole(response)
    sendJson(response, FOLLOW_UPS)
  }

  async function stream(body: Record<string, unknown>, response: ServerResponse): Promise<void> {
    server.calls.push(body)
    let whole = ''
    const send = (event: { type: string }) => response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
    const say = (piece: string): void => {
      if (whole === '') response.writeHead(200, { 'content-type': 'text/event-stream' })
      if (whole === '') send(created)
      whole += piece
      send(textDelta(piece))
    }
    await server.script(say, response)
    if (response.writableEnded || response.destroyed) return
    send(textDone(whole))
    send(completed)
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

const sendJson = (response: ServerResponse, body: unknown, status = 200): void =>
  void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += chunk
  return text
}

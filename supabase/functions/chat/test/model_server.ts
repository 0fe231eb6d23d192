import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { completed, created, textDelta, textDone } from '../../_shared/test/scripted_model.ts'

type Say = (piece: string) => void
/** Plays one answer: says pieces, waits for what it likes, and returns where the answer is complete. */
export type Script = (say: Say, response: ServerResponse) => Promise<void> | void

/** A model provider whose every word a test decides, while the rest of the stack is real. */
export interface ModelServer {
  url: string
  /** Bodies of the calls for answers, oldest first. */
  readonly calls: Record<string, unknown>[]
  /** Bodies of the calls for a title and follow-ups. */
  readonly structuredCalls: Record<string, unknown>[]
  /** Played by the next answers. */
  script: Script
  stop(): void
}

export async function startModelServer(): Promise<ModelServer> {
  const http = createServer((request, response) => {
    void answer(request, response)
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const server: ModelServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/v1`,
    calls: [],
    structuredCalls: [],
    script: (say) => say('Hello'),
    stop: () => {
      http.closeAllConnections()
      http.close()
    },
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = JSON.parse(await textOf(request)) as Record<string, unknown>
    if (!body.stream) {
      server.structuredCalls.push(body)
      return void response.setHeader('content-type', 'application/json').end(JSON.stringify(followUps))
    }
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

const followUps = {
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

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += chunk
  return text
}

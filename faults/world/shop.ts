import { createServer, type IncomingMessage, type Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import type { Traces } from './trace.ts'

/** One call of a tool, as the site's own endpoint remembers it. */
interface ShopCall {
  executionId: string
  assistantId: string
  tool: string
  /** Whether its answer left whole. */
  answered: boolean
}

/** The endpoint of the site's tools. */
export interface Shop {
  url: string
  /** As `LOACL_PRIVATE_HOSTS` takes it. */
  host: string
  server: Server
  calls: readonly ShopCall[]
}

interface Body {
  executionId: string
  assistantId: string
  tool: string
  arguments: { question?: unknown }
}

/** What every call returns. */
export const RESULT = { lamps: 3 }

/** A shop that does what it is told, and knows which turn a call is of by the question in its arguments. */
export async function startShop(traces: Traces): Promise<Shop> {
  const calls: ShopCall[] = []
  const server = createServer((request, response) => {
    void answer(request).then(
      () => response.end(JSON.stringify(RESULT)),
      (error: unknown) => response.destroy(error as Error),
    )

    async function answer(asked: IncomingMessage): Promise<void> {
      const { executionId, assistantId, tool, arguments: given } = (await json(asked)) as Body
      const call: ShopCall = { executionId, assistantId, tool, answered: false }
      calls.push(call)
      const trace = traces.findLatest({ text: given.question })
      if ((await trace?.reach('tool-called')) === 'drop') throw new Error('The answer is lost.')
      response.writeHead(200, { 'content-type': 'application/json' })
      call.answered = true
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url: `http://${host}/tools`, host, server, calls }
}

import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Answer } from './answer.ts'
import { ChatAnswer } from './chat_answer.ts'
import { moderate, type ModerationsRequest, type ModerationScript } from './moderations.ts'
import { ResponsesAnswer } from './responses_answer.ts'

type Say = (piece: string) => void
/** Plays one answer: says pieces, waits for what it likes, and returns where the answer is complete. */
export type Script = (say: Say, response: ServerResponse, answer: Answer) => Promise<void> | void
/** Answers a call that doesn't stream: for a title and follow-ups, or to try a key. */
export type WholeScript = (response: ServerResponse, answer: Answer) => Promise<void> | void
/** Answers a request that is none to a provider. `false` where it is one. */
export type Control = (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<boolean>

interface ProviderRequest {
  /** Such as `DELETE /v1/files/file-1`. */
  what: string
  key: string
}

export interface MockModelOptions {
  /** Left out: any free one. */
  port?: number
  script?: Script
  answerWhole?: WholeScript
  moderation?: ModerationScript
  control?: Control
}

/** A provider of models and files whose every word a test decides, while the rest of the stack is real. */
export interface MockModel {
  /** For `baseURL` of the provider: ends in `/v1`. */
  url: string
  /** The newest ones, oldest first, with the key that each came with. */
  readonly requests: ProviderRequest[]
  /** Bodies of the calls for answers. */
  readonly calls: Record<string, unknown>[]
  /** Bodies of the calls for a title and follow-ups, or a summary. */
  readonly structuredCalls: Record<string, unknown>[]
  /** Statuses of the next requests; 200 once there are no more. */
  readonly statuses: number[]
  /** Played by the next answers. */
  script: Script
  /** Answers the next calls that do not stream; `null` for a title and follow-ups, or a summary. */
  answerWhole: WholeScript | null
  /** Bodies of the calls for moderation. */
  readonly moderationCalls: Record<string, unknown>[]
  /** Says which categories a text is flagged for, as whole answers to `POST /moderations`; by default none. */
  moderation: ModerationScript
  stop(): void
}

/** How many are remembered: `npm start` may run for days. */
const MOST_REMEMBERED = 1_000

export const sayHello: Script = (say) => say('Hello')

const answerStructured: WholeScript = (_, answer) => {
  answer.usage = { input_tokens: 9, output_tokens: 4 }
  if (answer.wantsSummary) return answer.sendWhole(JSON.stringify({ summary: 'They greeted each other.' }))
  answer.sendWhole(JSON.stringify({ title: 'A greeting', followUps: ['What now?'] }))
}

/** Speaks the Responses API and Chat Completions, each at its own path, and says yes to what else a provider is asked. */
export async function startMockModel(options: MockModelOptions = {}): Promise<MockModel> {
  const http = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      console.error(error)
      response.destroy()
    })
  })
  http.listen(options.port ?? 0, '127.0.0.1')
  await once(http, 'listening')
  const origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  const server: MockModel = {
    url: `${origin}/v1`,
    requests: [],
    calls: [],
    structuredCalls: [],
    statuses: [],
    script: options.script ?? sayHello,
    answerWhole: options.answerWhole ?? null,
    moderationCalls: [],
    moderation: options.moderation ?? (() => []),
    stop: () => {
      http.closeAllConnections()
      http.close()
    },
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', origin)
    if (await options.control?.(request, response, url)) return
    const content = await text(request)
    const key = String(request.headers.authorization).replace('Bearer ', '')
    remember(server.requests, { what: `${request.method} ${request.url}`, key })
    const body = content === '' ? null : (JSON.parse(content) as Record<string, unknown>)
    const Format = url.pathname.endsWith('/chat/completions') ? ChatAnswer : ResponsesAnswer
    const answer = new Format(body ?? {}, key, response)
    const status = server.statuses.shift() ?? 200
    // A provider may well quote the key that it refuses.
    if (status !== 200) return answer.sendError(status, { message: `Not with ${key}.`, code: 'x' })
    if (body && url.pathname.endsWith('/moderations')) {
      remember(server.moderationCalls, body)
      return await moderate(body as unknown as ModerationsRequest, response, server.moderation)
    }
    if (body?.stream) return await stream(body, answer)
    if (body) remember(server.structuredCalls, body)
    await (server.answerWhole ?? answerStructured)(response, answer)
  }

  async function stream(body: Record<string, unknown>, answer: Answer): Promise<void> {
    const { response } = answer
    remember(server.calls, body)
    await server.script((piece) => answer.say(piece), response, answer)
    if (response.writableEnded || response.destroyed) return
    answer.endText()
    answer.end()
  }
  return server
}

function remember<T>(list: T[], entry: T): void {
  list.push(entry)
  if (list.length > MOST_REMEMBERED) list.shift()
}

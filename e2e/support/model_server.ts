import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'

/** A source that an answer cites. */
type Cited = { url: string; title?: string } | { filename: string }

/** What the model says to a visitor's text. */
export interface Reply {
  /** Summaries of its reasoning, sent before anything else. */
  reasoning?: string[]
  text?: string
  /** Cited after `text`. */
  sources?: Cited[]
  /** A second text, which follows the sources. */
  more?: string
  /** Answer with this HTTP status instead. */
  status?: number
  /** After so many characters of `text`, wait until the reply is scripted anew without it. */
  holdAfter?: number
  /** After so many characters of `text`, drop the connection. */
  cutAfter?: number
  /** End `text` as cut short, for this reason. */
  incomplete?: 'max_output_tokens' | 'content_filter'
  title?: string
  followUps?: string[]
}

/** One request for an answer, as the model saw it. */
export interface ModelCall {
  text: string
  key: string
  /** What the visitor and the model had said before. */
  history: { role: string; content: string }[]
  state: 'running' | 'finished' | 'dropped'
}

interface ResponsesRequest {
  model: string
  stream?: boolean
  input: { role: string; content: string | { text?: string }[] }[]
  text?: { format?: { type: string } }
}

const DEFAULT: Required<Pick<Reply, 'text' | 'title' | 'followUps'>> = {
  text: [
    'Our lights are **dynamo driven**, so that they never need a battery. Ask for a ride with them at the quay.',
    'The hub turns with the wheel; a magnet in it turns past a coil, and that is all there is to it.',
    'At walking pace they are bright enough to be seen, and at twelve kilometres an hour you see the road by them.',
    'They go on shining for four minutes after you stop, which is longer than any light on this side of the harbour.',
  ].join('\n\n'),
  title: 'Lights that need no battery',
  followUps: ['How long do they last?', 'What do they cost?'],
}

const contentOf = ({ content }: ResponsesRequest['input'][number]): string =>
  typeof content === 'string' ? content : content.map((part) => part.text ?? '').join('')

/**
 * A model whose every word a test decides, behind the Responses API. `POST /script` tells it what to say to a text,
 * `GET /calls` what it was asked. It says each word by itself.
 */
export async function startModelServer(): Promise<{ url: string; stop(): void }> {
  const script = new Map<string, Reply>()
  const calls: ModelCall[] = []
  const waiting = new Set<() => void>()

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      console.error(error)
      response.destroy()
    })
  })

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x')
    if (pathname === '/script') {
      for (const [text, reply] of (await json(request)) as [string, Reply][]) script.set(text, reply)
      for (const wake of waiting) wake()
      response.end()
    } else if (pathname === '/calls') {
      response.end(JSON.stringify(calls.filter(({ text }) => text === searchParams.get('text'))))
    } else if (pathname.endsWith('/responses')) {
      await respond((await json(request)) as ResponsesRequest, request, response)
    } else {
      response.writeHead(404).end()
    }
  }

  async function respond(body: ResponsesRequest, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const said = body.input.map((item) => ({ role: item.role, content: contentOf(item) }))
    const asked = said.findLastIndex(({ role }) => role === 'user')
    const text = said[asked]?.content ?? ''
    const reply = script.get(text) ?? {}
    if (body.text?.format?.type === 'json_schema') {
      const { title = DEFAULT.title, followUps = DEFAULT.followUps } = reply
      const answer = new Answer(response, body.model)
      return body.stream
        ? answer.stream([JSON.stringify({ title, followUps })])
        : answer.whole(JSON.stringify({ title, followUps }))
    }
    const key = request.headers.authorization?.replace(/^Bearer /, '') ?? ''
    const call: ModelCall = { text, key, history: said.slice(0, asked), state: 'running' }
    calls.push(call)
    response.on('close', () => (call.state = response.writableFinished ? 'finished' : 'dropped'))
    if (reply.status) {
      response.writeHead(reply.status, { 'content-type': 'application/json', 'retry-after-ms': '1' })
      response.end(JSON.stringify({ error: { message: `Scripted ${reply.status}`, type: 'scripted', code: null } }))
      return
    }
    await new Answer(response, body.model).stream(words(text, reply), reply)
  }

  /** The answer word by word, following the script as it changes. */
  async function* words(asked: string, reply: Reply): AsyncGenerator<string> {
    const { text = DEFAULT.text } = reply
    let said = 0
    for (const word of text.match(/\s*\S+\s*/g) ?? []) {
      const now = (): Reply => script.get(asked) ?? reply
      while (said >= (now().holdAfter ?? Infinity)) await nextChange()
      if (said >= (now().cutAfter ?? Infinity)) throw new Cut()
      yield word
      said += word.length
      await delay(8)
    }
  }

  async function nextChange(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    waiting.add(resolve)
    await promise
    waiting.delete(resolve)
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** The scripted end of a connection in the middle of an answer. */
class Cut extends Error {}

/** Writes one answer in the form of the Responses API. */
class Answer {
  readonly #response: ServerResponse
  readonly #model: string
  #sequence = 0

  constructor(response: ServerResponse, model: string) {
    this.#response = response
    this.#model = model
  }

  whole(text: string): void {
    this.#response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify(this.#describe('completed', text)))
  }

  async stream(
    words: Iterable<string> | AsyncIterable<string>,
    { reasoning = [], sources = [], more, incomplete }: Reply = {},
  ): Promise<void> {
    this.#response.writeHead(200, { 'content-type': 'text/event-stream' })
    const place = { item_id: 'message-1', output_index: 0, content_index: 0 }
    this.#event('response.created', { response: this.#describe('in_progress', '') })
    this.#event('response.output_item.added', { output_index: 0, item: this.#item('in_progress', '') })
    for (const [index, thought] of reasoning.entries()) {
      const at = { item_id: 'reasoning-1', output_index: 0, summary_index: index }
      this.#event('response.reasoning_summary_text.delta', { ...at, delta: thought })
      this.#event('response.reasoning_summary_text.done', { ...at, text: thought })
    }
    let text = ''
    try {
      for await (const word of words) {
        if (this.#response.destroyed) return
        text += word
        this.#event('response.output_text.delta', { ...place, delta: word })
      }
    } catch (error) {
      if (!(error instanceof Cut)) throw error
      this.#response.destroy()
      return
    }
    this.#event('response.output_text.done', { ...place, text })
    for (const [index, source] of sources.entries()) {
      const type = 'url' in source ? 'url_citation' : 'file_citation'
      const annotation = { type, start_index: 0, end_index: 1, ...source }
      this.#event('response.output_text.annotation.added', { ...place, annotation_index: index, annotation })
    }
    if (more) {
      const second = { ...place, item_id: 'message-2', output_index: 1 }
      this.#event('response.output_text.delta', { ...second, delta: more })
      this.#event('response.output_text.done', { ...second, text: more })
    }
    this.#event('response.output_item.done', { output_index: 0, item: this.#item('completed', text) })
    if (incomplete) {
      const response = { ...this.#describe('incomplete', text), incomplete_details: { reason: incomplete } }
      this.#event('response.incomplete', { response })
    } else this.#event('response.completed', { response: this.#describe('completed', text) })
    this.#response.end()
  }

  #event(type: string, data: Record<string, unknown>): void {
    this.#response.write(
      `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: this.#sequence++, ...data })}\n\n`,
    )
  }

  #item(status: string, text: string): Record<string, unknown> {
    const content = text ? [{ type: 'output_text', text, annotations: [] }] : []
    return { id: 'message-1', type: 'message', role: 'assistant', status, content }
  }

  #describe(status: string, text: string): Record<string, unknown> {
    return {
      id: 'response-1',
      object: 'response',
      created_at: 0,
      status,
      model: this.#model,
      output: text ? [this.#item('completed', text)] : [],
      usage: { input_tokens: 20, output_tokens: 30, total_tokens: 50 },
    }
  }
}

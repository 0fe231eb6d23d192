import type { ServerResponse } from 'node:http'

/** Of a request to `/responses`, what the mock model reads. */
export interface ResponsesRequest {
  model?: string
  stream?: boolean
  instructions?: string
  text?: { format?: { name?: string } }
  input?: string | readonly { role?: string; content?: string | readonly { text?: string }[] }[]
}

export interface Said {
  role: string
  content: string
}

/** What was said before a call, oldest first. */
function readSaid({ input = [] }: ResponsesRequest): Said[] {
  if (typeof input === 'string') return [{ role: 'user', content: input }]
  return input.map(({ role = '', content = '' }) => ({
    role,
    content: typeof content === 'string' ? content : content.map((part) => part.text ?? '').join(''),
  }))
}

const PLACE = { item_id: 'msg_1', output_index: 0, content_index: 0 }

/** Writes one answer in the form of the Responses API. */
export class Answer {
  readonly request: ResponsesRequest
  readonly key: string
  readonly said: readonly Said[]
  readonly response: ServerResponse
  usage: Record<string, unknown> = {
    input_tokens: 20,
    input_tokens_details: { cached_tokens: 5 },
    output_tokens: 7,
    output_tokens_details: { reasoning_tokens: 2 },
  }
  #text = ''
  #sequence = 0

  constructor(request: ResponsesRequest, key: string, response: ServerResponse) {
    this.request = request
    this.key = key
    this.said = readSaid(request)
    this.response = response
  }

  /** The visitor's last message. */
  get question(): string {
    return this.said.findLast(({ role }) => role === 'user')?.content ?? ''
  }

  /** Whether a call that doesn't stream is for a summary of the conversation, which it brings along as the question. */
  get wantsSummary(): boolean {
    return this.request.text?.format?.name === 'conversation_summary'
  }

  begin(): void {
    if (this.response.headersSent) return
    this.response.writeHead(200, { 'content-type': 'text/event-stream' })
    this.event('response.created', { response: this.#describe('in_progress') })
    this.event('response.output_item.added', { output_index: 0, item: this.#item('in_progress') })
  }

  say(piece: string): void {
    this.begin()
    this.#text += piece
    this.event('response.output_text.delta', { ...PLACE, delta: piece })
  }

  /** Anything else that the API may send. */
  event(type: string, data: Record<string, unknown>): void {
    const event = { type, sequence_number: this.#sequence++, ...data }
    this.response.write(`event: ${type}\ndata: ${JSON.stringify(event)}\n\n`)
  }

  /** The text is whole: sources that it cites may follow. */
  endText(): void {
    this.begin()
    this.event('response.output_text.done', { ...PLACE, text: this.#text })
  }

  cite(index: number, annotation: Record<string, unknown>): void {
    this.event('response.output_text.annotation.added', { ...PLACE, annotation_index: index, annotation })
  }

  /** Ends the answer, as cut short where a reason is given. */
  end(incomplete?: string): void {
    this.event('response.output_item.done', { output_index: 0, item: this.#item('completed') })
    const response = this.#describe(incomplete ? 'incomplete' : 'completed')
    if (incomplete) Object.assign(response, { incomplete_details: { reason: incomplete } })
    this.event(`response.${incomplete ? 'incomplete' : 'completed'}`, { response })
    this.response.end()
  }

  /** Answers a call that doesn't stream. */
  sendWhole(text: string): void {
    this.#text = text
    this.sendJson(200, this.#describe('completed'))
  }

  sendError(status: number, error: Record<string, unknown>, headers: Record<string, string> = {}): void {
    this.sendJson(status, { error }, headers)
  }

  sendJson(status: number, body: unknown, headers: Record<string, string> = {}): void {
    this.response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
  }

  #item(status: string): Record<string, unknown> {
    const content = this.#text ? [{ type: 'output_text', text: this.#text, annotations: [] }] : []
    return { id: PLACE.item_id, type: 'message', role: 'assistant', status, content }
  }

  #describe(status: string): Record<string, unknown> {
    return {
      id: 'resp_1',
      object: 'response',
      created_at: 0,
      status,
      model: this.request.model,
      output: this.#text ? [this.#item('completed')] : [],
      usage: status === 'in_progress' ? null : this.usage,
    }
  }
}

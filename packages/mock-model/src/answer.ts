import type { ServerResponse } from 'node:http'
import { type FileSaid, readFiles, type SaidPart } from './read_files.ts'

/** Of a request for an answer, what the mock model reads: `input` is the Responses API's, `messages` Chat Completions'. */
export interface AnswerRequest {
  model?: string
  stream?: boolean
  instructions?: string
  text?: { format?: { name?: string } }
  stream_options?: { include_usage?: boolean }
  /** A tool of the provider's has a type and no name. */
  tools?: readonly { type?: string; name?: string; function?: { name?: string } }[]
  input?: string | readonly SaidItem[]
  messages?: readonly SaidItem[]
}

/** Items of the Responses API have a `type` as well: calls of tools and their results have no role. */
interface SaidItem {
  type?: string
  role?: string
  content?: string | readonly SaidPart[] | null
}

/** A call of a function, as a test scripts it. */
export interface ToolCallSaid {
  name: string
  arguments?: unknown
  /** Left out, one is made. */
  id?: string
}

/** A tool that the provider runs itself. */
export type HostedSaid = 'web_search' | 'file_search' | 'code_interpreter'

export interface Said {
  role: string
  content: string
}

/** What was said before a call, oldest first. */
function readSaid({ input, messages = [] }: AnswerRequest): Said[] {
  if (typeof input === 'string') return [{ role: 'user', content: input }]
  return (input ?? messages.filter(({ role }) => role !== 'system')).map(({ role = '', content }) => ({
    role,
    content: typeof content === 'string' ? content : (content ?? []).map((part) => part.text ?? '').join(''),
  }))
}

/** Why an answer ends before its end, as the Responses API says it. */
export type Incomplete = 'max_output_tokens' | 'content_filter'
/** What the functions tell a model whose answer was cut. */
const GO_ON = /^Your answer was cut off\./

const isResult = ({ type, role }: SaidItem): boolean => type === 'function_call_output' || role === 'tool'

/** One answer, in the wire format that it was asked for in. */
export abstract class Answer {
  readonly request: AnswerRequest
  readonly key: string
  readonly said: readonly Said[]
  readonly response: ServerResponse
  /** As the Responses API names it. */
  usage: Record<string, unknown> = {
    input_tokens: 20,
    input_tokens_details: { cached_tokens: 5 },
    output_tokens: 7,
    output_tokens_details: { reasoning_tokens: 2 },
  }
  protected text = ''

  constructor(request: AnswerRequest, key: string, response: ServerResponse) {
    this.request = request
    this.key = key
    this.said = readSaid(request)
    this.response = response
  }

  /** The visitor's last message; with ` (continued)` where the model is to go on with its answer to it. */
  get question(): string {
    const asked = this.said.filter(({ role }) => role === 'user').map(({ content }) => content)
    const last = asked.at(-1) ?? ''
    return GO_ON.test(last) ? `${asked.at(-2)} (continued)` : last
  }

  /** What the visitor has attached to their last message. */
  get files(): FileSaid[] {
    const { input, messages = [] } = this.request
    return readFiles(typeof input === 'string' ? [] : (input ?? messages))
  }

  /** How often the model has called tools since the visitor's last message, and been told what came of it. */
  get round(): number {
    const items: readonly SaidItem[] =
      this.request.messages ?? (Array.isArray(this.request.input) ? this.request.input : [])
    const asked = items.findLastIndex(({ role }) => role === 'user')
    return items.slice(asked + 1).filter((item, at, all) => isResult(item) && !(at > 0 && isResult(all[at - 1]!)))
      .length
  }

  /** What the model was told of its last calls. */
  get results(): string[] {
    const items = (this.request.messages ?? this.request.input ?? []) as readonly (SaidItem & { output?: string })[]
    return items.flatMap(({ type, role, output, content }) =>
      type === 'function_call_output' ? (output ?? '') : role === 'tool' ? String(content) : [],
    )
  }

  /** Whether a call that doesn't stream is for a summary of the conversation, which it brings along as the question. */
  get wantsSummary(): boolean {
    return this.request.text?.format?.name === 'conversation_summary'
  }

  begin(): void {
    if (this.response.headersSent) return
    this.response.writeHead(200, { 'content-type': 'text/event-stream' })
    this.writeBeginning()
  }

  say(piece: string): void {
    this.begin()
    this.text += piece
    this.writePiece(piece)
  }

  /** The reasoning in words: one stretch of it. */
  abstract think(thought: string, index: number): void
  /** The model calls functions, after what it says: several at once are one step's. */
  abstract call(...calls: readonly ToolCallSaid[]): void
  /** The provider runs a tool of its own, and the model goes on. */
  abstract callHosted(type: HostedSaid, succeeds?: boolean): void
  /** The text is whole: sources that it cites may follow. */
  abstract endText(): void
  abstract cite(index: number, annotation: Record<string, unknown>): void
  /** A second text, after the sources. */
  abstract sayMore(text: string): void
  /** Anything else that the API may send. */
  abstract event(type: string, data: Record<string, unknown>): void
  /** Ends the answer, as cut short where a reason is given. */
  abstract end(incomplete?: Incomplete): void
  protected abstract writeBeginning(): void
  protected abstract writePiece(piece: string): void
  protected abstract describeWhole(): unknown

  /** Answers a call that doesn't stream. */
  sendWhole(text: string): void {
    this.text = text
    this.sendJson(200, this.describeWhole())
  }

  sendError(status: number, error: Record<string, unknown>, headers: Record<string, string> = {}): void {
    this.sendJson(status, { error }, headers)
  }

  sendJson(status: number, body: unknown, headers: Record<string, string> = {}): void {
    this.response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
  }
}

import { Answer, type Incomplete, type ToolCallSaid } from './answer.ts'

const FINISH_REASONS = { max_output_tokens: 'length', content_filter: 'content_filter' } as const

/** Writes one answer in the form of Chat Completions. */
export class ChatAnswer extends Answer {
  #calls = 0

  think(thought: string): void {
    this.begin()
    this.#delta({ reasoning_content: thought })
  }

  call(...calls: readonly ToolCallSaid[]): void {
    this.begin()
    for (const { name, arguments: args = {}, id = `call_${crypto.randomUUID()}` } of calls) {
      const index = this.#calls++
      const text = typeof args === 'string' ? args : JSON.stringify(args)
      this.#delta({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] })
      this.#delta({ tool_calls: [{ index, function: { arguments: text } }] })
    }
  }

  /** This format has none. */
  callHosted(): void {}

  endText(): void {
    this.begin()
  }

  /** This format has no sources but pages. */
  cite(_: number, { type, ...cited }: Record<string, unknown>): void {
    if (type === 'url_citation') this.#delta({ annotations: [{ type, url_citation: cited }] })
  }

  sayMore(text: string): void {
    this.say(text)
  }

  event(_: string, data: Record<string, unknown>): void {
    this.response.write(`data: ${JSON.stringify(data)}\n\n`)
  }

  end(incomplete?: Incomplete): void {
    this.#delta({}, incomplete ? FINISH_REASONS[incomplete] : this.#calls > 0 ? 'tool_calls' : 'stop')
    if (this.request.stream_options?.include_usage) this.#chunk({ choices: [], usage: this.#usage() })
    this.response.end('data: [DONE]\n\n')
  }

  protected writeBeginning(): void {
    this.#delta({ role: 'assistant', content: '' })
  }

  protected writePiece(piece: string): void {
    this.#delta({ content: piece })
  }

  protected describeWhole(): unknown {
    const message = { role: 'assistant', content: this.text, refusal: null }
    const choice = { index: 0, message, logprobs: null, finish_reason: 'stop' }
    return { ...this.#describe('chat.completion'), choices: [choice], usage: this.#usage() }
  }

  #delta(delta: Record<string, unknown>, finishReason: string | null = null): void {
    this.#chunk({ choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }] })
  }

  #chunk(chunk: Record<string, unknown>): void {
    this.event('', { ...this.#describe('chat.completion.chunk'), ...chunk })
  }

  #describe(object: string): Record<string, unknown> {
    return { id: 'chatcmpl-1', object, created: 0, model: this.request.model }
  }

  #usage(): Record<string, unknown> {
    const { input_tokens, output_tokens, input_tokens_details, output_tokens_details } = this.usage
    return {
      prompt_tokens: input_tokens,
      completion_tokens: output_tokens,
      total_tokens: Number(input_tokens) + Number(output_tokens),
      prompt_tokens_details: input_tokens_details,
      completion_tokens_details: output_tokens_details,
    }
  }
}

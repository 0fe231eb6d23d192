import { Answer, type HostedSaid, type Incomplete, type ToolCallSaid } from './answer.ts'

const PLACE = { item_id: 'msg_1', output_index: 0, content_index: 0 }

/** Writes one answer in the form of the Responses API. */
export class ResponsesAnswer extends Answer {
  #sequence = 0
  readonly #items: Record<string, unknown>[] = []

  think(thought: string, index: number): void {
    this.begin()
    const at = { item_id: 'reasoning-1', output_index: 0, summary_index: index }
    this.event('response.reasoning_summary_text.delta', { ...at, delta: thought })
    this.event('response.reasoning_summary_text.done', { ...at, text: thought })
  }

  call(...calls: readonly ToolCallSaid[]): void {
    this.begin()
    for (const { name, arguments: args = {}, id = `call_${crypto.randomUUID()}` } of calls)
      this.#say({
        type: 'function_call',
        id: `fc_${id}`,
        call_id: id,
        name,
        arguments: typeof args === 'string' ? args : JSON.stringify(args),
        status: 'completed',
      })
  }

  callHosted(type: HostedSaid, succeeds = true): void {
    this.begin()
    this.#say({ type: `${type}_call`, id: `hc_${this.#items.length}`, status: succeeds ? 'completed' : 'failed' })
  }

  endText(): void {
    this.begin()
    this.event('response.output_text.done', { ...PLACE, text: this.text })
  }

  cite(index: number, annotation: Record<string, unknown>): void {
    this.event('response.output_text.annotation.added', { ...PLACE, annotation_index: index, annotation })
  }

  sayMore(text: string): void {
    const second = { item_id: 'msg_2', output_index: 1, content_index: 0 }
    this.event('response.output_text.delta', { ...second, delta: text })
    this.event('response.output_text.done', { ...second, text })
  }

  event(type: string, data: Record<string, unknown>): void {
    const event = { type, sequence_number: this.#sequence++, ...data }
    this.response.write(`event: ${type}\ndata: ${JSON.stringify(event)}\n\n`)
  }

  end(incomplete?: Incomplete): void {
    if (this.text || this.#items.length === 0)
      this.event('response.output_item.done', { output_index: 0, item: this.#item('completed') })
    const response = this.#describe(incomplete ? 'incomplete' : 'completed')
    if (incomplete) Object.assign(response, { incomplete_details: { reason: incomplete } })
    this.event(`response.${incomplete ? 'incomplete' : 'completed'}`, { response })
    this.response.end()
  }

  protected writeBeginning(): void {
    this.event('response.created', { response: this.#describe('in_progress') })
    this.event('response.output_item.added', { output_index: 0, item: this.#item('in_progress') })
  }

  protected writePiece(piece: string): void {
    this.event('response.output_text.delta', { ...PLACE, delta: piece })
  }

  protected describeWhole(): unknown {
    return this.#describe('completed')
  }

  #say(item: Record<string, unknown>): void {
    const at = { output_index: this.#items.length + 1 }
    this.#items.push(item)
    this.event('response.output_item.added', { ...at, item: { ...item, status: 'in_progress' } })
    this.event('response.output_item.done', { ...at, item })
  }

  #item(status: string): Record<string, unknown> {
    const content = this.text ? [{ type: 'output_text', text: this.text, annotations: [] }] : []
    return { id: PLACE.item_id, type: 'message', role: 'assistant', status, content }
  }

  #describe(status: string): Record<string, unknown> {
    return {
      id: 'resp_1',
      object: 'response',
      created_at: 0,
      status,
      model: this.request.model,
      output: [...this.#items, ...(this.text ? [this.#item('completed')] : [])],
      usage: status === 'in_progress' ? null : this.usage,
    }
  }
}

import { describe, expect, it } from 'vitest'
import { boundResponse } from '../adapters/bounded_response.ts'
import { outputLimits, OutputMeter, TooMuchOutput } from './output_limits.ts'

const toLines = (event: object, text: (json: string) => string): string => {
  const { type } = event as { type: string }
  return `event: ${type}\ndata: ${text(JSON.stringify(event))}\n\n`
}

/** As Python writes JSON unless it is told not to. */
const inAscii = (json: string): string =>
  json.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
const asItIs = (json: string): string => json

/** What OpenAI sends where each token is a word of its own, beside the words. */
const frame = {
  item_id: `msg_${'0'.repeat(48)}`,
  output_index: 1,
  content_index: 0,
  sequence_number: 10_000,
  logprobs: [],
}

function* streamOf(token: string, maxOutputTokens: number, instructions: string, write: (json: string) => string) {
  const text = token.repeat(maxOutputTokens)
  const response = { id: `resp_${'0'.repeat(48)}`, instructions, metadata: {}, tools: [], output: [] as object[] }
  const item = { id: frame.item_id, role: 'assistant', content: [{ type: 'output_text', text }] }
  // A token of reasoning takes as long as a word, and is kept encrypted, in base64.
  const reasoning = { type: 'reasoning', encrypted_content: 'A'.repeat(maxOutputTokens * 8) }
  for (const type of ['response.created', 'response.in_progress']) yield toLines({ type, response }, write)
  yield toLines({ type: 'response.output_item.done', item: reasoning }, write)
  for (let n = 0; n < maxOutputTokens; n++)
    yield toLines({ type: 'response.output_text.delta', delta: token, ...frame }, write)
  yield toLines({ type: 'response.output_text.done', text, ...frame }, write)
  yield toLines({ type: 'response.content_part.done', part: item.content[0], ...frame }, write)
  yield toLines({ type: 'response.output_item.done', item }, write)
  yield toLines({ type: 'response.completed', response: { ...response, output: [reasoning, item] } }, write)
}

describe('the limits of an answer', () => {
  it.each([
    ['words of English', ' wonderful', asItIs],
    ['long tokens', '-'.repeat(16), asItIs],
    ['Chinese', '中文', asItIs],
    ['Chinese in ASCII', '中文', inAscii],
    ['line breaks', '\n\n\n\n', asItIs],
  ])('let one through that keeps to what was asked for, in %s', async (_, token, write) => {
    for (const [maxOutputTokens, instructions] of [
      [16, ''],
      [16, '中'.repeat(200_000)],
      [4_096, 'Be kind. '.repeat(1_000)],
      [50_000, ''],
    ] as const) {
      const limits = outputLimits({ maxOutputTokens, instructions })
      expect(token.length * maxOutputTokens).toBeLessThanOrEqual(limits.characters)
      let bytes = 0
      const events = streamOf(token, maxOutputTokens, instructions, write)
      const encoder = new TextEncoder()
      const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
        pull(controller) {
          const { value, done } = events.next()
          if (done) return controller.close()
          const chunk = encoder.encode(value)
          bytes += chunk.length
          controller.enqueue(chunk)
        },
      })
      const read = await boundResponse(new Response(body), limits).arrayBuffer()
      expect(read.byteLength).toBe(bytes)
    }
  })

  it('grow with what was asked for, up to what the database takes', () => {
    const small = outputLimits({ maxOutputTokens: 16, instructions: '' })
    const large = outputLimits({ maxOutputTokens: 128_000, instructions: '' })
    expect(small.characters).toBeLessThan(5_000)
    expect(small.bodyBytes).toBeLessThan(500_000)
    expect(large.characters).toBe(1_000_000)
    expect(large.eventBytes).toBeLessThan(4_000_000)
  })

  it.each([
    ['texts', (id: string) => [{ type: 'text-start', id } as const, { type: 'text-delta', id, delta: 'x' } as const]],
    ['stretches of reasoning', (id: string) => [{ type: 'reasoning-start', id } as const]],
    ['sources', (id: string) => [{ type: 'source-url', sourceId: id, url: 'https://a.b' } as const]],
  ])('end an answer of very many %s, after as many as there may be', (_, partsOf) => {
    const meter = new OutputMeter({ characters: 1_000_000 })
    let passed = 0
    const passAll = () => {
      for (let n = 0; n < 10_000; n++) for (const part of meter.pass(partsOf(`${n}`))) if (!('delta' in part)) passed++
    }
    expect(passAll).toThrow(TooMuchOutput)
    expect(passed).toBe(500)
  })
})

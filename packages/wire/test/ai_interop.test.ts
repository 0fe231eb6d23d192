import { createUIMessageStream, createUIMessageStreamResponse } from 'ai'
import { expect, it } from 'vitest'
import { readParts, STREAM_HEADERS, type StreamPart } from '../src/index.ts'

it('reads what the ai package writes, skipping what LOACL does not speak', async () => {
  const response = createUIMessageStreamResponse({
    stream: createUIMessageStream({
      execute: ({ writer }) => {
        writer.write({ type: 'start', messageId: 'm' })
        writer.write({ type: 'start-step' })
        writer.write({ type: 'reasoning-start', id: 'r' })
        writer.write({ type: 'reasoning-delta', id: 'r', delta: 'hm' })
        writer.write({ type: 'reasoning-end', id: 'r' })
        writer.write({ type: 'tool-input-start', toolCallId: 'c', toolName: 'search' })
        writer.write({ type: 'tool-input-available', toolCallId: 'c', toolName: 'search', input: {} })
        writer.write({ type: 'text-start', id: 't', providerMetadata: { openai: { itemId: 'x' } } })
        writer.write({ type: 'text-delta', id: 't', delta: 'Grüße\n\n👋' })
        writer.write({ type: 'text-end', id: 't' })
        writer.write({ type: 'source-url', sourceId: 's', url: 'https://example.com' })
        writer.write({ type: 'finish-step' })
        writer.write({ type: 'finish', finishReason: 'stop' })
      },
    }),
  })
  const protocol = 'x-vercel-ai-ui-message-stream'
  expect(response.headers.get(protocol)).toBe(STREAM_HEADERS[protocol])
  const parts: StreamPart[] = []
  const seqs: number[] = []
  for await (const { seq, part } of readParts(response.body!)) {
    parts.push(part)
    seqs.push(seq)
  }
  expect(parts.map((part) => part.type)).toEqual([
    'start',
    'start-step',
    'reasoning-start',
    'reasoning-delta',
    'reasoning-end',
    'text-start',
    'text-delta',
    'text-end',
    'source-url',
    'finish-step',
    'finish',
  ])
  expect(parts[6]).toEqual({ type: 'text-delta', id: 't', delta: 'Grüße\n\n👋' })
  expect(seqs.at(-1)).toBe(13)
})

it('reads the error and the abort of an ai stream as its end', async () => {
  const response = createUIMessageStreamResponse({
    stream: createUIMessageStream({
      execute: () => {
        throw new Error('boom')
      },
      onError: () => 'It broke.',
    }),
  })
  const parts: StreamPart[] = []
  for await (const { part } of readParts(response.body!)) parts.push(part)
  expect(parts.at(-1)).toEqual({ type: 'error', errorText: 'It broke.' })
})

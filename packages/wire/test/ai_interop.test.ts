import { createUIMessageStream, createUIMessageStreamResponse, readUIMessageStream, type UIMessageChunk } from 'ai'
import { expect, it } from 'vitest'
import { foldPart, NO_PARTS, readParts, STREAM_HEADERS, type StreamPart } from '../src/index.ts'

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
    'tool-input-available',
    'text-start',
    'text-delta',
    'text-end',
    'source-url',
    'finish-step',
    'finish',
  ])
  expect(parts[7]).toEqual({ type: 'text-delta', id: 't', delta: 'Grüße\n\n👋' })
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

const call = (toolCallId: string, toolName: string): StreamPart => ({
  type: 'tool-input-available',
  toolCallId,
  toolName,
  input: { order: 17 },
  dynamic: true,
  title: 'Look up the order',
  toolMetadata: { kind: 'server', host: 'shop.example', argumentsDigest: 'ab' },
})
const asked = (id: string): StreamPart => ({ type: 'tool-approval-request', toolCallId: id, approvalId: id })

/** The parts of the ai package's own message, where the stream is cut after any number of its parts. */
async function foldedByAi(parts: readonly StreamPart[]): Promise<unknown> {
  const stream = new ReadableStream<UIMessageChunk>({
    start(controller) {
      controller.enqueue({ type: 'start', messageId: 'm' })
      for (const part of parts) controller.enqueue(structuredClone(part) as object as UIMessageChunk)
      controller.close()
    },
  })
  let last: readonly object[] = []
  for await (const { parts: folded } of readUIMessageStream({ stream })) last = structuredClone(folded)
  // What it adds, and LOACL doesn't store: undefined members, and the end of a step.
  return JSON.parse(JSON.stringify(last))
}

it('folds calls of tools as the ai package does, however far they have come', async () => {
  const parts: StreamPart[] = [
    call('1', 'find_order'),
    call('2', 'cancel_order'),
    call('3', 'refund'),
    asked('2'),
    asked('3'),
    { type: 'tool-output-available', toolCallId: '1', output: { state: 'sent' }, dynamic: true },
    { type: 'tool-approval-response', approvalId: '2', approved: true },
    { type: 'tool-output-denied', toolCallId: '3' },
    { type: 'tool-output-error', toolCallId: '2', errorText: 'tool_timeout', dynamic: true },
  ]
  for (let end = 1; end <= parts.length; end++) {
    const told = parts.slice(0, end)
    expect(told.reduce(foldPart, NO_PARTS).parts).toEqual(await foldedByAi(told))
  }
})

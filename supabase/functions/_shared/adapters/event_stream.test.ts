import { expect, it } from 'vitest'
import { readEvents } from './event_stream.ts'
import { joinDeltas } from './joined_deltas.ts'

const encoder = new TextEncoder()
const streamOf = (chunks: readonly Uint8Array[]) =>
  new Response(
    new ReadableStream({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(chunk)
        controller.close()
      },
    }),
  )

async function read(chunks: readonly Uint8Array[]): Promise<unknown[]> {
  const events: unknown[] = []
  for await (const together of readEvents(streamOf(chunks))) events.push(...together)
  return events
}

const EVENTS = [{ type: 'a', text: 'Grüße, 世界 👋🏽\r\n\n: data: {"x"}' }, { type: 'b' }]
const WIRE = `: hello\n\nevent: a\ndata: ${JSON.stringify(EVENTS[0])}\n\nid: 7\ndata:{"type":\ndata: "b"}\n\n\ndata: [DONE]\n\ndata: {"type":"c"}\n\n`

it.each([
  ['\\n', WIRE],
  ['\\r\\n', WIRE.replaceAll('\n', '\r\n')],
  ['\\r', WIRE.replaceAll('\n', '\r')],
])('reads the same events wherever the bytes are split, lines ended by %s', async (_, wire) => {
  const whole = encoder.encode(wire)
  for (let at = 0; at <= whole.length; at++)
    expect(await read([whole.subarray(0, at), whole.subarray(at)])).toEqual(EVENTS)
  expect(await read([...whole].map((byte) => Uint8Array.of(byte)))).toEqual(EVENTS)
})

it('gives what has come together, together, and what came before a broken event', async () => {
  const events = readEvents(
    streamOf([encoder.encode('data: 1\n\ndata: 2\n\n'), encoder.encode('data: 3\n\ndata: {\n\n')]),
  )
  expect((await events.next()).value).toEqual([1, 2])
  expect((await events.next()).value).toEqual([3])
  await expect(events.next()).rejects.toBeInstanceOf(SyntaxError)
})

it('fails where an event says that the call has failed', async () => {
  await expect(read([encoder.encode('data: {"error":{"type":"insufficient_quota"}}\n\n')])).rejects.toMatchObject({
    code: 'model_rate_limited',
  })
})

const text = (key: string, delta: string) => ({ type: 'text-delta' as const, key, delta })

it('joins pieces of one text, and of no two', () => {
  const reasoning = { type: 'reasoning-delta' as const, key: '1', delta: 'x' }
  const done = { type: 'text-done' as const, key: '1', text: 'abc' }
  expect(joinDeltas([text('1', 'a'), text('1', 'b'), reasoning, text('1', 'c'), done, text('2', 'd')])).toEqual([
    text('1', 'ab'),
    reasoning,
    text('1', 'c'),
    done,
    text('2', 'd'),
  ])
})

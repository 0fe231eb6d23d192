import { describe, expect, it } from 'vitest'
import { DONE_EVENT, encodePart, HEARTBEAT_EVENT, readParts, type NumberedPart } from '../src/index.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

function streamOf(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk)
      controller.close()
    },
  })
}

async function read(chunks: readonly Uint8Array[]): Promise<NumberedPart[]> {
  const parts: NumberedPart[] = []
  for await (const part of readParts(streamOf(chunks))) parts.push(part)
  return parts
}

const PARTS: readonly NumberedPart[] = [
  { seq: 1, part: { type: 'start', messageId: 'm' } },
  { seq: 2, part: { type: 'text-start', id: 't' } },
  { seq: 3, part: { type: 'text-delta', id: 't', delta: 'Grüße, 世界 👋🏽\r\n\n: data: {"x"}' } },
  { seq: 4, part: { type: 'text-end', id: 't' } },
  { seq: 5, part: { type: 'finish', finishReason: 'stop' } },
]
const WIRE = PARTS.map(encodePart).join(HEARTBEAT_EVENT) + DONE_EVENT

describe('readParts', () => {
  it.each([
    ['\\n', WIRE],
    ['\\r\\n', WIRE.replaceAll('\n', '\r\n')],
    ['\\n after a byte order mark', `\uFEFF${WIRE}`],
  ])('reads the same parts wherever the bytes are split, lines ended by %s', async (_, wire) => {
    const whole = bytes(wire)
    for (let at = 0; at <= whole.length; at++)
      expect(await read([whole.subarray(0, at), whole.subarray(at)])).toEqual(PARTS)
    expect(await read([...whole].map((byte) => Uint8Array.of(byte)))).toEqual(PARTS)
  })

  it('numbers events without an id, or with one that is no number, from the last one on', async () => {
    const parts = await read([
      bytes(
        'data: {"type":"start"}\n\nid: 7\ndata: {"type":"start-step"}\n\nid: x\ndata: {"type":"finish-step"}\n\ndata: {"type":"finish"}\n\n',
      ),
    ])
    expect(parts.map(({ seq }) => seq)).toEqual([1, 7, 8, 9])
  })

  it('counts the parts that it skips', async () => {
    const parts = await read([bytes('data: {"type":"from-the-future"}\n\ndata: {"type":"finish"}\n\n')])
    expect(parts).toEqual([{ seq: 2, part: { type: 'finish' } }])
  })

  it('joins data lines, takes fields without a space, and passes over comments, other fields and empty events', async () => {
    const parts = await read([
      bytes(':hello\nevent: x\nretry: 5\nid: 3\n\n\ndata:{"type":"text-delta",\ndata: "id":"t","delta":"a"}\n\n'),
    ])
    expect(parts).toEqual([{ seq: 1, part: { type: 'text-delta', id: 't', delta: 'a' } }])
  })

  it('drops an event that the end of the bytes cut, and ends without a terminal part', async () => {
    expect(await read([bytes('data: {"type":"start"}\n\ndata: {"type":"finish"}\n')])).toEqual([
      { seq: 1, part: { type: 'start' } },
    ])
    expect(await read([bytes('data: {"type":"start"}\n\ndata: {"type":"fin')])).toEqual([
      { seq: 1, part: { type: 'start' } },
    ])
  })

  it('reads nothing after [DONE] and lets go of the connection', async () => {
    let cancelled = false
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) =>
        controller.enqueue(bytes('data: {"type":"start"}\n\ndata: [DONE]\n\ndata: {"type":"finish"}\n\n')),
      cancel: () => {
        cancelled = true
      },
    })
    const types: string[] = []
    for await (const { part } of readParts(body)) types.push(part.type)
    expect(types).toEqual(['start'])
    expect(cancelled).toBe(true)
  })

  it('lets go of the connection when its reader leaves early, and when a part is malformed', async () => {
    for (const first of ['data: {"type":"start"}\n\n', 'data: {"type":"text-delta"}\n\n']) {
      let cancelled = false
      const body = new ReadableStream<Uint8Array>({
        pull: (controller) => controller.enqueue(bytes(first)),
        cancel: () => {
          cancelled = true
        },
      })
      const parts = readParts(body)
      await Promise.allSettled([parts.next()])
      await parts.return()
      expect(cancelled).toBe(true)
    }
  })

  it('ends though somebody else holds a copy of the stream', async () => {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(bytes('data: {"type":"start"}\n\ndata: [DONE]\n\n')),
    })
    const [mine] = body.tee()
    const parts: NumberedPart[] = []
    for await (const part of readParts(mine)) parts.push(part)
    expect(parts).toHaveLength(1)
  })
})

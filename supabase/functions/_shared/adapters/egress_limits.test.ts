// Over real connections, with the provider's client: what a server managed to send tells what was read.
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createGzip } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createOpenAIProvider } from '../../loacl-admin/adapters/openai_provider.ts'
import type { ModelEvent } from '../domain/model.ts'
import { outputLimits, TooMuchOutput } from '../domain/output_limits.ts'
import { CALL } from '../test/model_call.ts'
import { pour, type Poured } from '../test/pour.ts'
import { created, textDelta } from '../test/responses_script.ts'
import { createEgress } from './egress.ts'
import { createOpenAIModel } from './openai_model.ts'

/** What the buffers of a connection's two ends may hold beyond what was read. */
const BUFFERED = 16_000_000

let respond: (response: ServerResponse) => Promise<Poured>
let poured: Promise<Poured>
const server = createServer((request, response) => {
  request.resume()
  poured = respond(response)
})
let url: string

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
})
afterAll(() => void server.close())

const egress = () => createEgress({ privateHosts: [new URL(url).host], fetch })
const options = () => ({ egress: egress(), defaultBaseUrl: url })

async function expectClosed(bodyBytes: number): Promise<void> {
  const { bytes, wasClosed } = await poured
  expect(wasClosed).toBe(true)
  expect(bytes).toBeLessThan(bodyBytes + BUFFERED)
}

const toLine = (event: object) => `data: ${JSON.stringify(event)}\n\n`

const pouring =
  (text: string, headers: Record<string, string> = {}, status = 200) =>
  (response: ServerResponse) =>
    pour(text, response.writeHead(status, headers))

describe('a response', () => {
  const limits = { eventBytes: 100_000, bodyBytes: 500_000 }

  /** How much of the body came before it failed. */
  async function read(): Promise<{ bytes: number; error: unknown }> {
    const response = await egress().fetchWithin(limits)(url)
    let bytes = 0
    try {
      for await (const chunk of response.body!) bytes += chunk.byteLength
      return { bytes, error: null }
    } catch (error) {
      return { bytes, error }
    }
  }

  it('of a status that HTTP does not have is refused, and its connection closed', async () => {
    for (const status of [600, 999]) {
      respond = pouring('x', {}, status)
      await expect(egress().fetchWithin(limits)(url)).rejects.toMatchObject({ code: 'model_unavailable' })
      await expectClosed(0)
    }
  })

  it.each([
    ['one line without an end', pouring('x'), limits.eventBytes],
    ['lines without an empty one', pouring(`data: ${'x'.repeat(1_000)}\n`), limits.eventBytes],
    ['lines that end with CR and LF', pouring(`data: ${'x'.repeat(1_000)}\r\n`), limits.eventBytes],
    ['events without an end', pouring(`data: ${'x'.repeat(1_000)}\n\n`), limits.bodyBytes],
    ['events that end with CR and LF', pouring(`data: ${'x'.repeat(1_000)}\r\n\r\n`), limits.bodyBytes],
    ['empty lines', pouring('\n'), limits.bodyBytes / 64],
    [
      'more than its length says',
      pouring(`data: ${'x'.repeat(1_000)}\n\n`, { 'content-length': '64000000' }),
      limits.bodyBytes,
    ],
  ])('of %s is read up to its limit, and its connection closed', async (_, answer, limit) => {
    respond = answer
    const { bytes, error } = await read()
    expect(error).toBeInstanceOf(TooMuchOutput)
    expect(bytes).toBeLessThanOrEqual(limit)
    const { wasClosed } = await poured
    expect(wasClosed).toBe(true)
  })

  it('is counted as it unpacks', async () => {
    respond = (response) => pour('x', response.writeHead(200, { 'content-encoding': 'gzip' }), createGzip({ level: 9 }))
    const { bytes, error } = await read()
    expect(error).toBeInstanceOf(TooMuchOutput)
    expect(bytes).toBeLessThanOrEqual(limits.eventBytes)
  })

  it.each([
    ['events', `data: ${'x'.repeat(99_000)}\n\n`.repeat(5)],
    ['events with CR and LF', `data: ${'x'.repeat(99_000)}\r\n\r\n`.repeat(5)],
    ['a document', JSON.stringify({ text: 'x'.repeat(99_000) })],
  ])('of %s just within the limits comes whole, as it was sent', async (_, body) => {
    respond = async (response) => {
      response.writeHead(201, { 'x-request-id': 'r-1' }).end(body)
      return { bytes: 0, wasClosed: false }
    }
    const response = await egress().fetchWithin(limits)(url)
    expect(response).toMatchObject({ status: 201, statusText: 'Created' })
    expect(response.headers.get('x-request-id')).toBe('r-1')
    expect(await response.text()).toBe(body)
  })

  it('without a body stays as it is', async () => {
    respond = async (response) => {
      response.writeHead(204).end()
      return { bytes: 0, wasClosed: false }
    }
    expect(await egress().fetchWithin(limits)(url)).toMatchObject({ status: 204, body: null })
  })
})

describe('the provider’s client', () => {
  const call = { ...CALL, baseUrl: null, maxOutputTokens: 100 }
  const { bodyBytes } = outputLimits(call)
  const signal = new AbortController().signal
  const sse = { 'content-type': 'text/event-stream' }

  it('ends a streamed call, after what had come', async () => {
    respond = (response) => {
      response.writeHead(200, sse).write(toLine(created) + toLine(textDelta('Hello')))
      response.write('data: {"type":"')
      return pour('x', response)
    }
    const events: ModelEvent[] = []
    const reading = (async () => {
      for await (const event of createOpenAIModel(options()).stream(call, signal)) events.push(event)
    })()
    await expect(reading).rejects.toBeInstanceOf(TooMuchOutput)
    expect(events).toMatchObject([{ type: 'response' }, { type: 'text-delta', delta: 'Hello' }])
    await expectClosed(bodyBytes)
  })

  it('ends a structured call', async () => {
    respond = pouring(' ', { 'content-type': 'application/json' })
    const schema = { name: 'n', schema: { type: 'object' } }
    await expect(createOpenAIModel(options()).generate({ ...call, schema }, signal)).rejects.toBeInstanceOf(
      TooMuchOutput,
    )
    await expectClosed(bodyBytes)
  })

  it('knows a refusal by its status, however long its words are', async () => {
    respond = pouring('x', {}, 401)
    await expect(
      createOpenAIModel(options()).stream(call, signal)[Symbol.asyncIterator]().next(),
    ).rejects.toMatchObject({ code: 'provider_key_rejected' })
    await expectClosed(bodyBytes)
  })

  it.each([
    ['tries a key', (provider: ReturnType<typeof createOpenAIProvider>) => provider.ask(call, 'gpt-6-luna')],
    ['deletes a file', (provider: ReturnType<typeof createOpenAIProvider>) => provider.deleteFile(call, 'file-1')],
    ['deletes a store', (provider: ReturnType<typeof createOpenAIProvider>) => provider.deleteVectorStore(call, 'vs')],
  ])('ends a call that %s', async (_, attempt) => {
    respond = pouring(' ', { 'content-type': 'application/json' })
    await expect(attempt(createOpenAIProvider(options()))).rejects.toMatchObject({ code: 'model_stream_broken' })
    await expectClosed(bodyBytes)
  })
})

import { beforeEach, describe, expect, it } from 'vitest'
import { completed, created, textDelta } from '../test/responses_script.ts'
import type { ModelEvent } from '../domain/model.ts'
import { CALL } from '../test/model_call.ts'
import { createEgress } from './egress.ts'
import { createOpenAIModel } from './openai_model.ts'

let requests: Request[]
let respond: () => Response | Promise<Response>
const model = createOpenAIModel({
  egress: createEgress({
    privateHosts: [],
    fetch: async (input, init) => {
      requests.push(new Request(input, init))
      return respond()
    },
  }),
  defaultBaseUrl: 'https://api.openai.com/v1',
})
beforeEach(() => {
  requests = []
  respond = () => stream(created, textDelta('Hi'), completed)
})

const stream = (...events: object[]) =>
  new Response(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''), {
    headers: { 'content-type': 'text/event-stream' },
  })

const failing =
  (status: number, headers: Record<string, string> = {}) =>
  () =>
    Response.json({ error: { message: 'Incorrect API key provided: sk-live-123', code: 'c' } }, { status, headers })

async function read(call = CALL, signal = new AbortController().signal): Promise<ModelEvent[]> {
  const events: ModelEvent[] = []
  for await (const event of model.stream(call, signal)) events.push(event)
  return events
}

describe('a streamed call', () => {
  it('gives the events, and asks for them statelessly', async () => {
    expect((await read()).map(({ type }) => type)).toEqual(['response', 'text-delta', 'item', 'response', 'end'])
    const [request] = requests
    expect(request!.url).toBe('https://models.example/v1/responses')
    expect(request!.redirect).toBe('error')
    expect(request!.headers.get('authorization')).toBe('Bearer sk-live-123')
    expect(await request!.json()).toEqual({
      model: 'gpt-6-luna',
      instructions: 'Be kind.',
      input: [{ role: 'user', content: 'Hello' }],
      store: false,
      stream: true,
      stream_options: { include_obfuscation: false },
      include: ['reasoning.encrypted_content'],
      max_output_tokens: 2_000,
      prompt_cache_key: 'thread',
      safety_identifier: 'hash',
    })
  })

  it.each([
    ['gpt-6.1-sol', true],
    ['openai/gpt-6-luna', true],
    ['o4-mini', true],
    ['gpt-4.1', false],
    ['gpt-5-chat-latest', false],
    ['llama-4', false],
  ])('asks %s for its encrypted reasoning: %s', async (name, asked) => {
    await read({ ...CALL, model: name })
    expect('include' in (await requests[0]!.json())).toBe(asked)
  })

  it.each([
    ['gpt-6-luna', true, { summary: 'auto' }],
    ['gpt-6-luna', false, undefined],
    ['gpt-4.1', true, undefined],
  ])('asks %s for its reasoning in words, where that is shown (%s): %j', async (name, showsReasoning, asked) => {
    await read({ ...CALL, model: name, showsReasoning })
    expect((await requests[0]!.json()).reasoning).toEqual(asked)
  })

  it('sends a temperature where the owner set one', async () => {
    await read({ ...CALL, temperature: 0 })
    expect(await requests[0]!.json()).toHaveProperty('temperature', 0)
  })

  it('goes to OpenAI where the provider has no address of its own', async () => {
    await read({ ...CALL, baseUrl: null })
    expect(requests[0]!.url).toBe('https://api.openai.com/v1/responses')
  })

  it('does not go where nothing may go', async () => {
    await expect(read({ ...CALL, baseUrl: 'http://169.254.169.254/v1' })).rejects.toMatchObject({
      code: 'provider_key_unusable',
    })
    expect(requests).toEqual([])
  })

  it.each([
    [failing(401), 'provider_key_rejected', undefined],
    [failing(403), 'provider_key_rejected', undefined],
    [failing(429), 'model_rate_limited', undefined],
    [failing(429, { 'retry-after': '7' }), 'model_rate_limited', 7_000],
    [failing(429, { 'retry-after-ms': '250', 'retry-after': '1' }), 'model_rate_limited', 250],
    [failing(429, { 'retry-after': 'soon' }), 'model_rate_limited', undefined],
    [failing(400), 'model_request_rejected', undefined],
    [failing(404), 'model_request_rejected', undefined],
    [failing(422), 'model_request_rejected', undefined],
    [failing(500), 'model_unavailable', undefined],
    [failing(503), 'model_unavailable', undefined],
    [() => Promise.reject(new TypeError('fetch failed')), 'model_unavailable', undefined],
    [() => stream(created, { type: 'error', code: 'rate_limit_exceeded', message: 'm' }), undefined, undefined],
    [() => stream({ error: { code: 'server_error', message: 'm' } }), 'model_unavailable', undefined],
    [
      () => new Response('data: {"type":\n\n', { headers: { 'content-type': 'text/event-stream' } }),
      'model_unavailable',
      undefined,
    ],
    [() => new Response(`data: ${JSON.stringify(created)}\n\ndata: {"type":\n\n`), 'model_stream_broken', undefined],
  ])('fails with a code of ours, after one try (%#)', async (answer, code, retryAfterMs) => {
    respond = answer
    const error = await read().then(
      () => undefined,
      (caught: unknown) => caught,
    )
    expect((error as { code?: string } | undefined)?.code).toBe(code)
    expect((error as { retryAfterMs?: number } | undefined)?.retryAfterMs).toBe(retryAfterMs)
    expect(String(error)).not.toContain('sk-live')
    expect(requests).toHaveLength(1)
  })

  it('breaks in the middle as model_stream_broken', async () => {
    let sent = false
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent) return controller.error(new TypeError('terminated'))
        sent = true
        controller.enqueue(new TextEncoder().encode(`data: ${JSON.stringify(created)}\n\n`))
      },
    })
    respond = () => new Response(body, { headers: { 'content-type': 'text/event-stream' } })
    await expect(read()).rejects.toMatchObject({ code: 'model_stream_broken' })
  })

  it('ends its request when it is told to stop', async () => {
    const stop = new AbortController()
    respond = () => new Response(new ReadableStream(), { headers: { 'content-type': 'text/event-stream' } })
    const reading = read(CALL, stop.signal)
    await expect.poll(() => requests.length).toBe(1)
    stop.abort()
    expect(await reading).toEqual([])
    expect(requests[0]!.signal.aborted).toBe(true)
  })
})

describe('a structured call', () => {
  it('asks for one JSON document, and gives its text and usage', async () => {
    respond = () =>
      Response.json({
        object: 'response',
        output: [
          { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: '{"a":1}', annotations: [] }] },
        ],
        usage: { input_tokens: 3, output_tokens: 2 },
      })
    const schema = { name: 'n', schema: { type: 'object' } }
    expect(await model.generate({ ...CALL, schema }, new AbortController().signal)).toEqual({
      text: '{"a":1}',
      usage: { inputTokens: 3, cachedInputTokens: 0, outputTokens: 2, reasoningTokens: 0 },
    })
    expect(await requests[0]!.json()).toMatchObject({
      stream: false,
      store: false,
      text: { format: { type: 'json_schema', name: 'n', schema: { type: 'object' }, strict: true } },
    })
  })
})

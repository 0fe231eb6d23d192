// What every wire format must do alike, from the provider's bytes to the parts of an answer.
import type { WireFormat } from '@loacl/wire'
import { describe, expect, it } from 'vitest'
import { CALL } from '../test/model_call.ts'
import { createProvider, sse } from '../test/provider_at.ts'
import { FORMATS, type Story } from '../test/wire_stories.ts'

const OTHER: Record<WireFormat, WireFormat> = { openai: 'openai-chat', 'openai-chat': 'openai' }

const silent = () => new Response(new ReadableStream(), { headers: { 'content-type': 'text/event-stream' } })

describe.each(Object.keys(FORMATS) as WireFormat[])('the model port in the wire format %s', (wireFormat) => {
  const format = FORMATS[wireFormat]
  const call = { ...CALL, wireFormat, showsReasoning: true }

  const tell = (story: Story) => createProvider(() => sse(...format.stream(story))).ask(call)
  const tellWhole = (story: Story) => createProvider(() => Response.json(format.whole(story))).ask(call)

  it('asks at its own path, with the key, and follows no redirect', async () => {
    const { ask, requests } = createProvider(() => sse(...format.stream({ pieces: ['Hi'] })))
    await ask(call)
    const { request, body } = requests[0]!
    expect(new URL(request.url).pathname).toBe(format.path)
    expect(request.headers.get('authorization')).toBe('Bearer sk-live-123')
    expect(request.redirect).toBe('error')
    expect(body).toMatchObject({
      model: 'gpt-6-luna',
      stream: true,
      safety_identifier: 'hash',
      prompt_cache_key: 'thread',
    })
  })

  it('is never asked without the longest answer', async () => {
    const { ask, requests } = createProvider(() => sse(...format.stream({ pieces: ['Hi'] })))
    await ask(call)
    await ask({ ...call, baseUrl: null })
    for (const { body } of requests)
      expect(body.max_output_tokens ?? body.max_tokens ?? body.max_completion_tokens).toBe(2_000)
  })

  it('asks with the temperature and the effort that the owner has set, and with none otherwise', async () => {
    const { ask, requests } = createProvider(() => sse(...format.stream({ pieces: ['Hi'] })))
    await ask({ ...call, temperature: 0, reasoningEffort: 'low' })
    await ask({ ...call, model: 'llama-4' })
    const efforts = requests.map(({ body }) => body.reasoning_effort ?? (body.reasoning as { effort?: string })?.effort)
    expect(requests.map(({ body }) => body.temperature)).toEqual([0, undefined])
    expect(efforts).toEqual(['low', undefined])
  })

  it.each([
    ['streamed', tell],
    ['whole, as JSON where a stream was asked for', tellWhole],
  ])('gives an answer that comes %s', async (_, answer) => {
    const { text, reasoning, end, details, error } = await answer({
      reasoning: 'A greeting.',
      pieces: ['Hel', 'lo'],
      source: { url: 'https://x.example/', title: 'X' },
    })
    expect({ text, reasoning, end, error }).toEqual({
      text: 'Hello',
      reasoning: 'A greeting.',
      end: { state: 'completed' },
      error: null,
    })
    expect(details).toMatchObject({
      responseId: 'r-1',
      model: 'm-1',
      usage: { inputTokens: 20, cachedInputTokens: 5, outputTokens: 7, reasoningTokens: 2 },
    })
    expect(details.providerItems).not.toEqual([])
  })

  it.each([
    ['streamed', tell],
    ['whole', tellWhole],
  ])('shows a refusal in the model’s words: %s', async (_, answer) => {
    expect(await answer({ refusal: 'I can’t help with that.' })).toMatchObject({
      text: 'I can’t help with that.',
      end: { state: 'completed' },
    })
  })

  it.each([
    ['max_output_tokens', tell],
    ['content_filter', tell],
    ['max_output_tokens', tellWhole],
    ['content_filter', tellWhole],
  ] as const)('says that an answer was cut: %s', async (cut, answer) => {
    expect(await answer({ pieces: ['Half of'], cut })).toMatchObject({
      text: 'Half of',
      end: { state: 'cut', cutReason: cut },
      details: { usage: { outputTokens: 7 } },
    })
  })

  it.each([
    ['streamed', tell],
    ['whole', tellWhole],
  ])('gives calls of tools: %s', async (_, answer) => {
    const tool = { id: 'call_1', name: 'look_up', arguments: '{"a":1}' }
    const { end, details } = await answer({ pieces: ['I look.'], call: tool })
    expect(end).toEqual({ state: 'completed' })
    expect(details.toolCalls).toEqual([{ type: 'tool-call', callId: 'call_1', name: 'look_up', arguments: '{"a":1}' }])
  })

  it('offers functions, and nothing where there are none', async () => {
    const { ask, requests } = createProvider(() => sse(...format.stream({ pieces: ['Hi'] })))
    const parameters = { type: 'object', properties: { id: { type: 'integer' } } }
    await ask({ ...call, tools: [{ type: 'function', name: 'look_up', description: 'Finds.', parameters }] })
    await ask(call)
    const offered = { name: 'look_up', description: 'Finds.', parameters }
    expect(requests[0]!.body.tools).toEqual([
      wireFormat === 'openai'
        ? { type: 'function', ...offered, strict: false }
        : { type: 'function', function: offered },
    ])
    expect(requests[1]!.body).not.toHaveProperty('tools')
    expect(requests[1]!.body).not.toHaveProperty('parallel_tool_calls')
  })

  it('tells what came of calls, beside its own words about them', async () => {
    const { ask, requests } = createProvider(() => sse(...format.stream({ pieces: ['Hi'] })))
    const tool = { type: 'tool-call' as const, callId: 'c1', name: 'look_up', arguments: '{}' }
    await ask({ ...call, input: [...call.input, tool, { type: 'tool-result', callId: 'c1', output: '{"result":1}' }] })
    const { input, messages } = requests[0]!.body as { input?: unknown[]; messages?: unknown[] }
    expect((input ?? messages)!.slice(-1)).toEqual([
      input
        ? { type: 'function_call_output', call_id: 'c1', output: '{"result":1}' }
        : { role: 'tool', tool_call_id: 'c1', content: '{"result":1}' },
    ])
  })

  it.each(['', 'x'.repeat(300)])(
    'gives a call an id that its result can name, where the provider has none',
    async (id) => {
      const { details } = await tell({ call: { id, name: 'look_up', arguments: '{}' } })
      const [made] = details.toolCalls
      expect(made!.callId).toMatch(/^call_[0-9a-f-]{36}$/)
      expect(JSON.stringify(details.providerItems)).toContain(made!.callId)
      expect(JSON.stringify(details.providerItems)).not.toContain(`id":"${id}"`)
    },
  )

  it.each([
    ['a model', 'This model does not support tools'],
    ['Ollama', 'registry.ollama.ai/library/gemma3:4b does not support tools'],
    ['vLLM', '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'],
  ])('answers without tools, and says so in the log, where %s has none', async (_, message) => {
    const refuse = () =>
      Response.json({ error: { message, type: 'invalid_request_error', param: null } }, { status: 400 })
    const { ask, requests, notes } = createProvider(refuse, () => sse(...format.stream({ pieces: ['Hi'] })))
    const tools = [{ type: 'function' as const, name: 'look_up', description: '', parameters: { type: 'object' } }]
    expect(await ask({ ...call, tools })).toMatchObject({ text: 'Hi', error: null })
    expect(requests.map(({ body }) => 'tools' in body)).toEqual([true, false])
    expect(requests[1]!.body).not.toHaveProperty('parallel_tool_calls')
    expect(notes[0]).toMatchObject({ parameter: 'tools', renamedTo: null })
  })

  it('fails where the provider finds a tool wrong, for its owner has to mend it', async () => {
    const error = { message: "Invalid schema for function 'look_up'.", param: 'tools[0].parameters', type: 'x' }
    const { ask } = createProvider(() => Response.json({ error }, { status: 400 }))
    const tools = [{ type: 'function' as const, name: 'look_up', description: '', parameters: { type: 'object' } }]
    expect((await ask({ ...call, tools })).error).toMatchObject({ code: 'model_request_rejected' })
  })

  it.each([
    ['none', null],
    ['of 0', [0, 0, 0, 0]],
    ['of less than it read from its cache', [5, 9, 1, 0]],
    ['that is no number', ['many', 0, 1, 0] as unknown as [number, number, number, number]],
  ] as const)('does without usage: %s', async (_, usage) => {
    expect(await tell({ pieces: ['Hi'], usage })).toMatchObject({
      text: 'Hi',
      end: { state: 'completed' },
      details: { usage: null },
    })
  })

  it('takes usage in which no input is counted, as that of a server with a cache', async () => {
    expect((await tell({ pieces: ['Hi'], usage: [0, 0, 4, 0] })).details.usage).toMatchObject({ outputTokens: 4 })
  })

  it.each([
    ['rate_limit_exceeded', 'model_rate_limited'],
    ['insufficient_quota', 'model_rate_limited'],
    ['invalid_api_key', 'provider_key_rejected'],
    ['context_length_exceeded', 'model_input_too_long'],
    ['server_error', 'model_unavailable'],
    [429, 'model_rate_limited'],
    [401, 'provider_key_rejected'],
    [502, 'model_unavailable'],
  ])('gives an error in the stream a code of ours: %s', async (code, ours) => {
    const beginning = format.stream({ pieces: ['Hel'] }).slice(0, 2)
    const { text, error } = await createProvider(() => sse(...beginning, format.error(code as string))).ask(call)
    expect({ text, code: error?.code }).toEqual({ text: 'Hel', code: ours })
    expect(String(error)).not.toContain('sk-live')
  })

  it.each([
    [401, {}, 'provider_key_rejected', undefined],
    [402, {}, 'model_rate_limited', undefined],
    [403, {}, 'provider_key_rejected', undefined],
    [404, {}, 'model_request_rejected', undefined],
    [429, { 'retry-after': '7' }, 'model_rate_limited', 7_000],
    [429, { 'retry-after-ms': '250' }, 'model_rate_limited', 250],
    [500, {}, 'model_unavailable', undefined],
    [503, {}, 'model_unavailable', undefined],
  ])('gives status %s a code of ours, after one try', async (status, headers, code, retryAfterMs) => {
    const body = { error: { message: 'Incorrect API key: sk-live-123', type: null, param: null, code: null } }
    const { ask, requests } = createProvider(() => Response.json(body, { status, headers }))
    const { error } = await ask(call)
    expect({ code: error?.code, retryAfterMs: error?.retryAfterMs }).toEqual({ code, retryAfterMs })
    expect(String(error)).not.toContain('sk-live')
    expect(requests).toHaveLength(1)
  })

  it.each([
    ['a web page', () => new Response('<html>', { headers: { 'content-type': 'text/html' } }), 'model_unavailable'],
    [
      'an error with status 200',
      () => Response.json({ error: { code: 429, message: 'Not now.' } }),
      'model_rate_limited',
    ],
    ['JSON that is no answer', () => Response.json({ ok: true }), 'model_stream_broken'],
    [
      'JSON of the other format',
      () => Response.json(FORMATS[OTHER[wireFormat]].whole({ pieces: ['Hi'] })),
      'model_stream_broken',
    ],
    [
      'broken JSON',
      () => new Response('{"id":', { headers: { 'content-type': 'application/json' } }),
      'model_unavailable',
    ],
    [
      'a stream of the other format',
      () => sse(...FORMATS[OTHER[wireFormat]].stream({ pieces: ['Hi'] })),
      'model_stream_broken',
    ],
    ['an empty stream', () => sse(), 'model_stream_broken'],
    ['nothing but the end', () => sse('[DONE]'), 'model_stream_broken'],
    ['no connection', () => Promise.reject(new TypeError('fetch failed')), 'model_unavailable'],
    ['a malformed event at once', () => sse('{"type":'), 'model_unavailable'],
  ] as const)('gives %s a code of ours', async (_, respond, code) => {
    const { text, error } = await createProvider(respond).ask(call)
    expect({ text, code: error?.code }).toEqual({ text: '', code })
  })

  it('keeps what came before a malformed event', async () => {
    const beginning = format.stream({ pieces: ['Hel'] }).slice(0, 2)
    const { text, end, error } = await createProvider(() => sse(...beginning, '{"type":')).ask(call)
    expect({ text, end, code: error?.code }).toEqual({ text: 'Hel', end: null, code: 'model_stream_broken' })
  })

  it('knows a stream that ends in the middle from one that is complete', async () => {
    const beginning = format.stream({ pieces: ['Hel'] }).slice(0, 2)
    // Without an end the turn says that the answer broke off.
    expect(await createProvider(() => sse(...beginning)).ask(call)).toMatchObject({
      text: 'Hel',
      end: null,
      error: null,
    })
  })

  it('breaks off with its connection', async () => {
    const frame = new TextEncoder().encode(await sse(...format.stream({ pieces: ['Hel'] }).slice(0, 2)).text())
    let isSent = false
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (isSent) return controller.error(new TypeError('terminated'))
        isSent = true
        controller.enqueue(frame)
      },
    })
    const broken = () => new Response(body, { headers: { 'content-type': 'text/event-stream' } })
    const { text, error } = await createProvider(broken).ask(call)
    expect({ text, code: error?.code }).toEqual({ text: 'Hel', code: 'model_stream_broken' })
  })

  it('leaves a provider that is silent when it is told to stop', async () => {
    const stop = new AbortController()
    const { ask, requests } = createProvider(silent)
    const asking = ask(call, stop.signal)
    await expect.poll(() => requests.length).toBe(1)
    stop.abort()
    expect(await asking).toMatchObject({ text: '', end: null, error: null })
    expect(requests[0]!.request.signal.aborted).toBe(true)
  })

  it('sends nothing where nothing may go', async () => {
    const { ask, requests } = createProvider(() => sse())
    const { error } = await ask({ ...call, baseUrl: 'http://169.254.169.254/v1' })
    expect(error?.code).toBe('provider_key_unusable')
    expect(requests).toEqual([])
  })

  it('answers a structured call with its text and usage', async () => {
    const { model, requests } = createProvider(() => Response.json(format.whole({ pieces: ['{"a":1}'] })))
    const schema = { name: 'n', schema: { type: 'object' } }
    const tools = [{ type: 'function' as const, name: 'look_up', description: '', parameters: { type: 'object' } }]
    expect(await model.generate({ ...call, tools, schema }, new AbortController().signal)).toEqual({
      text: '{"a":1}',
      usage: { inputTokens: 20, cachedInputTokens: 5, outputTokens: 7, reasoningTokens: 2 },
    })
    expect(JSON.stringify(requests[0]!.body)).toContain('"type":"json_schema"')
    expect(requests[0]!.body).not.toHaveProperty('tools')
  })

  it.each([
    [
      'another format',
      () => Response.json(FORMATS[OTHER[wireFormat]].whole({ pieces: ['{}'] })),
      'model_stream_broken',
    ],
    ['an error with status 200', () => Response.json({ error: { code: 'server_error' } }), 'model_unavailable'],
    ['a server’s fault', () => Response.json({}, { status: 500 }), 'model_unavailable'],
  ])('fails a structured call by a code of ours: %s', async (_, respond, code) => {
    const schema = { name: 'n', schema: { type: 'object' } }
    const made = createProvider(respond).model.generate({ ...call, schema }, new AbortController().signal)
    await expect(made).rejects.toMatchObject({ code })
  })
})

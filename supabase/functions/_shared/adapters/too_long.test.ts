import { describe, expect, it } from 'vitest'
import { createEgress } from './egress.ts'
import { createOpenAIModel } from './openai_model.ts'
import type { ModelCall, ModelEvent } from '../domain/model.ts'

const CALL: ModelCall = {
  apiKey: 'sk-live-123',
  baseUrl: 'https://models.example/v1',
  model: 'gpt-6-luna',
  instructions: 'Be kind.',
  input: [{ type: 'text', role: 'user', text: 'Hello' }],
  temperature: null,
  maxOutputTokens: 2_000,
  tools: [],
  maxHostedCalls: 0,
  showsReasoning: false,
  reasoningEffort: null,
  wireFormat: 'openai',
  configId: 'c',
  promptCacheKey: 'thread',
  safetyIdentifier: 'hash',
}

const json = (status: number, body: unknown) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } })
const stream = (event: { type?: string }, name = event.type) =>
  new Response(`${name ? `event: ${name}\n` : ''}data: ${JSON.stringify(event)}\n\n`, {
    headers: { 'content-type': 'text/event-stream' },
  })

/** The code with which a call fails that is answered like this. */
async function codeOf(response: Response): Promise<string | undefined> {
  const egress = createEgress({ privateHosts: [], fetch: async () => response, resolve: async () => ['93.184.216.34'] })
  const events: ModelEvent[] = []
  try {
    const model = createOpenAIModel({ egress, defaultBaseUrl: 'https://api.openai.com/v1' })
    for await (const event of model.stream(CALL, new AbortController().signal)) events.push(event)
  } catch (error) {
    return (error as { code?: string }).code
  }
  const last = events.at(-1)
  return last?.type === 'end' && last.end.state === 'failed' ? last.end.error.code : undefined
}

const OPENAI = {
  message: 'Your input exceeds the context window of this model. Please adjust your input and try again.',
  type: 'invalid_request_error',
  param: 'input',
  code: 'context_length_exceeded',
}
const VLLM =
  "This model's maximum context length is 8192 tokens. However, you requested 8204 tokens (12 in the messages, 8192 in the completion). Please reduce the length of the messages or completion."
const LLAMA = {
  code: 400,
  message: 'request (42947 tokens) exceeds the available context size (8192 tokens), try increasing it',
  type: 'exceed_context_size_error',
  n_prompt_tokens: 42947,
  n_ctx: 8192,
}
const LM_STUDIO =
  'Trying to keep the first 111490 tokens when context the overflows. However, the model is loaded with context length of only 32768 tokens, which is not enough. Try to load the model with a larger context length, or provide a shorter input'

describe('an input that is too long', () => {
  it.each<[string, () => Response]>([
    ['OpenAI', () => json(400, { error: OPENAI })],
    ['OpenAI, in the stream', () => stream({ ...OPENAI, type: 'error' })],
    [
      'OpenAI, in the response',
      () =>
        stream({ type: 'response.failed', response: { error: { code: OPENAI.code, message: OPENAI.message } } } as {
          type: string
        }),
    ],
    [
      'Azure',
      () => json(400, { error: { ...OPENAI, message: "This model's maximum context length is 128000 tokens." } }),
    ],
    [
      'Azure, of its own limit',
      () =>
        json(400, {
          error: {
            message:
              'Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 509178 tokens. Please reduce the length of the messages.',
            type: 'invalid_request_error',
            code: null,
          },
        }),
    ],
    [
      'OpenRouter',
      () =>
        json(400, {
          error: {
            code: 400,
            message:
              'This endpoint\'s maximum context length is 32768 tokens. However, you requested about 42832 tokens (42832 of text input). Please reduce the length of either one, or use the "middle-out" transform to compress your prompt automatically.',
          },
        }),
    ],
    ['vLLM', () => json(400, { error: { message: VLLM, type: 'BadRequestError', param: null, code: 400 } })],
    [
      'vLLM, of old',
      () => json(400, { object: 'error', message: VLLM, type: 'BadRequestError', param: null, code: 400 }),
    ],
    [
      'vLLM, with no room for the answer',
      () =>
        json(400, {
          object: 'error',
          message: 'max_tokens must be at least 1, got -186.',
          type: 'BadRequestError',
          param: null,
          code: 400,
        }),
    ],
    ['llama.cpp', () => json(400, { error: LLAMA })],
    [
      'llama.cpp, of old',
      () =>
        json(500, {
          error: {
            ...LLAMA,
            code: 500,
            message:
              'the request exceeds the available context size. try increasing the context size or enable context shift',
          },
        }),
    ],
    [
      'Ollama',
      () =>
        json(400, {
          error: { message: JSON.stringify({ error: LLAMA }), type: 'invalid_request_error', param: null, code: null },
        }),
    ],
    ['LM Studio', () => json(400, { error: LM_STUDIO })],
    ['LM Studio, in the stream', () => stream({ error: { message: LM_STUDIO } } as { type?: string }, 'error')],
    ['LM Studio with MLX', () => json(400, { error: 'Context size has been exceeded.' })],
    [
      'Anthropic',
      () =>
        json(400, {
          error: { type: 'invalid_request_error', message: 'prompt is too long: 210000 tokens > 200000 maximum' },
        }),
    ],
    [
      'Anthropic, with the answer',
      () =>
        json(400, {
          error: {
            type: 'invalid_request_error',
            message:
              'input length and `max_tokens` exceed context limit: 143653 + 64000 > 200000, decrease input length or `max_tokens` and try again',
          },
        }),
    ],
    [
      'Mistral',
      () =>
        json(400, {
          error: {
            message:
              'Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length',
          },
        }),
    ],
  ])('is known by the words of %s', async (_, respond) => {
    expect(await codeOf(respond())).toBe('model_input_too_long')
  })

  it.each<[string, Response, string]>([
    [
      'another refusal',
      json(400, { error: { message: 'Unsupported parameter: temperature', code: 'unsupported_parameter' } }),
      'model_request_rejected',
    ],
    [
      'an output limit that is refused',
      json(400, { error: { message: 'max_tokens is too large: 200000', code: 'invalid_value' } }),
      'model_request_rejected',
    ],
    [
      'a rate limit',
      json(429, { error: { message: 'Limit 30000 tokens per minute, requested 40000.', code: 'rate_limit_exceeded' } }),
      'model_rate_limited',
    ],
    ['nothing that says why', json(413, 'Payload Too Large'), 'model_request_rejected'],
  ])('is not %s', async (_, response, code) => {
    expect(await codeOf(response)).toBe(code)
  })
})

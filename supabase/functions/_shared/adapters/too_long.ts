/**
 * How providers say that a call has more input than their model reads. Most have no code for it, and some no status.
 *
 * - OpenAI, Azure: 400 or an event of the stream, `code: context_length_exceeded`. Azure's own limit has words alone
 *   ("Input tokens exceed the configured limit of 272000 tokens"): litellm issue 15968.
 * - OpenRouter: 400, `code: 400`, "This endpoint's maximum context length is 32768 tokens": refly issue 1177.
 * - vLLM: 400, `type: BadRequestError`, "This model's maximum context length is 8192 tokens": gpustack issue 929.
 *   "max_tokens must be at least 1, got -186" where nothing is left for the answer: vllm issue 4667.
 * - Ollama and llama.cpp: 400, `type: exceed_context_size_error`, "request (42947 tokens) exceeds the available context
 *   size (8192 tokens)"; as JSON within `error` in places: llama.cpp pull request 15780, continue issue 12735. Where
 *   Ollama shortens the input itself, it says nothing.
 * - LM Studio: 400, or 200 with an event, "Trying to keep the first 111490 tokens when context the overflows. However, the
 *   model is loaded with context length of only 32768 tokens"; with MLX "Context size has been exceeded": its issues 546, 2339.
 * - Behind gateways: "prompt is too long" (Anthropic), "input length and `max_tokens` exceed context limit" (continue
 *   issue 8454), "Input is too long" (Bedrock), "too large for model with 32768 maximum context length" (Mistral):
 *   litellm pull request 21647.
 */
const CODES: ReadonlySet<unknown> = new Set([
  'context_length_exceeded',
  'exceed_context_size_error',
  'context_exceeded',
])

const WORDS = new RegExp(
  [
    'maximum context length',
    'context[ _]length[ _]exceeded',
    'exceeds? (the )?(available )?context',
    'exceed_context_size',
    'context (size|limit) has been exceeded',
    'exceeds? context limit',
    'context length of only',
    'greater than the context length',
    'exceeds the context window',
    'input tokens exceed',
    '(prompt|input|request) is too long',
    'max_tokens must be at least 1, got -',
  ].join('|'),
  'i',
)

/** Of an error as the provider sent it, or as its client makes one of it. */
export function isTooLong(error: { code?: unknown; type?: unknown; message?: unknown }): boolean {
  const { code, type, message } = error
  return CODES.has(code) || CODES.has(type) || (typeof message === 'string' && WORDS.test(message))
}

import OpenAI, { APIError } from 'openai'
import type { Model, ModelCall, StructuredCall } from '../domain/model.ts'
import { CodedError } from '../domain/coded_error.ts'
import { toModelError, toTokenUsage } from '../domain/responses_events.ts'
import { turnError } from '../domain/turn_errors.ts'
import type { Egress } from './egress.ts'

export interface OpenAIModelOptions {
  egress: Egress
  /** Used where a provider has no address of its own. */
  defaultBaseUrl: string
}

/** The Responses API, of OpenAI or of anybody who speaks it, stateless: nothing is kept at the provider's. */
export function createOpenAIModel({ egress, defaultBaseUrl }: OpenAIModelOptions): Model {
  const connect = ({ apiKey, baseUrl }: ModelCall): OpenAI => {
    const baseURL = baseUrl ?? defaultBaseUrl
    egress.check(baseURL)
    return new OpenAI({
      apiKey,
      baseURL,
      fetch: egress.fetch,
      organization: null,
      project: null,
      // A retry would wait out a provider's retry-after, up to a minute, inside the turn's deadline and unseen by the
      // visitor, who can try again with one tap.
      maxRetries: 0,
      logLevel: 'off',
    })
  }

  return {
    async *stream(call, signal) {
      let begun = false
      try {
        const events = await connect(call).responses.create(
          { ...toParams(call), stream: true, stream_options: { include_obfuscation: false } },
          { signal },
        )
        for await (const event of events) {
          begun = true
          yield event
        }
      } catch (error) {
        throw toCoded(error, begun)
      }
    },

    async generate(call, signal) {
      try {
        const { schema, name } = call.schema
        const response = await connect(call).responses.create(
          { ...toParams(call), stream: false, text: { format: { type: 'json_schema', name, schema, strict: true } } },
          { signal },
        )
        return { text: response.output_text, usage: toTokenUsage(response.usage) }
      } catch (error) {
        throw toCoded(error, false)
      }
    },
  }
}

function toParams(call: ModelCall | StructuredCall) {
  return {
    model: call.model,
    instructions: call.instructions,
    input: call.input.map(({ role, content }) => ({ role, content })),
    store: false,
    max_output_tokens: call.maxOutputTokens,
    prompt_cache_key: call.promptCacheKey,
    safety_identifier: call.safetyIdentifier,
    ...(call.temperature === null ? {} : { temperature: call.temperature }),
    ...(reasons(call.model) ? { include: ['reasoning.encrypted_content' as const] } : {}),
  }
}

/** Whether the model reasons, and so may be asked for its encrypted reasoning. Others reject the wish. */
const reasons = (model: string): boolean => /^(openai\/)?(o\d|gpt-([5-9]|\d\d))/.test(model) && !/-chat\b/.test(model)

/** @param begun whether the answer's stream had begun to arrive */
function toCoded(cause: unknown, begun: boolean): CodedError {
  const coded = findCoded(cause)
  if (coded) return coded
  if (!(cause instanceof APIError)) return turnError(begun ? 'model_stream_broken' : 'model_unavailable', { cause })
  const { status, headers, code, type } = cause
  // An error event in the stream has a code and no status; a broken connection has neither.
  if (status === undefined && (code || type)) return toModelError(code || type)
  if (status === undefined) return turnError(begun ? 'model_stream_broken' : 'model_unavailable', { cause })
  if (status === 401 || status === 403) return turnError('provider_key_rejected', { cause })
  if (status === 429) return turnError('model_rate_limited', { retryAfterMs: retryAfterMsOf(headers), cause })
  if (status >= 500 || status === 408 || status === 409) return turnError('model_unavailable', { cause })
  return turnError('model_request_rejected', { cause })
}

/** The egress adapter's own refusal comes wrapped by the client. */
function findCoded(error: unknown): CodedError | null {
  if (error instanceof CodedError) return error
  return error instanceof Error && error.cause !== undefined ? findCoded(error.cause) : null
}

/** `retry-after` is in seconds or a date; `retry-after-ms` is OpenAI's own. */
function retryAfterMsOf(headers: Headers | undefined): number | undefined {
  const ms = Number(headers?.get('retry-after-ms') ?? Number.NaN)
  if (Number.isFinite(ms)) return ms
  const value = headers?.get('retry-after')
  if (!value) return undefined
  const at = /^\d+(\.\d+)?$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now()
  return Number.isFinite(at) ? Math.max(0, at) : undefined
}

import OpenAI, { APIError } from 'openai'
import { CodedError } from '../domain/coded_error.ts'
import type { ResponseLimits } from '../domain/output_limits.ts'
import { turnError } from '../domain/turn_errors.ts'
import type { ModelAccount } from '../domain/model.ts'
import type { Egress } from './egress.ts'
import type { RefusedParameter } from './refused_parameters.ts'
import { toModelError } from './responses_events.ts'
import { isTooLong } from './too_long.ts'

export interface AddressOptions {
  egress: Egress
  /** Used where a provider has no address of its own. */
  defaultBaseUrl: string
}

export interface ProviderOptions extends AddressOptions {
  /** Told, for the owner's log, what a model does without. */
  note?: (refused: RefusedParameter) => void
}

type Address = Pick<ModelAccount, 'apiKey' | 'baseUrl'>

/** Whether a call goes to OpenAI itself, which knows parameters that others don't. */
export const isOpenAI = ({ baseUrl }: Pick<Address, 'baseUrl'>, { defaultBaseUrl }: AddressOptions): boolean =>
  new URL(baseUrl ?? defaultBaseUrl).host === 'api.openai.com'

/**
 * The provider's client for calls to one account, behind the egress adapter.
 * @throws CodedError `provider_key_unusable` where no request may go to its address
 */
export function connectOpenAI(
  { apiKey, baseUrl }: Address,
  limits: ResponseLimits,
  { egress, defaultBaseUrl }: AddressOptions,
): OpenAI {
  const baseURL = baseUrl ?? defaultBaseUrl
  egress.check(baseURL)
  return new OpenAI({
    apiKey,
    baseURL,
    fetch: egress.fetchWithin(limits),
    organization: null,
    project: null,
    // A retry would wait out a provider's retry-after, up to a minute, inside the turn's deadline and unseen by the
    // visitor, who can try again with one tap.
    maxRetries: 0,
    logLevel: 'off',
  })
}

/** @param begun whether the answer's stream had begun to arrive */
export function toCodedOpenAIError(cause: unknown, begun = false): CodedError {
  const coded = findCoded(cause)
  if (coded) return coded
  if (!(cause instanceof APIError)) return turnError(begun ? 'model_stream_broken' : 'model_unavailable', { cause })
  const { status, headers, code, type } = cause
  // Before its status, which is any.
  if (isTooLong(cause)) return turnError('model_input_too_long', { cause })
  // An error event in the stream has a code and no status; a broken connection has neither.
  if (status === undefined && (code || type)) return toModelError(code || type)
  if (status === undefined) return turnError(begun ? 'model_stream_broken' : 'model_unavailable', { cause })
  if (status === 401 || status === 403) return turnError('provider_key_rejected', { cause })
  // 402: OpenRouter's word for a quota that is used up.
  if (status === 402) return turnError('model_rate_limited', { cause })
  if (status === 429) return turnError('model_rate_limited', { retryAfterMs: retryAfterMsOf(headers), cause })
  if (status >= 500 || status === 408 || status === 409) return turnError('model_unavailable', { cause })
  return turnError('model_request_rejected', { cause })
}

/** The egress adapter's own refusal may come wrapped by the client. */
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

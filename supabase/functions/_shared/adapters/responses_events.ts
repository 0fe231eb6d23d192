import type { CutReason } from '@loacl/wire'
import type { CodedError } from '../domain/coded_error.ts'
import type { HostedCallEvent, ModelEnd, ModelEvent } from '../domain/model.ts'
import type { TokenUsage } from '../domain/store.ts'
import { turnError } from '../domain/turn_errors.ts'
import type { HostedType } from '../domain/tools/tool.ts'
import { toCitations } from './annotations.ts'
import { createCallIds } from './call_ids.ts'
import { listOf, objectOf, stringOf, type Json } from './json_values.ts'
import { isTooLong } from './too_long.ts'

/** An event of the Responses API's stream. What is in it is read where it is used: providers differ. */
export interface ResponsesEvent {
  readonly type: string
}

/**
 * What the events of one stream of the Responses API say, one after the other. Unknown events are passed over.
 *
 * @param showsReasoning otherwise its items are kept without what a person could read of the reasoning
 */
export function createResponsesReader(showsReasoning: boolean): (event: ResponsesEvent) => ModelEvent[] {
  let items = 0
  const toCallId = createCallIds()

  const item = (value: unknown): ModelEvent[] => {
    items++
    const { type, call_id, name, arguments: args, status } = objectOf(value)
    if (type === 'function_call') {
      const callId = toCallId(stringOf(call_id))
      return [
        { type: 'item', item: { ...objectOf(value), call_id: callId } },
        { type: 'tool-call', callId, name: stringOf(name), arguments: stringOf(args) },
      ]
    }
    return [
      { type: 'item', item: (showsReasoning ? value : withoutReadableReasoning(value)) ?? null },
      ...hostedCall(value, status === 'failed' || status === 'incomplete' ? 'failed' : 'completed'),
    ]
  }

  const finish = (response: Json, end: ModelEnd): ModelEvent[] => {
    // Some providers send the items only here.
    return [...listOf(response.output).slice(items).flatMap(item), toResponse(response), { type: 'end', end }]
  }

  return (event) => {
    const data = event as unknown as Json
    const response = objectOf(data.response)
    const key = `${stringOf(data.item_id)}:${data.content_index ?? data.summary_index ?? 0}`
    switch (event.type) {
      case 'response.output_text.delta':
      case 'response.refusal.delta':
        return [{ type: 'text-delta', key, delta: stringOf(data.delta) }]
      case 'response.output_text.done':
        return [{ type: 'text-done', key, text: stringOf(data.text) }]
      case 'response.refusal.done':
        return [{ type: 'text-done', key, text: stringOf(data.refusal) }]
      case 'response.reasoning_summary_text.delta':
      case 'response.reasoning_text.delta':
        return [{ type: 'reasoning-delta', key, delta: stringOf(data.delta) }]
      case 'response.reasoning_summary_text.done':
      case 'response.reasoning_text.done':
        return [{ type: 'reasoning-done', key, text: stringOf(data.text) }]
      case 'response.output_text.annotation.added':
        return toCitations(data.annotation, key)
      case 'response.output_item.added':
        return hostedCall(data.item, 'begun')
      case 'response.output_item.done':
        return item(data.item)
      case 'response.created':
        return [toResponse(response)]
      case 'response.completed':
        return finish(response, { state: 'completed' })
      case 'response.incomplete':
        return finish(response, { state: 'cut', cutReason: cutReasonOf(response) })
      case 'response.failed':
        return finish(response, { state: 'failed', error: toModelError(objectOf(response.error)) })
      case 'error':
        return [{ type: 'end', end: { state: 'failed', error: toModelError({ ...data, ...objectOf(data.error) }) } }]
      default:
        return []
    }
  }
}

const HOSTED: Readonly<Record<string, HostedType>> = {
  web_search_call: 'web_search',
  file_search_call: 'file_search',
  code_interpreter_call: 'code_interpreter',
}

/** Nothing where the item is no call of a tool that the provider runs. */
function hostedCall(item: unknown, state: HostedCallEvent['state']): HostedCallEvent[] {
  const { type, id } = objectOf(item)
  const hostedType = HOSTED[stringOf(type)]
  return hostedType ? [{ type: 'hosted-call', key: stringOf(id), hostedType, state }] : []
}

/** What is encrypted for the provider stays: it is handed back in the next step. */
function withoutReadableReasoning(item: unknown): unknown {
  const { content: _, ...rest } = objectOf(item)
  return rest.type === 'reasoning' ? { ...rest, summary: [] } : item
}

const toResponse = ({ id, model, usage }: Json): ModelEvent => ({
  type: 'response',
  responseId: stringOf(id) || null,
  model: stringOf(model) || null,
  usage: toTokenUsage(usage),
})

/** No model counts that far in one call, and the database's integers hold it. */
const MAX_TOKENS = 1_000_000_000

const isCount = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_TOKENS

/** The Responses API's usage; `null` where a provider sends none, or numbers that nothing can have cost. */
export function toTokenUsage(usage: unknown): TokenUsage | null {
  const counted = objectOf(usage)
  const inputTokens = counted.input_tokens
  const outputTokens = counted.output_tokens
  const cachedInputTokens = objectOf(counted.input_tokens_details).cached_tokens ?? 0
  const reasoningTokens = objectOf(counted.output_tokens_details).reasoning_tokens ?? 0
  if (!isCount(inputTokens) || !isCount(outputTokens) || !isCount(cachedInputTokens) || !isCount(reasoningTokens))
    return null
  // No call is made of nothing: some servers count only when they are asked in a way of their own.
  if (cachedInputTokens > inputTokens || inputTokens + outputTokens === 0) return null
  return { inputTokens, cachedInputTokens, outputTokens, reasoningTokens }
}

/**
 * An error of the provider's stream, whose code is a status for some → ours. Its message may quote the prompt or the key, so it
 * goes no further.
 */
export function toModelError(error: Json): CodedError {
  if (isTooLong(error)) return turnError('model_input_too_long')
  switch (error.code || error.type) {
    case 'rate_limit_exceeded':
    case 'insufficient_quota':
    case 'too_many_requests':
    case 402:
    case 429:
      return turnError('model_rate_limited')
    case 'invalid_api_key':
    case 401:
    case 403:
      return turnError('provider_key_rejected')
    case 'invalid_prompt':
    case 'invalid_request_error':
    case 'model_not_found':
    case 'unsupported_value':
    case 'unsupported_parameter':
    case 400:
    case 404:
    case 422:
      return turnError('model_request_rejected')
    default:
      return turnError('model_unavailable')
  }
}

function cutReasonOf(response: Json): CutReason {
  const { reason } = objectOf(response.incomplete_details)
  return reason === 'content_filter' ? 'content_filter' : 'max_output_tokens'
}

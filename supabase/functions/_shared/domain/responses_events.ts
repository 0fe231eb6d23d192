import type { CutReason, StreamPart } from '@loacl/wire'
import type { CodedError } from './coded_error.ts'
import type { TurnEnd } from './ending.ts'
import type { ModelEvent } from './model.ts'
import { type ResponseLimits, TooMuchOutput } from './output_limits.ts'
import type { TokenUsage } from './store.ts'
import { turnError } from './turn_errors.ts'

/** What the model said beside the parts. */
interface AnswerDetails {
  responseId: string | null
  model: string | null
  usage: TokenUsage | null
  items: readonly unknown[]
}

/** Turns the events of a Responses API stream into parts. Unknown events are passed over. */
export interface ResponsesReader {
  /** The parts that one event brings, in order. */
  read(event: ModelEvent): StreamPart[]
  /** Ends what is still open: call it once, whatever ended the stream. */
  close(): StreamPart[]
  /** `null` until the provider's own last event. */
  readonly end: TurnEnd | null
  readonly details: AnswerDetails
}

type Json = Readonly<Record<string, unknown>>

/** What an object takes beside its JSON. */
const OBJECT_BYTES = 64

/** Keeps no more beside the parts than one event may have. Throws `TooMuchOutput` where there is more to keep. */
export function createResponsesReader({ eventBytes }: Pick<ResponseLimits, 'eventBytes'>): ResponsesReader {
  let open: { kind: 'text' | 'reasoning'; key: string; id: string } | null = null
  let end: TurnEnd | null = null
  let response: Json = {}
  let count = 0
  let half = { key: '', text: '' }
  const begun = new Set<string>()
  const sources = new Set<string>()
  let items: unknown[] = []
  let keptBytes = 0

  const keep = (bytes: number): void => {
    keptBytes += bytes
    if (keptBytes > eventBytes) throw new TooMuchOutput()
  }

  const close = (): StreamPart[] => {
    if (!open) return []
    const part: StreamPart = { type: `${open.kind}-end`, id: open.id }
    open = null
    return [part]
  }

  const delta = (kind: 'text' | 'reasoning', key: string, piece: string): StreamPart[] => {
    // A provider may cut a character in two: its first half waits for the second.
    const whole = (half.key === key ? half.text : '') + piece
    half = { key, text: /[\uD800-\uDBFF]$/.exec(whole)?.[0] ?? '' }
    const text = toStorable(half.text ? whole.slice(0, -1) : whole)
    if (text === '') return []
    const parts: StreamPart[] = []
    if (open?.key !== key) {
      parts.push(...close())
      open = { kind, key, id: `${kind}-${++count}` }
      keep(key.length + OBJECT_BYTES)
      begun.add(key)
      parts.push({ type: `${kind}-start`, id: open.id })
    }
    parts.push({ type: `${kind}-delta`, id: open.id, delta: text })
    return parts
  }

  /** Some providers send a text once, whole, without deltas. */
  const done = (kind: 'text' | 'reasoning', key: string, text: string): StreamPart[] => {
    const parts = begun.has(key) ? [] : delta(kind, key, text)
    return open?.key === key ? [...parts, ...close()] : parts
  }

  const source = (annotation: Json): StreamPart[] => {
    const { type, url, title, filename } = annotation
    const key = toStorable(type === 'url_citation' ? stringOf(url) : stringOf(filename))
    if (key === '' || sources.has(key)) return []
    const sourceId = `source-${sources.size + 1}`
    if (type === 'url_citation') {
      if (!/^https?:\/\//i.test(key)) return []
      sources.add(key)
      return [
        { type: 'source-url', sourceId, url: key, ...(typeof title === 'string' ? { title: toStorable(title) } : {}) },
      ]
    }
    sources.add(key)
    return [{ type: 'source-document', sourceId, mediaType: 'text/plain', title: key, filename: key }]
  }

  const addItem = (item: unknown): void => {
    const text = JSON.stringify(item ?? null)
    keep(text.length + OBJECT_BYTES)
    items.push(toStorableItem(text))
  }

  const finish = (last: Json, how: TurnEnd): StreamPart[] => {
    const { output } = last
    if (Array.isArray(output) && output.length > 0) items = output.map((item) => toStorableItem(JSON.stringify(item)))
    response = last
    end = how
    return close()
  }

  return {
    read(event) {
      const data = event as unknown as Json
      const last = objectOf(data.response)
      const key = `${stringOf(data.item_id)}:${event.type.includes('reasoning') ? 'r' : 't'}:${data.content_index ?? data.summary_index ?? 0}`
      switch (event.type) {
        case 'response.output_text.delta':
        case 'response.refusal.delta':
          return delta('text', key, stringOf(data.delta))
        case 'response.output_text.done':
          return done('text', key, stringOf(data.text))
        case 'response.refusal.done':
          return done('text', key, stringOf(data.refusal))
        case 'response.reasoning_summary_text.delta':
        case 'response.reasoning_text.delta':
          return delta('reasoning', key, stringOf(data.delta))
        case 'response.reasoning_summary_text.done':
        case 'response.reasoning_text.done':
          return done('reasoning', key, stringOf(data.text))
        case 'response.output_text.annotation.added':
          return source(objectOf(data.annotation))
        case 'response.output_item.done':
          addItem(data.item)
          return []
        case 'response.created':
          response = last
          return []
        case 'response.completed':
          return finish(last, { state: 'completed' })
        case 'response.incomplete':
          return finish(last, { state: 'cut', cutReason: cutReasonOf(last) })
        case 'response.failed':
          return finish(last, { state: 'failed', error: toModelError(objectOf(last.error).code) })
        case 'error':
          end = { state: 'failed', error: toModelError(objectOf(data.error).code ?? data.code) }
          return close()
        default:
          return []
      }
    },
    close,
    get end() {
      return end
    },
    get details() {
      return {
        responseId: stringOf(response.id) || null,
        model: stringOf(response.model) || null,
        usage: toTokenUsage(response.usage),
        items,
      }
    },
  }
}

/** The Responses API's usage; `null` where a provider sends none. */
export function toTokenUsage(usage: unknown): TokenUsage | null {
  const counted = objectOf(usage)
  if (typeof counted.input_tokens !== 'number' || typeof counted.output_tokens !== 'number') return null
  return {
    inputTokens: counted.input_tokens,
    cachedInputTokens: numberOf(objectOf(counted.input_tokens_details).cached_tokens),
    outputTokens: counted.output_tokens,
    reasoningTokens: numberOf(objectOf(counted.output_tokens_details).reasoning_tokens),
  }
}

/** An error code of the provider's stream → ours. Its message may quote the prompt or the key, so it goes no further. */
export function toModelError(code: unknown): CodedError {
  switch (code) {
    case 'rate_limit_exceeded':
    case 'insufficient_quota':
    case 'too_many_requests':
      return turnError('model_rate_limited')
    case 'invalid_api_key':
      return turnError('provider_key_rejected')
    case 'invalid_prompt':
    case 'invalid_request_error':
    case 'context_length_exceeded':
    case 'model_not_found':
    case 'unsupported_value':
    case 'unsupported_parameter':
      return turnError('model_request_rejected')
    default:
      return turnError('model_unavailable')
  }
}

function cutReasonOf(response: Json): CutReason {
  const { reason } = objectOf(response.incomplete_details)
  return reason === 'content_filter' ? 'content_filter' : 'max_output_tokens'
}

/** PostgreSQL's text and JSON hold neither U+0000 nor half a character. */
const toStorable = (text: string): string => text.replaceAll('\0', '').toWellFormed()

const toStorableItem = (text: string): unknown =>
  JSON.parse(text, (_, value: unknown) => (typeof value === 'string' ? toStorable(value) : value))

const objectOf = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {})
const stringOf = (value: unknown): string => (typeof value === 'string' ? value : '')
const numberOf = (value: unknown): number => (typeof value === 'number' ? value : 0)

import type { CutReason, MessageStatus, Suggestion, Timestamp, Usage } from './dto.ts'
import type { WireError } from './errors.ts'

/** LOACL's own parts, by name. On the wire: `{"type": "data-<name>", "data": …}`. */
export interface DataParts {
  /** First part after `start`: the ids of what the database now holds. */
  turn: { turnId: string; threadId: string; userMessageId: string; messageId: string }
  /** The answer is stored. What follows (follow-ups, title) may still come. */
  'answer-complete': {
    messageId: string
    status: Exclude<MessageStatus, 'streaming' | 'waiting'>
    cutReason: CutReason | null
    usage: Usage | null
  }
  /**
   * The turn waits after step `step`, until `expiresAt`, for something that comes from outside. A `finish` follows and ends
   * the stream; once the turn goes on, it can be followed again.
   */
  waiting: { messageId: string; step: number; expiresAt: Timestamp }
  'follow-ups': { messageId: string; suggestions: readonly Suggestion[] }
  title: { threadId: string; title: string }
  /** Stands right before an `error` part and says what it can't: the code. */
  error: WireError
}

/** `length` and `content-filter` cut the answer short. `other`: so did the turn's time or the budget, or the turn waits. */
export type FinishReason = 'stop' | 'length' | 'content-filter' | 'tool-calls' | 'error' | 'interrupted' | 'other'

type DataPart = {
  [Name in keyof DataParts]: { type: `data-${Name}`; data: DataParts[Name]; transient?: boolean }
}[keyof DataParts]

/**
 * The subset of the AI SDK's UI message stream, version 1, that LOACL writes and reads.
 * Source: https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol and `uiMessageChunkSchema` in the `ai` package.
 */
export type StreamPart =
  /** The answer from its beginning: a reader that already holds some of this message drops it. */
  | { type: 'start'; messageId?: string }
  | { type: 'start-step' }
  | { type: 'finish-step' }
  | { type: 'text-start'; id: string }
  | { type: 'text-delta'; id: string; delta: string }
  | { type: 'text-end'; id: string }
  | { type: 'reasoning-start'; id: string }
  | { type: 'reasoning-delta'; id: string; delta: string }
  | { type: 'reasoning-end'; id: string }
  | { type: 'source-url'; sourceId: string; url: string; title?: string }
  | { type: 'source-document'; sourceId: string; mediaType: string; title: string; filename?: string }
  | DataPart
  /** The three that end a stream: exactly one comes, and it is the last part. */
  | { type: 'finish'; finishReason?: FinishReason }
  | { type: 'abort'; reason?: string }
  | { type: 'error'; errorText: string }

export const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  'x-vercel-ai-ui-message-stream': 'v1',
  'x-accel-buffering': 'no',
} as const

/** A part that claims a known type and breaks its shape. `code` is `stream_malformed`. */
export class MalformedPartError extends Error {
  override name = 'MalformedPartError' as const
  readonly code = 'stream_malformed' as const
}

type Kind = 'string' | 'string?' | 'number?' | readonly [Shape] | Shape
interface Shape {
  readonly [member: string]: Kind
}

/** What a reader relies on, by part type. Other members may come and go. */
const SHAPES: { readonly [Type in StreamPart['type']]: Shape } = {
  start: { messageId: 'string?' },
  'start-step': {},
  'finish-step': {},
  'text-start': { id: 'string' },
  'text-delta': { id: 'string', delta: 'string' },
  'text-end': { id: 'string' },
  'reasoning-start': { id: 'string' },
  'reasoning-delta': { id: 'string', delta: 'string' },
  'reasoning-end': { id: 'string' },
  'source-url': { sourceId: 'string', url: 'string', title: 'string?' },
  'source-document': { sourceId: 'string', mediaType: 'string', title: 'string', filename: 'string?' },
  'data-turn': { data: { turnId: 'string', threadId: 'string', userMessageId: 'string', messageId: 'string' } },
  'data-answer-complete': { data: { messageId: 'string', status: 'string' } },
  'data-waiting': { data: { messageId: 'string' } },
  'data-follow-ups': { data: { messageId: 'string', suggestions: [{ id: 'string', suggestion: 'string' }] } },
  'data-title': { data: { threadId: 'string', title: 'string' } },
  'data-error': { data: { code: 'string', message: 'string', requestId: 'string?', retryAfterMs: 'number?' } },
  finish: { finishReason: 'string?' },
  abort: { reason: 'string?' },
  error: { errorText: 'string' },
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isList = (kind: Kind): kind is readonly [Shape] => Array.isArray(kind)

function fits(value: unknown, kind: Kind): boolean {
  if (typeof kind === 'string') return kind.startsWith(typeof value) || (value === undefined && kind.endsWith('?'))
  if (isList(kind)) return Array.isArray(value) && value.every((item) => fits(item, kind[0]))
  return isObject(value) && Object.entries(kind).every(([member, inner]) => fits(value[member], inner))
}

/**
 * One event's data → a part; `null` for a type this version does not know, which a reader skips.
 * @throws MalformedPartError where it is no JSON object with a `type`, or a known type lacks what it needs.
 */
export function parsePart(data: string): StreamPart | null {
  let value: unknown
  let cause: unknown
  try {
    value = JSON.parse(data)
  } catch (error) {
    cause = error
  }
  if (!isObject(value) || typeof value.type !== 'string') throw new MalformedPartError('A part has no type.', { cause })
  if (!Object.hasOwn(SHAPES, value.type)) return null
  const type = value.type as StreamPart['type']
  if (!fits(value, SHAPES[type])) throw new MalformedPartError(`A "${type}" part lacks what it needs.`)
  return value as StreamPart
}

/** Whether this part ends its stream. */
export const isTerminal = (part: StreamPart): boolean => /^(finish|abort|error)$/.test(part.type)

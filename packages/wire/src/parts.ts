import type { CutReason, MessageStatus, Suggestion, Usage } from './dto.ts'
import type { WireError } from './errors.ts'

/** LOACL's own parts, by name. On the wire: `{"type": "data-<name>", "data": …}`. */
export interface DataParts {
  /** First part after `start`: the ids of what the database now holds. */
  turn: { turnId: string; threadId: string; userMessageId: string; messageId: string }
  /** The answer is stored. What follows (follow-ups, title) may still come. */
  'answer-complete': {
    messageId: string
    status: Exclude<MessageStatus, 'streaming'>
    cutReason: CutReason | null
    usage: Usage | null
  }
  'follow-ups': { messageId: string; suggestions: readonly Suggestion[] }
  title: { threadId: string; title: string }
  /** Stands right before an `error` part and says what it can't: the code. */
  error: WireError
}

type DataPart = {
  [Name in keyof DataParts]: { type: `data-${Name}`; data: DataParts[Name]; transient?: boolean }
}[keyof DataParts]

/**
 * The subset of the AI SDK's UI message stream, version 1, that LOACL writes and reads.
 * Source: https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol and `uiMessageChunkSchema` in the `ai` package.
 */
export type StreamPart =
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
  | { type: 'finish'; finishReason?: 'stop' | 'length' | 'content-filter' | 'error' | 'other' }
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

/** Required members by part type: `s` a string, `o` an object. What is optional is checked where present. */
const REQUIRED: { readonly [Type in StreamPart['type']]: Readonly<Record<string, 's' | 'o'>> } = {
  start: {},
  'start-step': {},
  'finish-step': {},
  'text-start': { id: 's' },
  'text-delta': { id: 's', delta: 's' },
  'text-end': { id: 's' },
  'reasoning-start': { id: 's' },
  'reasoning-delta': { id: 's', delta: 's' },
  'reasoning-end': { id: 's' },
  'source-url': { sourceId: 's', url: 's' },
  'source-document': { sourceId: 's', mediaType: 's', title: 's' },
  'data-turn': { data: 'o' },
  'data-answer-complete': { data: 'o' },
  'data-follow-ups': { data: 'o' },
  'data-title': { data: 'o' },
  'data-error': { data: 'o' },
  finish: {},
  abort: {},
  error: { errorText: 's' },
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * One event's data → a part; `null` for a type this version does not know, which a reader skips.
 * @throws MalformedPartError where it is no JSON object with a `type`, or a known type lacks what it needs.
 */
export function parsePart(data: string): StreamPart | null {
  let value: unknown
  try {
    value = JSON.parse(data)
  } catch (cause) {
    throw new MalformedPartError('A part of the stream is not JSON.', { cause })
  }
  if (!isObject(value) || typeof value.type !== 'string')
    throw new MalformedPartError('A part of the stream has no type.')
  if (!Object.hasOwn(REQUIRED, value.type)) return null
  const type = value.type as StreamPart['type']
  for (const [member, kind] of Object.entries(REQUIRED[type])) {
    const ok = kind === 's' ? typeof value[member] === 'string' : isObject(value[member])
    if (!ok) throw new MalformedPartError(`A "${type}" part lacks a good "${member}".`)
  }
  return value as StreamPart
}

/** Whether this part ends its stream. */
export const isTerminal = (part: StreamPart): boolean =>
  part.type === 'finish' || part.type === 'abort' || part.type === 'error'

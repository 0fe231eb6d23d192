import type { ToolStreamPart } from '@loacl/wire'
import type { InferUIMessageChunk } from 'ai'
import type { TurnEvent, TurnResult } from '../types.ts'
import type { Run } from './answer_runs.ts'
import { endsWithCall } from './steps.ts'
import { toSourceParts, type ChatMessage } from './ui_message.ts'

export type Chunk = InferUIMessageChunk<ChatMessage>

/**
 * Writes runs of one answer, each of which tells it from its start: what the page has of it is left out.
 *
 * @param told the answer as the page has it
 */
export function createWriter(told?: ChatMessage) {
  /** Characters of each kind that the page has, and which sources and calls. */
  const has = { text: 0, reasoning: 0 }
  const ids = new Set<string>()
  for (const part of told?.parts ?? []) {
    if (part.type === 'text' || part.type === 'reasoning') has[part.type] += part.text.length
    if ('sourceId' in part) ids.add(part.sourceId)
    if ('toolCallId' in part) ids.add(part.toolCallId)
  }
  let hasStarted = false
  let isAfterCall = endsWithCall(told?.parts ?? [])
  /** The part that deltas go to, until those of another kind come. */
  let open: { type: 'text' | 'reasoning'; id: string } | null = null
  let parts = 0

  function* start(messageId: string): Generator<Chunk> {
    if (!hasStarted) yield { type: 'start', messageId }
    hasStarted = true
  }

  function* close(): Generator<Chunk> {
    if (open) yield { type: `${open.type}-end`, id: open.id }
    open = null
  }

  function* mark(): Generator<Chunk> {
    if (isAfterCall) yield { type: 'start-step' }
    isAfterCall = false
  }

  function* toDelta(type: 'text' | 'reasoning', delta: string): Generator<Chunk> {
    has[type] += delta.length
    if (open?.type !== type) {
      yield* close()
      yield* mark()
      open = { type, id: String(++parts) }
      yield { type: `${type}-start`, id: open.id }
    }
    yield { type: `${type}-delta`, id: open.id, delta }
  }

  return {
    /** Gives the run's end. */
    async *write(run: Run): AsyncGenerator<Chunk, TurnResult | undefined> {
      const repeated = { ...has }
      const known = new Set(ids)
      for await (const event of run) {
        if ('messageId' in event) yield* start(event.messageId)
        if ('delta' in event) {
          const delta = event.delta.slice(repeated[event.type])
          repeated[event.type] -= event.delta.length - delta.length
          if (delta) yield* toDelta(event.type, delta)
        } else if (event.type === 'source') {
          const [source, citations] = toSourceParts(event.source)
          // One that is cited again is there already.
          if (source && !ids.has(event.source.sourceId)) yield source
          ids.add(event.source.sourceId)
          if (citations) yield citations
        } else if (event.type === 'tool') {
          const { tool } = event
          yield* close()
          if (isAsking(tool)) {
            if (known.has(tool.toolCallId)) continue
            ids.add(tool.toolCallId)
            isAfterCall = true
          }
          yield* toToolChunks(tool)
        } else if (event.type === 'end') return event.result
        else yield toChunk(event)
      }
      return undefined
    },

    /** What stands around the end. @param messageId of the answer, if there is one */
    *end(messageId: string | undefined, hasEnded: boolean): Generator<Chunk> {
      if (messageId !== undefined) yield* start(messageId)
      yield* close()
      if (hasEnded) yield* mark()
    },
  }
}

type AskingPart = Extract<ToolStreamPart, { type: `tool-${'input' | 'approval-req'}${string}` }>

const isAsking = (part: ToolStreamPart): part is AskingPart => /^tool-(input|approval-req)/.test(part.type)

/** The arguments of a call that waits for approval come as a streamed input: of a whole one the page's `onToolCall` is told. */
function* toToolChunks(part: ToolStreamPart): Generator<Chunk> {
  if (part.type === 'tool-input-available' && part.toolMetadata?.argumentsDigest !== undefined) {
    const { type: _, input, ...call } = part
    yield { type: 'tool-input-start', ...call } as object as Chunk
    yield { type: 'tool-input-delta', toolCallId: part.toolCallId, inputTextDelta: JSON.stringify(input) }
  } else yield part as Chunk
}

function toChunk(event: Exclude<TurnEvent, { delta: string } | { type: 'end' | 'source' | 'tool' }>): Chunk {
  switch (event.type) {
    case 'follow-ups':
      return { type: 'data-follow-ups', data: { messageId: event.messageId, suggestions: event.suggestions } }
    case 'title':
      return { type: 'data-title', data: { title: event.title }, transient: true }
    case 'reconnecting':
      return { type: 'data-reconnecting', data: { attempt: event.attempt }, transient: true }
  }
}

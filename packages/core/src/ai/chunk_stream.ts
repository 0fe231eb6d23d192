import { isWithdrawal, streamOfMessage, type ToolPart } from '@loacl/wire'
import type { InferUIMessageChunk } from 'ai'
import type { Turn, TurnEvent, TurnResult } from '../types.ts'
import { inWords } from './error_words.ts'
import { metadataOf, toSourceParts, type ChatMessage } from './ui_message.ts'

export type Chunk = InferUIMessageChunk<ChatMessage>

/**
 * A turn as the chunks of the ai package, from its start. A turn that fails errors the stream with its LoaclError. Whoever
 * cancels the stream leaves the turn, which goes on.
 *
 * @param before a message that the page is to show again first
 */
export function chunkStreamOf(turn: Turn, before?: ChatMessage): ReadableStream<Chunk> {
  const chunks = toChunks(turn, before)
  return new ReadableStream<Chunk>({
    async pull(controller) {
      try {
        const { done, value } = await chunks.next()
        if (done) controller.close()
        else controller.enqueue(value)
      } catch (error) {
        controller.error(inWords(error))
      }
    },
    cancel: () => void chunks.return(undefined),
  })
}

async function* toChunks(turn: Turn, before: ChatMessage | undefined): AsyncGenerator<Chunk, void, undefined> {
  if (before) yield* chunksOf(before)
  let hasStarted = false
  /** The part that deltas go to, until those of another kind come. */
  let open: { type: 'text' | 'reasoning'; id: string } | null = null
  let parts = 0
  const sources = new Set<string>()

  function* start(messageId: string): Generator<Chunk> {
    if (!hasStarted) yield { type: 'start', messageId }
    hasStarted = true
  }
  function* close(): Generator<Chunk> {
    if (open) yield { type: `${open.type}-end`, id: open.id }
    open = null
  }
  function* toDelta(type: 'text' | 'reasoning', delta: string): Generator<Chunk> {
    if (open?.type !== type) {
      yield* close()
      open = { type, id: String(++parts) }
      yield { type: `${type}-start`, id: open.id }
    }
    yield { type: `${type}-delta`, id: open.id, delta }
  }

  for await (const event of turn) {
    if ('messageId' in event) yield* start(event.messageId)
    if ('delta' in event) yield* toDelta(event.type, event.delta)
    else if (event.type === 'end') {
      const { result } = event
      if (result.message) yield* start(result.message.id)
      yield* close()
      // No chunk takes back what a page holds: the message says that it is withdrawn.
      if (result.status === 'failed' && result.message && isWithdrawal(result.error.code))
        yield { type: 'message-metadata', messageMetadata: metadataOf(result.message) }
      yield endOf(result)
    } else if (event.type === 'source') {
      const [source, citations] = toSourceParts(event.source)
      // One that is cited again is there already.
      if (source && !sources.has(event.source.sourceId)) yield source
      sources.add(event.source.sourceId)
      if (citations) yield citations
    } else yield toChunk(event)
  }
}

/** All of a message. */
function* chunksOf({ id, metadata, parts }: ChatMessage): Generator<Chunk> {
  yield { type: 'start', messageId: id, ...(metadata && { messageMetadata: metadata }) }
  for (const [index, part] of parts.entries()) {
    if (part.type === 'text' || part.type === 'reasoning') {
      const name = { id: `${index}` }
      yield { type: `${part.type}-start`, ...name }
      yield { type: `${part.type}-delta`, ...name, delta: part.text }
      yield { type: `${part.type}-end`, ...name }
    } else if (part.type === 'dynamic-tool') yield* streamOfMessage([part as object as ToolPart]) as Iterable<Chunk>
    else if (part.type === 'source-url' || part.type === 'source-document') yield part
    else if (part.type === 'data-citations' || part.type === 'data-follow-ups') yield part
  }
}

function toChunk(event: Exclude<TurnEvent, { delta: string } | { type: 'end' | 'source' }>): Chunk {
  switch (event.type) {
    case 'follow-ups':
      return { type: 'data-follow-ups', data: { messageId: event.messageId, suggestions: event.suggestions } }
    case 'tool':
      return event.tool as Chunk
    case 'title':
      return { type: 'data-title', data: { title: event.title }, transient: true }
    case 'reconnecting':
      return { type: 'data-reconnecting', data: { attempt: event.attempt }, transient: true }
  }
}

/** @throws LoaclError of a turn that failed */
function endOf(result: TurnResult): Chunk {
  if (result.status === 'failed') throw result.error
  if (result.status === 'stopped') return { type: 'abort' }
  const finishReason = result.status === 'cut' ? 'length' : 'stop'
  return { type: 'finish', finishReason, messageMetadata: metadataOf(result.message) }
}

import { isWithdrawal, streamOfMessage, type ToolPart, type ToolStreamPart } from '@loacl/wire'
import type { InferUIMessageChunk } from 'ai'
import type { Turn, TurnEvent, TurnResult } from '../types.ts'
import { inWords } from './error_words.ts'
import { metadataOf, toSourceParts, type ChatMessage } from './ui_message.ts'

export type Chunk = InferUIMessageChunk<ChatMessage>

/** What a page has of an answer already. */
interface Shown {
  /** A message that it is to show again first. */
  before?: ChatMessage | undefined
  /** The answer as the page holds it, which goes on from there: only what is new of it comes. */
  told?: ChatMessage | undefined
}

/**
 * A turn as the chunks of the ai package, from its start. A turn that fails errors the stream with its LoaclError. Whoever
 * cancels the stream leaves the turn, which goes on.
 */
export function chunkStreamOf(turn: Turn, shown: Shown = {}): ReadableStream<Chunk> {
  const chunks = toChunks(turn, shown)
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

/** For an answer of which nothing new comes yet. */
export const emptyStream = (): ReadableStream<Chunk> =>
  new ReadableStream({ start: (controller) => controller.close() })

/** How much of each kind a message has, and which sources and calls. */
function measure(message: ChatMessage | undefined) {
  const lengths = { text: 0, reasoning: 0 }
  const ids = new Set<string>()
  for (const part of message?.parts ?? []) {
    if (part.type === 'text' || part.type === 'reasoning') lengths[part.type] += part.text.length
    if ('sourceId' in part) ids.add(part.sourceId)
    if ('toolCallId' in part) ids.add(part.toolCallId)
  }
  return { lengths, ids }
}

async function* toChunks(turn: Turn, { before, told }: Shown): AsyncGenerator<Chunk, void, undefined> {
  if (before) yield* chunksOf(before)
  const { lengths, ids } = measure(told)
  let hasStarted = false
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
    if ('delta' in event) {
      const delta = event.delta.slice(lengths[event.type])
      lengths[event.type] -= event.delta.length - delta.length
      if (delta) yield* toDelta(event.type, delta)
    } else if (event.type === 'end') {
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
      if (source && !ids.has(event.source.sourceId)) yield source
      ids.add(event.source.sourceId)
      if (citations) yield citations
    } else if (event.type === 'tool') {
      yield* close()
      if (!isAsking(event.tool) || !ids.has(event.tool.toolCallId)) yield event.tool as Chunk
    } else yield toChunk(event)
  }
}

const isAsking = (
  part: ToolStreamPart,
): part is Extract<ToolStreamPart, { type: `tool-${'input' | 'approval-req'}${string}` }> =>
  /^tool-(input|approval-req)/.test(part.type)

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

/** @throws LoaclError of a turn that failed */
function endOf(result: TurnResult): Chunk {
  if (result.status === 'failed') throw result.error
  if (result.status === 'stopped') return { type: 'abort' }
  const finishReason = result.status === 'cut' ? 'length' : result.status === 'waiting' ? 'tool-calls' : 'stop'
  return { type: 'finish', finishReason, messageMetadata: metadataOf(result.message) }
}

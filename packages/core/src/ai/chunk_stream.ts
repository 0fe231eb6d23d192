import { isWithdrawal } from '@loacl/wire'
import type { LoaclClient, Message, Thread, Turn, TurnResult } from '../types.ts'
import { eventsOf, runsOf } from './answer_runs.ts'
import { type Chunk, createWriter } from './chunk_writer.ts'
import { inWords } from './error_words.ts'
import { callsForPage, waitingCalls } from './page_calls.ts'
import { metadataOf, type ChatMessage } from './ui_message.ts'

/** What a page is to be shown of an answer. */
export interface Answer {
  /** The one that runs, if one does. */
  turn?: Turn | undefined
  /** The answer as the page has it, which goes on from there: only what is new of it comes. */
  told?: ChatMessage | undefined
  /** One that the page has taken off, and has back where nothing comes in its place. */
  before?: Message | undefined
}

interface Shown extends Answer {
  client: LoaclClient
  thread: Thread
  signal: AbortSignal | undefined
}

/**
 * An answer as the chunks of the ai package, from its start, to where it ends or waits for something that the page is to do. One
 * that fails errors the stream with its LoaclError. Whoever cancels the stream leaves the turn, which goes on.
 */
export function chunkStreamOf(shown: Shown): ReadableStream<Chunk> {
  const chunks = toChunks(shown)
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

async function* toChunks({ client, thread, turn, signal, told, before }: Shown): AsyncGenerator<Chunk, void> {
  const writer = createWriter(told)
  let result: TurnResult | undefined
  for await (const run of runsOf(client, thread, turn, signal)) result = yield* writer.write(run)
  result ??= resultOfWaiting(thread)
  if (!result) return
  if (result.status === 'failed' && !result.message && before) yield* chunksOf(before)
  yield* writer.end(result.message?.id, result.status !== 'waiting')
  // No chunk takes back what a page holds: the message says that it is withdrawn.
  if (result.status === 'failed' && result.message && isWithdrawal(result.error.code))
    yield { type: 'message-metadata', messageMetadata: metadataOf(result.message) }
  if (result.status === 'waiting') yield* howItStands(client, thread, told)
  yield endOf(result)
}

/** How an answer stands of which nothing new has come. */
function resultOfWaiting(thread: Thread): TurnResult | undefined {
  const message = thread.getSnapshot().messages.findLast(({ status }) => status === 'waiting')
  return message && { status: 'waiting', message }
}

/** All of an answer that is stored. */
async function* chunksOf(message: Message): AsyncGenerator<Chunk> {
  const writer = createWriter()
  yield* writer.write(eventsOf(message))
  yield* writer.end(message.id, true)
  yield { type: 'message-metadata', messageMetadata: metadataOf(message) }
}

/**
 * Calls that ask, where the page has made up that they are over: it would send that again and again. And calls that have asked and
 * are approved: `onToolCall` is told of them now.
 */
function* howItStands(client: LoaclClient, thread: Thread, told: ChatMessage | undefined): Generator<Chunk> {
  const state = thread.getSnapshot()
  for (const { id, status } of waitingCalls(state)) {
    const isOver = told?.parts.some(
      (part) => 'toolCallId' in part && part.toolCallId === id && part.state.startsWith('output'),
    )
    if (status === 'pending' && isOver) yield { type: 'tool-approval-request', toolCallId: id, approvalId: id }
  }
  for (const { toolCallId, toolName, title, input, toolMetadata } of callsForPage(client, state))
    if (toolMetadata?.argumentsDigest !== undefined)
      yield {
        type: 'tool-input-available',
        toolCallId,
        toolName,
        input,
        toolMetadata,
        dynamic: true,
        ...(title && { title }),
      } as object as Chunk
}

/** @throws LoaclError of a turn that failed */
function endOf(result: TurnResult): Chunk {
  if (result.status === 'failed') throw result.error
  if (result.status === 'stopped') return { type: 'abort' }
  const finishReason = result.status === 'cut' ? 'length' : result.status === 'waiting' ? 'tool-calls' : 'stop'
  return { type: 'finish', finishReason, messageMetadata: metadataOf(result.message) }
}

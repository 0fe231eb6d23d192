import { streamOfMessage, type ToolPart, type ToolStreamPart } from '@loacl/wire'
import { LoaclError } from '../errors.ts'
import { runningTurn } from '../thread_state.ts'
import type { LoaclClient, Message, Source, Thread, Turn, TurnEvent, TurnResult } from '../types.ts'
import { goesOnByItself } from './page_calls.ts'

/** Events of an answer, from its start to its end or to where it waits. */
export type Run = AsyncIterable<TurnEvent> | Iterable<TurnEvent>

/**
 * A turn, and what it goes on with where it has waited for tools that this page, or another tab, runs by itself. Ends where the
 * answer has ended, and where it waits for something else.
 *
 * @param turn where it runs
 */
export async function* runsOf(
  client: LoaclClient,
  thread: Thread,
  turn: Turn | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<Run> {
  let next: Turn | Message | undefined = turn ?? (await nextRun(client, thread, signal))
  while (next) {
    if (!('done' in next)) {
      yield eventsOf(next)
      return
    }
    yield next
    const { status } = await next.done
    next = status === 'waiting' ? await nextRun(client, thread, signal) : undefined
  }
}

async function nextRun(
  client: LoaclClient,
  thread: Thread,
  signal: AbortSignal | undefined,
): Promise<Turn | Message | undefined> {
  for (;;) {
    const state = thread.getSnapshot()
    const running = runningTurn(state)
    if (running) return running
    // It has ended meanwhile, such as in another tab.
    if (state.turn.status !== 'waiting') return state.messages.findLast(({ role }) => role === 'assistant')
    if (signal?.aborted || !goesOnByItself(client, state)) return undefined
    await nextState(thread, signal)
  }
}

/** Resolves when the thread has changed, or the signal is aborted. */
export function nextState(thread: Thread, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      unsubscribe()
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const unsubscribe = thread.subscribe(end)
    signal?.addEventListener('abort', end)
  })
}

/** A stored answer, as the events that lead to it. */
export function* eventsOf(message: Message): Generator<TurnEvent> {
  const { id: messageId, parts, suggestions } = message
  for (const part of parts) {
    if (part.type === 'text' || part.type === 'reasoning') yield { type: part.type, messageId, delta: part.text }
    else if (part.type === 'source-url' || part.type === 'source-document')
      yield { type: 'source', messageId, source: part as Source }
    else if (part.type === 'dynamic-tool')
      for (const tool of streamOfMessage([part as ToolPart]))
        yield { type: 'tool', messageId, tool: tool as ToolStreamPart }
  }
  if (suggestions.length > 0) yield { type: 'follow-ups', messageId, suggestions }
  yield { type: 'end', result: resultOf(message) }
}

function resultOf(message: Message): TurnResult {
  const { status, errorCode } = message
  if (status === 'completed' || status === 'stopped' || status === 'cut' || status === 'waiting')
    return { status, message }
  return { status: 'failed', error: new LoaclError(errorCode ?? 'internal'), message }
}

import { type CallAnswer, fits, TEXT, type WaitingCall } from '@loacl/wire'
import type { ActionTools } from './follow_threads.ts'
import { LoaclError } from './errors.ts'
import { backOff, isTransient, withRetries } from './retry.ts'
import { withCalls } from './show_calls.ts'
import type { ThreadContext } from './thread_context.ts'
import { withTimeout } from './timeout.ts'

/** How far a call has come. An answer that was long on its way takes nothing back. */
const ORDER: readonly WaitingCall['status'][] = ['pending', 'approved', 'denied', 'running', 'done']

/** A result is worth waiting for: some 30 seconds. */
const MAX_FAILURES = 7

/** Asks about a call. Any of it may be asked again: it has the same answer. */
export async function post<T>(
  { client }: ThreadContext,
  path: string,
  body: object,
  member: keyof T & string,
  signal: AbortSignal | undefined,
): Promise<T> {
  const lifetime = client.lifetime()
  const send = async (connection: AbortSignal) => {
    const response = await client.chat(path, body, connection)
    const value: unknown = await response.json()
    if (fits(value, { [member]: TEXT })) return value as T
    throw new LoaclError('response_malformed', undefined, { status: response.status })
  }
  return await withRetries(() => withTimeout([lifetime, signal], send), {
    limit: MAX_FAILURES,
    when: (error) => isTransient(error, true),
    before: (error, failures) => backOff(failures, signal ?? lifetime, (error as LoaclError).retryAfterMs),
  })
}

/** Shows how the turn stands after something was said about a call, and follows it where it has gone on. */
export async function showAnswer(
  thread: ThreadContext,
  tools: ActionTools,
  { turnId, state, waiting }: CallAnswer,
): Promise<void> {
  if (state === 'running') tools.followTurn(thread, turnId)
  else if (waiting) showCalls(thread, waiting.calls)
  else await tools.loadNewest(thread, { keepsOlder: true })
  await tools.announceChange(thread)
}

export function showCalls(thread: ThreadContext, calls: readonly WaitingCall[]): void {
  const { turn, messages } = thread.state()
  if (turn.status !== 'waiting') return
  const next = calls.map((call) => {
    const known = turn.calls.find(({ id }) => id === call.id)
    return known && ORDER.indexOf(known.status) > ORDER.indexOf(call.status) ? known : call
  })
  thread.update({ turn: { ...turn, calls: next }, messages: withCalls(messages, next) })
}

/** A call stands otherwise than it was shown: loads how. */
export async function refresh(thread: ThreadContext, tools: ActionTools): Promise<void> {
  // What comes next shows it, where this fails.
  await tools.loadNewest(thread, { keepsOlder: true }).catch(() => {})
}

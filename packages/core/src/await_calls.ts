import type { WaitingCall } from '@loacl/wire'
import { act } from './act.ts'
import { announceChange } from './follow_threads.ts'
import type { Begun, ThreadContext, TurnStart } from './thread_context.ts'
import { runningTurn } from './thread_state.ts'
import type { Message, MessagePart } from './types.ts'

/**
 * A turn waits for calls of tools: what they need is fetched.
 *
 * @param isAsking whether the visitor asked here
 */
export async function awaitCalls(thread: ThreadContext, isAsking: boolean): Promise<void> {
  const { turn, messages } = thread.state()
  if (turn.status !== 'waiting' || turn.calls.length === 0) return
  thread.begun = keepInSight(thread)
  thread.update({ messages: withCalls(messages, turn.calls) })
  // Where this fails, the next change of the thread does it.
  const failed = () => undefined
  if (isAsking) announceChange(thread).catch(failed)
  await act('watchCalls', thread, isAsking).catch(failed)
}

/** The messages with what is known of calls before the turn goes on, and its stream tells it. */
export function withCalls(messages: readonly Message[], calls: readonly WaitingCall[]): readonly Message[] {
  const toAnswered = (part: MessagePart): MessagePart => {
    if (part.type !== 'dynamic-tool' || part.state !== 'approval-requested') return part
    const call = calls.find(({ id }) => id === part.toolCallId)
    if (!call || call.status === 'pending') return part
    const approval = { id: call.id, approved: call.status !== 'denied' }
    return { ...part, state: 'approval-responded', approval }
  }
  const toShown = (message: Message): Message => {
    const parts = message.parts.map(toAnswered)
    return parts.some((part, at) => part !== message.parts[at]) ? { ...message, parts } : message
  }
  return messages.map((message) => (message.status === 'waiting' ? toShown(message) : message))
}

/** What had come of an answer stays in sight while a turn that goes on with it tells it again. */
export function keepInSight(thread: ThreadContext): TurnStart['begun'] {
  return ({ messageId }): Begun => {
    const { messages } = thread.state()
    const known = messages.find(({ id }) => id === messageId)
    if (!known) return { messages }
    const { parts, content, siblings } = known
    return { messages, answer: { parts, content, ...(siblings && { siblings }) } }
  }
}

/** A turn that waited has gone on. */
export function followTurn(thread: ThreadContext, turnId: string): void {
  if (runningTurn(thread.state())) return
  thread.activeTurnId = turnId
  if (thread.serverId !== null) thread.client.threads.get(thread.serverId)?.resume()
}

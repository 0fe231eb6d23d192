import type { WaitingCall } from '@loacl/wire'
import type { Begun, ThreadContext, TurnStart } from './thread_context.ts'
import type { Message, MessagePart } from './types.ts'

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

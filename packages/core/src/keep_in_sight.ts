import type { Begun, ThreadContext, TurnStart } from './thread_context.ts'

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

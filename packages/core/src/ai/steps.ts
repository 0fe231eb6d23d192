import type { ChatMessage } from './ui_message.ts'

type Part = ChatMessage['parts'][number]

const isCall = ({ type }: Part): boolean => type === 'dynamic-tool'
/** What the model says once it has been told what came of its calls. */
const isSaid = ({ type }: Part): boolean => type === 'text' || type === 'reasoning'

/** Whether the last step of a message has calls, after which nothing was said. */
export const endsWithCall = (parts: readonly Part[]): boolean => {
  const last = parts.findLast((part) => isCall(part) || isSaid(part) || part.type === 'step-start')
  return last !== undefined && isCall(last)
}

/**
 * The parts with a mark where what was said follows calls, and behind the calls of an answer that has ended: the ai package
 * sends a message again by itself where its last step has calls, and all of them have ended.
 */
export function withSteps(parts: readonly Part[], hasEnded: boolean): Part[] {
  const marked: Part[] = []
  for (const part of parts) {
    if (isSaid(part) && endsWithCall(marked)) marked.push({ type: 'step-start' })
    marked.push(part)
  }
  return hasEnded && endsWithCall(marked) ? [...marked, { type: 'step-start' }] : marked
}

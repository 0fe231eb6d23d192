import { textsIn } from '../observe.ts'
import type { Check } from './check.ts'

/** Every question is stored exactly once. */
export const checkQuestions: Check = ({ visitor, stored }) =>
  visitor.questions.flatMap((text, at) => {
    const found = stored.messages.filter(
      ({ role, content }) => role === 'user' && (content === text || textsIn(content).includes(text)),
    ).length
    const isLast = at === visitor.questions.length - 1
    if (found > 1) return [{ kind: 'question-doubled', detail: `"${text}" is there ${found} times` }]
    if (found === 0 && visitor.unsent.has(text)) return []
    // Who stops a question before it has left has it in the composer: checkViews.
    if (found === 0 && visitor.stopped?.text === text) return []
    // What an erased visitor asked before is gone; one who signs out may do so before the question has left.
    if (found === 1 || (visitor.hasErased && !isLast) || (visitor.hasSignedOut && !isLast)) return []
    return [{ kind: 'question-lost', detail: `"${text}" is nowhere` }]
  })

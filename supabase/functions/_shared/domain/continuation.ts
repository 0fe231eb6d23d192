import { contentOf, type MessagePart, streamOfMessage, type StreamPart } from '@loacl/wire'
import type { InputItem } from './model.ts'
import type { OpenTurn } from './store.ts'

/** A text that goes on, by the id that its stream parts have. */
export interface OpenText {
  id: string
  text: string
}

/** What a model is told after an answer that was cut. */
export const GO_ON: InputItem = {
  type: 'text',
  role: 'user',
  text: 'Your answer was cut off. Go on exactly where it ends, in the middle of a word if need be. Repeat nothing of it, and say nothing about this. A code block, list or table that is open goes on without being opened again.',
}

/** Whether a turn goes on with an answer: then that is the last thing that was said. */
export const isContinuation = ({ history }: Pick<OpenTurn, 'history'>): boolean => history.at(-1)?.role === 'assistant'

/** The stream that leads to the parts of an answer, with its last text left open. Sources behind that stay there. */
export function reopen(parts: readonly MessagePart[]): { stream: StreamPart[]; open: OpenText | null } {
  const stream = [...streamOfMessage(parts)]
  const at = stream.findLastIndex(({ type }) => !type.startsWith('source-'))
  const last = stream[at]
  if (last?.type !== 'text-end') return { stream, open: null }
  const text = contentOf(parts.filter(({ type }) => type === 'text').slice(-1))
  return { stream: stream.toSpliced(at, 1), open: { id: last.id, text } }
}

import {
  type CutReason,
  type DataParts,
  type FinishReason,
  isWithdrawal,
  type StreamPart,
  type Usage,
} from '@loacl/wire'
import { type CodedError, toWireError } from './coded_error.ts'
import type { TurnIds } from './store.ts'

/** How a turn came to its end. */
export type TurnEnd =
  | { state: 'completed' }
  | { state: 'stopped' }
  | { state: 'cut'; cutReason: CutReason }
  | { state: 'failed'; error: CodedError }

const FINISH_REASONS: { readonly [Reason in CutReason]: FinishReason } = {
  max_output_tokens: 'length',
  content_filter: 'content-filter',
  time_limit: 'other',
  budget: 'other',
  step_limit: 'tool-calls',
}

/** Whether nothing of the answer may be shown or kept. */
export const isWithdrawn = (end: TurnEnd): boolean => end.state === 'failed' && isWithdrawal(end.error.code)

/** The parts with which an answer begins. A reader who already holds some of it drops that. */
export const firstParts = ({ turn, threadId, userMessageId, messageId }: TurnIds): StreamPart[] => [
  { type: 'start', messageId },
  { type: 'data-turn', data: { turnId: turn.id, threadId, userMessageId, messageId } },
]

/** The part that says that the answer is stored. */
export function answerComplete(messageId: string, end: TurnEnd, usage: Usage | null): StreamPart {
  const cutReason = end.state === 'cut' ? end.cutReason : null
  return { type: 'data-answer-complete', data: { messageId, status: end.state, cutReason, usage } }
}

/** The last parts of the stream of a turn that waits. They are numbered, and not stored. */
export const waitingParts = (data: DataParts['waiting']): StreamPart[] => [
  { type: 'data-waiting', data },
  { type: 'finish', finishReason: 'other' },
]

/** The last parts of a stream: the terminal one, and before an error the one that says its code. */
export function terminalParts(end: TurnEnd, requestId: string): StreamPart[] {
  switch (end.state) {
    case 'completed':
      return [{ type: 'finish', finishReason: 'stop' }]
    case 'cut':
      return [{ type: 'finish', finishReason: FINISH_REASONS[end.cutReason] }]
    case 'stopped':
      return [{ type: 'abort', reason: 'stopped' }]
    case 'failed':
      return [
        { type: 'data-error', data: toWireError(end.error, requestId) },
        { type: 'error', errorText: end.error.message },
      ]
  }
}

import {
  contentOf,
  type DataParts,
  type FoldedMessage,
  foldPart,
  type MessagePart,
  NO_PARTS,
  type StreamPart,
  type Usage,
  type WireError,
} from '@loacl/wire'
import { LoaclError } from './errors.ts'
import { newMessage } from './thread_state.ts'
import type { Message, TurnResult } from './types.ts'

/** What is known of a turn, from the parts that have come. */
export interface TurnProgress {
  /** ISO 8601; given to the answer until the server's own time is loaded. */
  readonly startedAt: string
  readonly ids?: DataParts['turn']
  /** The answer as far as it has come. */
  readonly answer?: Message
  /** What the stream has made of the answer's parts. */
  readonly folded: FoldedMessage<MessagePart>
  readonly title?: string
  readonly usage?: Usage | undefined
  readonly error?: WireError
}

export const newProgress = (startedAt: string): TurnProgress => ({
  startedAt,
  folded: NO_PARTS,
})

/** The next state of a turn. A part that changes nothing gives the same object. */
export function reduceTurn(state: TurnProgress, part: StreamPart): TurnProgress {
  const { answer } = state
  switch (part.type) {
    case 'data-turn':
      // Comes again where a stream begins anew.
      return { ...state, ids: part.data, answer: newMessage(part.data.messageId, state.startedAt), folded: NO_PARTS }
    case 'data-answer-complete':
      return {
        ...withAnswer(state, { ...shown(state.folded), status: part.data.status, cutReason: part.data.cutReason }),
        usage: part.data.usage ?? state.usage,
      }
    case 'data-waiting':
      return withAnswer(state, { status: 'waiting' })
    case 'data-follow-ups':
      return withAnswer(state, { suggestions: part.data.suggestions })
    case 'data-title':
      return { ...state, title: part.data.title }
    case 'data-error':
      return { ...state, error: part.data }
    case 'finish':
    case 'abort':
      return isOpen(state) ? withAnswer(state, { status: part.type === 'finish' ? 'completed' : 'stopped' }) : state
    case 'error': {
      const error = state.error ?? { code: 'internal', message: part.errorText }
      const next = { ...state, error }
      return isAnswered(answer) ? next : withAnswer(next, { status: 'failed', errorCode: error.code })
    }
    default:
      return withPart(state, part)
  }
}

const isOpen = (progress: TurnProgress): boolean => progress.answer?.status === 'streaming'

export const withAnswer = (state: TurnProgress, change: Partial<Message> | undefined): TurnProgress =>
  state.answer ? { ...state, answer: { ...state.answer, ...change } } : state

/** The answer with what the part brought to it. */
function withPart(state: TurnProgress, part: StreamPart): TurnProgress {
  const folded = state.answer ? foldPart(state.folded, part) : state.folded
  if (folded === state.folded) return state
  const { content, parts } = state.answer!
  const next = shown(folded)
  // Of an answer that goes on, what was there stays in sight while it is told again.
  const isAgain = next.content.length + next.parts.length < content.length + parts.length
  return withAnswer({ ...state, folded }, isAgain ? {} : next)
}

const shown = ({ parts }: TurnProgress['folded']): Pick<Message, 'parts' | 'content'> => ({
  parts,
  content: contentOf(parts),
})

type Answered = Message & { status: 'completed' | 'stopped' | 'cut' | 'waiting' }

/** Whether the answer is stored, as far as it goes. A failed one is not: the part that says why is still to come. */
export const isAnswered = (answer: Message | undefined): answer is Answered =>
  !!answer && answer.status !== 'streaming' && answer.status !== 'failed'

/** How a turn has ended. `lost`: why its connection was given up. */
export function toResult({ answer, usage, error }: TurnProgress, lost: LoaclError | void): TurnResult {
  // Once the answer is stored, a connection lost while follow-ups were awaited takes nothing away.
  if (isAnswered(answer)) return { status: answer.status, message: answer, ...(usage && { usage }) }
  return {
    status: 'failed',
    error: lost ?? new LoaclError(error?.code ?? 'internal', error?.message, error ?? {}),
    ...(answer && { message: answer }),
  }
}

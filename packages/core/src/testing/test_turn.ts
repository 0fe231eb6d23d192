import {
  contentOf,
  type CutReason,
  DONE_EVENT,
  encodePart,
  type FinishReason,
  foldPart,
  isWithdrawal,
  HEARTBEAT_EVENT,
  NO_PARTS,
  type NumberedPart,
  STREAM_HEADERS,
  type StreamPart,
  streamOfMessage,
  type Usage,
} from '@loacl/wire'
import type { Clock } from './clock.ts'
import { type Refusal, toWireError } from './refusal.ts'
import { log, type StoredMessage, type StoredThread } from './stored_thread.ts'

/** What comes with the end of an answer. */
export interface Ending {
  /** Of the thread, where it has none yet. */
  title?: string | undefined
  /** What the visitor may ask next. */
  followUps?: readonly string[] | undefined
  /** Tokens. */
  usage?: Usage | undefined
  /** The answer was cut short, for this reason. */
  cutReason?: CutReason | undefined
}

type TurnEnd = ({ state: 'completed' | 'cut' | 'stopped' } & Ending) | { state: 'failed'; refusal: Refusal }

export interface TestTurn {
  readonly id: string
  readonly thread: StoredThread
  readonly question: StoredMessage
  readonly answer: StoredMessage
  /** Of the request that began it, where that was no message's. */
  readonly requestId: string | null
  /** Whether it goes on with an answer. */
  readonly goesOn: boolean
  readonly state: 'running' | TurnEnd['state']
  add(...parts: StreamPart[]): void
  /** Goes on with the text of this kind, or begins one. */
  grow(type: 'text' | 'reasoning', delta: string): void
  /** Does nothing where the turn has ended. */
  end(end: TurnEnd): void
  /** Closes every connection to it. The turn goes on. */
  disconnect(): void
  /** @param isOwn of the request that began the turn, whose stream brings more at the end */
  stream(after: number, isOwn: boolean, signal: AbortSignal): Response
}

interface Reader {
  isOwn: boolean
  seq: number
  controller: ReadableStreamDefaultController<Uint8Array>
}

const FINISH_REASONS: { readonly [Reason in CutReason]: FinishReason } = {
  max_output_tokens: 'length',
  content_filter: 'content-filter',
  time_limit: 'other',
  budget: 'other',
  step_limit: 'tool-calls',
}

/** How many parts there are before anything is said. */
const FIRST_PARTS = 2

const isWithdrawn = (end: TurnEnd): boolean => end.state === 'failed' && isWithdrawal(end.refusal.code)

/** A turn in memory: what it has streamed, and who reads it. */
export function createTestTurn(
  thread: StoredThread,
  question: StoredMessage,
  answer: StoredMessage,
  clock: Clock,
  requestId: string | null,
): TestTurn {
  const id = crypto.randomUUID()
  const parts: NumberedPart[] = []
  const readers = new Set<Reader>()
  let state: TestTurn['state'] = 'running'
  let folded = NO_PARTS
  let ending: TurnEnd | null = null
  /** The text that grows. */
  let open: { type: 'text' | 'reasoning'; id: string } | null = null
  let texts = 0
  const isFirst = thread.title === null
  const encoder = new TextEncoder()
  /** What an answer that goes on has said before. */
  const told = [...streamOfMessage(answer.parts)]

  function send(reader: Reader, numbered: NumberedPart): void {
    if (numbered.seq <= reader.seq) return
    reader.seq = numbered.seq
    reader.controller.enqueue(encoder.encode(encodePart(numbered)))
  }

  /** The ids of what is stored. */
  const firstParts = (): StreamPart[] => [
    { type: 'start', messageId: answer.id },
    {
      type: 'data-turn',
      data: { turnId: id, threadId: thread.id, userMessageId: question.id, messageId: answer.id },
    },
  ]

  function finish(reader: Reader, end: TurnEnd): void {
    // Who has read some of what is withdrawn is told the answer anew, from its beginning.
    if (isWithdrawn(end) && reader.seq > FIRST_PARTS)
      for (const part of firstParts()) send(reader, { seq: reader.seq + 1, part })
    for (const part of lastParts(end, reader.isOwn)) send(reader, { seq: reader.seq + 1, part })
    reader.controller.enqueue(encoder.encode(DONE_EVENT))
    reader.controller.close()
  }

  function* lastParts(end: TurnEnd, isOwn: boolean): Generator<StreamPart> {
    const messageId = answer.id
    const { suggestions, cutReason } = answer
    const usage = isOwn && end.state !== 'failed' ? (end.usage ?? null) : null
    yield { type: 'data-answer-complete', data: { messageId, status: end.state, cutReason, usage } }
    if (end.state === 'failed') {
      yield { type: 'data-error', data: toWireError(end.refusal) }
      yield { type: 'error', errorText: end.refusal.message }
      return
    }
    if (suggestions.length > 0) yield { type: 'data-follow-ups', data: { messageId, suggestions } }
    if (isOwn && isFirst && end.title) yield { type: 'data-title', data: { threadId: thread.id, title: thread.title! } }
    if (end.state === 'stopped') yield { type: 'abort', reason: 'stopped' }
    else yield { type: 'finish', finishReason: cutReason ? FINISH_REASONS[cutReason] : 'stop' }
  }

  function store(end: TurnEnd): void {
    answer.status = end.state
    answer.parts = folded.parts
    answer.content = contentOf(folded.parts)
    if (end.state === 'failed') answer.errorCode = end.refusal.code
    log(thread, clock, 'turn_ended', { messageId: answer.id, turnId: id })
    if (end.state === 'cut') answer.cutReason = end.cutReason ?? 'time_limit'
    if (end.state !== 'completed') return
    if (thread.title === null && end.title) {
      thread.title = end.title
      log(thread, clock, 'thread_renamed')
    }
    if (end.followUps && end.followUps.length > 0) {
      answer.suggestions = end.followUps.map((suggestion) => ({ id: crypto.randomUUID(), suggestion, used: false }))
      log(thread, clock, 'message_changed', { messageId: answer.id })
    }
  }

  function push(part: StreamPart): void {
    const numbered = { seq: parts.length + 1, part }
    parts.push(numbered)
    folded = foldPart(folded, part)
    for (const reader of readers) send(reader, numbered)
  }

  function close(): void {
    if (open) push({ type: `${open.type}-end`, id: open.id })
    open = null
  }

  const turn: TestTurn = {
    id,
    thread,
    question,
    answer,
    requestId,
    goesOn: told.length > 0,
    get state() {
      return state
    },
    add(...added) {
      if (state !== 'running') return
      close()
      for (const part of added) push(part)
    },
    grow(type, delta) {
      if (state !== 'running') return
      if (open?.type !== type) {
        close()
        open = { type, id: `${type}-${++texts}` }
        push({ type: `${type}-start`, id: open.id })
      }
      push({ type: `${type}-delta`, id: open.id, delta })
    },
    end(end) {
      if (state !== 'running') return
      close()
      if (isWithdrawn(end)) {
        parts.splice(FIRST_PARTS)
        folded = NO_PARTS
      }
      state = end.state
      ending = end
      store(end)
      for (const reader of readers) finish(reader, end)
      readers.clear()
    },
    disconnect() {
      for (const { controller } of readers) controller.close()
      readers.clear()
    },
    stream(after, isOwn, signal) {
      let reader: Reader
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          reader = { isOwn, seq: after, controller }
          // msw gives a response only when its first bytes have come.
          controller.enqueue(encoder.encode(HEARTBEAT_EVENT))
          for (const numbered of parts) send(reader, numbered)
          if (ending) return finish(reader, ending)
          readers.add(reader)
          signal.addEventListener('abort', () => readers.delete(reader) && controller.error(signal.reason))
        },
        cancel: () => void readers.delete(reader),
      })
      return new Response(body, { headers: STREAM_HEADERS })
    },
  }
  turn.add(...firstParts())
  // An answer that goes on is told from its beginning, and its last text stays open.
  const last = told.at(-1)
  texts = told.length
  if (last?.type === 'text-end') {
    told.pop()
    open = { type: 'text', id: last.id }
  }
  for (const part of told) push(part)
  return turn
}

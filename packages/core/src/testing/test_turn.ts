import {
  contentOf,
  type CutReason,
  type DataParts,
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
} from '@loacl/wire'
import type { Clock } from './clock.ts'
import { toWireError } from './refusal.ts'
import { askingParts, endingParts, isAwaited, newTestCall, type TestCall, toWaitingCall } from './test_call.ts'
import { log, type StoredMessage, type StoredThread } from './stored_thread.ts'
import type { TestTurn, TurnEnd } from './test_turn_types.ts'

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
  let calls: TestCall[] = []
  let steps = 0
  let lastSeq = 0
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
    const numbered = { seq: ++lastSeq, part }
    parts.push(numbered)
    folded = foldPart(folded, part)
    for (const reader of readers) send(reader, numbered)
  }

  const toWaiting = (): DataParts['waiting'] => ({
    messageId: answer.id,
    step: steps,
    expiresAt: calls
      .map(({ expiresAt }) => expiresAt ?? '')
      .toSorted()
      .at(-1)!,
    calls: calls.map(toWaitingCall),
  })

  /** The last parts of a stream whose turn waits: no part of the answer. */
  function pause(reader: Reader): void {
    send(reader, { seq: lastSeq + 1, part: { type: 'data-waiting', data: toWaiting() } })
    send(reader, { seq: lastSeq + 2, part: { type: 'finish', finishReason: 'other' } })
    reader.controller.enqueue(encoder.encode(DONE_EVENT))
    reader.controller.close()
  }

  function wait(): void {
    state = 'waiting'
    Object.assign(answer, { status: 'waiting', parts: folded.parts, content: contentOf(folded.parts) })
    log(thread, clock, 'turn_waiting', { messageId: answer.id, turnId: id })
    for (const reader of readers) pause(reader)
    readers.clear()
    lastSeq += 2
  }

  function resume(): void {
    state = 'running'
    answer.status = 'streaming'
    log(thread, clock, 'turn_resumed', { messageId: answer.id, turnId: id })
    for (const part of calls.filter((call) => isOpen(call)).flatMap(endingParts)) push(part)
    turn.onResume()
  }

  /** Whether nothing has been told yet of what became of it. */
  const isOpen = ({ id: callId }: TestCall): boolean =>
    folded.parts.some(
      (part) => part.type === 'dynamic-tool' && part.toolCallId === callId && !part.state.startsWith('output'),
    )

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
    onResume: () => undefined,
    get state() {
      return state
    },
    get waiting() {
      return state === 'waiting' ? toWaiting() : null
    },
    get calls() {
      return calls
    },
    call(asked) {
      if (state !== 'running') return
      close()
      steps++
      calls = asked.map((call) => newTestCall(call, clock))
      for (const part of calls.flatMap(askingParts)) push(part)
      for (const part of calls.filter(({ status }) => status === 'done').flatMap(endingParts)) push(part)
      if (calls.some(isAwaited)) wait()
    },
    settle() {
      if (state !== 'waiting') return
      if (!calls.some(isAwaited)) resume()
      else log(thread, clock, 'turn_waiting', { messageId: answer.id, turnId: id })
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
    end(end, why = 'stopped') {
      if (state !== 'running' && state !== 'waiting') return
      close()
      for (const call of calls.filter(isOpen)) {
        Object.assign(call, { status: 'done', error: call.status === 'running' ? 'unknown' : why })
        for (const part of endingParts({ ...call, asks: false })) push(part)
      }
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
          if (state === 'waiting') return pause(reader)
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

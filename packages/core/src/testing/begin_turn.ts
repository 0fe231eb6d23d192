import type { TurnRequest } from '@loacl/wire'
import { enterAssistant } from './data_api.ts'
import { type ProjectState, runningTurnOf } from './project_state.ts'
import { Refusal } from './refusal.ts'
import {
  log,
  newStoredMessage,
  newThread,
  type StoredMessage,
  type StoredThread,
  threadNamed,
} from './stored_thread.ts'
import { createTestTurn, type TestTurn } from './test_turn.ts'
import type { Caller } from './visitors.ts'

/** How long a stop waits for its message. */
const KEPT_STOP_MS = 120_000

/** The visitor's message that a request is about, where it is there already. */
function findQuestion(request: TurnRequest, own: readonly StoredThread[]) {
  if (request.type === 'retry') {
    const thread = own.find(({ id }) => id === request.threadId)
    const question = thread?.messages.find(
      ({ role, id, clientId }) => role === 'user' && (clientId === request.id || id === request.id),
    )
    if (!question) throw new Refusal('message_not_found')
    return question
  }
  const holds = ({ messages }: StoredThread) => messages.some(({ clientId }) => clientId === request.id)
  const thread = own.find(holds)
  if (!thread) return null
  const question = thread.messages.find(({ clientId }) => clientId === request.id)!
  if (
    question.content !== request.text ||
    // Sent without a thread, it began one.
    (request.threadId === null && (question.parentId !== null || request.clientThreadId !== undefined)) ||
    (request.threadId ?? thread.id) !== thread.id ||
    (request.parentId ?? question.parentId) !== question.parentId
  )
    throw new Refusal('id_conflict')
  return question
}

/** The turn that a request joins; `null` where another is to begin. */
function findJoined(state: ProjectState, request: TurnRequest, question: StoredMessage): TestTurn | null {
  const turn = [...state.turns.values()].findLast((known) => known.question === question)
  if (!turn) return null
  return request.type === 'retry' && /stopped|cut|failed/.test(turn.state) ? null : turn
}

/** Refuses a question that has no place in its thread. */
function checkPlace(
  state: ProjectState,
  request: TurnRequest,
  thread: StoredThread | null,
  question: StoredMessage | null,
): void {
  if (thread && runningTurnOf(state, thread)) throw new Refusal('turn_in_progress')
  const latest = thread?.messages.at(-1)
  if (question) {
    if (latest?.parentId !== question.id) throw new Refusal('id_conflict')
  } else if (request.type === 'message' && request.parentId !== undefined && request.parentId !== latest?.id)
    throw new Refusal(thread?.messages.some(({ id }) => id === request.parentId) ? 'id_conflict' : 'message_not_found')
}

/** Begins the turn that a request asks for, or finds the one that it joins. */
export function beginTurn(
  state: ProjectState,
  sent: TurnRequest,
  caller: Caller,
): { turn: TestTurn; begin: (() => void) | null } {
  const { assistant, clock, visitors, threads, turns, keptStops } = state
  const stopKey = `${visitors.requireToken(caller)} ${sent.id}`
  enterAssistant(state, sent.assistantId)
  const known = visitors.enter(caller)
  const sessions = visitors.own(caller)
  const own = [...threads.values()].filter(({ session }) => sessions.includes(session))
  const request = { ...sent, threadId: sent.threadId ?? threadNamed(own, sent.clientThreadId)?.id ?? null }
  if (request.type === 'message' && [...request.text].length > assistant.maxMessageLength)
    throw new Refusal('text_too_long')
  let thread = own.find(({ id, status }) => id === request.threadId && status !== 'deleted') ?? null
  if (request.threadId !== null && !thread) throw new Refusal('thread_not_found')
  let question = findQuestion(request, own)
  const joined = question && findJoined(state, request, question)
  if (joined) return { turn: joined, begin: null }
  checkPlace(state, request, thread, question)
  const text = question?.content ?? (request.type === 'message' ? request.text : '')
  const isStopped = request.type === 'message' && Date.now() - (keptStops.get(stopKey) ?? 0) < KEPT_STOP_MS
  keptStops.delete(stopKey)
  const answer = isStopped ? null : state.nextAnswer(text)

  const session = visitors.use(caller, known)
  thread ??= newThread(session, request.clientThreadId ?? null, clock)
  threads.set(thread.id, thread)
  if (thread.status === 'archived') log(thread, clock, 'thread_restored')
  thread.status = 'active'
  thread.lastMessageAt = clock.now()
  if (!question) {
    question = newStoredMessage(
      {
        role: 'user',
        author: 'visitor',
        status: 'completed',
        clientId: request.id,
        content: text,
        parts: [{ type: 'text', text }],
        parentId: thread.messages.at(-1)?.id ?? null,
      },
      clock,
    )
    thread.messages.push(question)
    log(thread, clock, 'message_added', { messageId: question.id })
  }
  const message = newStoredMessage(
    { role: 'assistant', author: 'assistant', status: 'streaming', parentId: question.id },
    clock,
  )
  thread.messages.push(message)
  const turn = createTestTurn(thread, question, message, clock)
  turns.set(turn.id, turn)
  log(thread, clock, 'turn_began', { messageId: message.id, turnId: turn.id })
  return { turn, begin: () => (answer ? answer.begin(turn) : turn.end({ state: 'stopped' })) }
}

/** A turn in a thread of the caller's. */
export function findTurn(state: ProjectState, caller: Caller, id: string): TestTurn {
  state.visitors.requireToken(caller)
  const turn = state.turns.get(id)
  const isOwn =
    turn &&
    turn.thread.status !== 'deleted' &&
    state.threads.has(turn.thread.id) &&
    state.visitors.own(caller).includes(turn.thread.session)
  if (!isOwn) throw state.visitors.notFound(caller, 'turn_not_found')
  return turn
}

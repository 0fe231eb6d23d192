import type { TurnRequest } from '@loacl/wire'
import { enterAssistant } from './data_api.ts'
import { openTurnOf, type ProjectState } from './project_state.ts'
import { Refusal } from './refusal.ts'
import { readRequest } from './read_request.ts'
import { log, newStoredMessage, newThread, threadNamed } from './stored_thread.ts'
import { filePartsOf } from './stored_file.ts'
import { createTestTurn } from './test_turn.ts'
import type { TestTurn } from './test_turn_types.ts'
import type { Caller } from './visitors.ts'

/** How long a stop waits for its message. */
const KEPT_STOP_MS = 120_000

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
  const named = 'clientThreadId' in sent ? (sent.clientThreadId ?? null) : null
  const threadId = sent.threadId ?? threadNamed(own, named)?.id ?? null
  if ('text' in sent && [...sent.text].length > assistant.maxMessageLength) throw new Refusal('text_too_long')
  let thread = own.find(({ id, status }) => id === threadId && status !== 'deleted') ?? null
  if (threadId !== null && !thread) throw new Refusal('thread_not_found')
  const asked = readRequest(state, sent, thread, own)
  if (asked.joined) return { turn: asked.joined, begin: null }
  let { question } = asked
  const text = question?.content ?? ('text' in sent ? sent.text : '')
  const fileParts = 'text' in sent && !question ? filePartsOf(state, caller, sent.files ?? [], asked.replaced) : []
  const isStopped = sent.type !== 'retry' && Date.now() - (keptStops.get(stopKey) ?? 0) < KEPT_STOP_MS
  keptStops.delete(stopKey)
  const answer = isStopped ? null : state.nextAnswer(text)

  // What waits makes way.
  if (thread) openTurnOf(state, thread)?.end({ state: 'stopped' }, 'cancelled')
  const session = visitors.use(caller, known)
  thread ??= newThread(session, named, clock)
  threads.set(thread.id, thread)
  if (thread.status === 'archived') log(thread, clock, 'thread_restored')
  thread.status = 'active'
  thread.lastMessageAt = clock.now()
  thread.shownMessageId = null
  if (!question) {
    question = newStoredMessage(
      {
        role: 'user',
        author: 'visitor',
        status: 'completed',
        clientId: sent.id,
        content: text,
        parts: [...fileParts, ...(text === '' ? [] : [{ type: 'text' as const, text }])],
        parentId: asked.parentId,
        context: asked.context,
      },
      clock,
    )
    thread.messages.push(question)
    if ('text' in sent)
      for (const file of (sent.files ?? []).map((id) => state.files.get(id)!))
        if (file.messageId === null)
          Object.assign(file, { messageId: question.id, threadId: thread.id, session: thread.session })
    log(thread, clock, 'message_added', { messageId: question.id })
  }
  const message =
    asked.cut ??
    newStoredMessage({ role: 'assistant', author: 'assistant', status: 'streaming', parentId: question.id }, clock)
  if (asked.cut) {
    Object.assign(message, { status: 'streaming', errorCode: null, cutReason: null })
    log(thread, clock, 'message_changed', { messageId: message.id })
  } else thread.messages.push(message)
  const requestId = sent.type === 'regenerate' || sent.type === 'continue' ? sent.id : null
  const turn = createTestTurn(thread, question, message, clock, requestId)
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

import type { PageContext, TurnRequest } from '@loacl/wire'
import { type ProjectState, runningTurnOf } from './project_state.ts'
import { Refusal } from './refusal.ts'
import { shownLast, type StoredMessage, type StoredThread } from './stored_thread.ts'
import type { TestTurn } from './test_turn_types.ts'

/** What a request for a turn asks. */
interface Asked {
  /** The visitor's message, `null` where it isn't stored yet. */
  question: StoredMessage | null
  /** Of a message that isn't stored yet. */
  parentId: string | null
  context: PageContext | null
  /** The message in whose place it is put. */
  replaced: StoredMessage | null
  /** The turn that the request joins; `null` where another is to begin. */
  joined: TestTurn | null
  /** The answer that goes on. */
  cut: StoredMessage | null
}

type RequestOf<Type extends TurnRequest['type']> = Extract<TurnRequest, { type: Type }>
type Branching = RequestOf<'edit'> | Extract<TurnRequest, { type: 'regenerate' | 'continue' }>

const NOTHING: Asked = { question: null, parentId: null, context: null, replaced: null, joined: null, cut: null }

/** @throws Refusal where it has no place in its thread */
export function readRequest(
  state: ProjectState,
  request: TurnRequest,
  thread: StoredThread | null,
  own: readonly StoredThread[],
): Asked {
  const asked = findAsked(state, request, thread, own)
  if (asked.joined) return asked
  if (thread && runningTurnOf(state, thread)) throw new Refusal('turn_in_progress')
  const last = thread ? shownLast(thread) : undefined
  const { question, cut } = asked
  if (request.type === 'message') {
    if (request.parentId !== undefined && request.parentId !== last?.id)
      throw new Refusal(
        thread?.messages.some(({ id }) => id === request.parentId) ? 'id_conflict' : 'message_not_found',
      )
    const context = state.assistant.pageContext ? (request.context ?? null) : null
    return { ...asked, parentId: last?.id ?? null, context }
  }
  if (request.type === 'retry' && last?.parentId !== question?.id) throw new Refusal('id_conflict')
  if (cut && (!/stopped|cut|failed/.test(cut.status) || cut.content === '')) throw new Refusal('answer_not_cut')
  if (cut && thread!.messages.some(({ parentId }) => parentId === cut.id)) throw new Refusal('id_conflict')
  return asked
}

function findAsked(
  { turns }: ProjectState,
  request: TurnRequest,
  thread: StoredThread | null,
  own: readonly StoredThread[],
): Asked {
  const turnOf = (question: StoredMessage | null) =>
    (question && [...turns.values()].findLast((known) => known.question === question)) ?? null
  switch (request.type) {
    case 'message': {
      const question = findSent(request, thread, own)
      return { ...NOTHING, question, joined: turnOf(question) }
    }
    case 'retry': {
      const isIt = ({ role, id, clientId }: StoredMessage) =>
        role === 'user' && (clientId === request.id || id === request.id)
      const question = thread?.messages.find(isIt)
      if (!question) throw new Refusal('message_not_found')
      const turn = turnOf(question)
      return { ...NOTHING, question, joined: turn && /stopped|cut|failed/.test(turn.state) ? null : turn }
    }
    case 'edit': {
      const replaced = findNamed(request, thread!)
      const { id, parentId, context } = replaced
      const question = findSent(request, thread, own)
      if (question && (question.id === id || question.parentId !== parentId)) throw new Refusal('id_conflict')
      return { ...NOTHING, question, parentId, context, replaced, joined: turnOf(question) }
    }
    case 'regenerate':
    case 'continue': {
      const named = findNamed(request, thread!)
      const question = thread!.messages.find(({ id }) => id === named.parentId)!
      const joined = [...turns.values()].find((turn) => turn.thread === thread && turn.requestId === request.id) ?? null
      const goesOn = request.type === 'continue'
      if (joined && (joined.question !== question || joined.goesOn !== goesOn)) throw new Refusal('id_conflict')
      return { ...NOTHING, question, joined, cut: goesOn ? named : null }
    }
  }
}

/** The message that is edited, answered anew, or goes on. */
function findNamed({ type, messageId }: Branching, { messages }: StoredThread): StoredMessage {
  const author = type === 'edit' ? 'visitor' : 'assistant'
  const isNamed = (message: StoredMessage) => message.id === messageId || message.clientId === messageId
  const named = messages.find((message) => message.author === author && isNamed(message))
  if (!named) throw new Refusal('message_not_found')
  return named
}

/** The visitor's message of this id, where it was sent before. */
function findSent(
  request: RequestOf<'message' | 'edit'>,
  thread: StoredThread | null,
  own: readonly StoredThread[],
): StoredMessage | null {
  const holding = own.find(({ messages }) => messages.some(({ clientId }) => clientId === request.id))
  if (!holding) return null
  const question = holding.messages.find(({ clientId }) => clientId === request.id)!
  const { clientThreadId = undefined, parentId = question.parentId } = request.type === 'message' ? request : {}
  if (
    question.content !== request.text ||
    // Sent without a thread, it began one.
    (thread === null && (question.parentId !== null || clientThreadId !== undefined)) ||
    (thread ?? holding) !== holding ||
    parentId !== question.parentId
  )
    throw new Refusal('id_conflict')
  return question
}

import { type EventPage, type MessagePage, type OpenedSession, type Page, type ThreadSummary, UUID } from '@loacl/wire'
import { toMs } from './clock.ts'
import { exportVisitor } from './export_visitor.ts'
import { openTurnOf, type ProjectState, runningTurnOf } from './project_state.ts'
import { Refusal } from './refusal.ts'
import {
  branchOf,
  lastBelow,
  lastEventOf,
  log,
  messageOf,
  shownLast,
  siblingsOf,
  type StoredMessage,
  type StoredThread,
  summaryOf,
  threadNamed,
} from './stored_thread.ts'
import { isKept } from './stored_file.ts'
import { type Caller, typeOf } from './visitors.ts'

/** An argument that is no value of the type that the function of the database declares. */
export class ArgumentError extends Error {}

export type Args = Readonly<Record<string, unknown>>
type DatabaseFunction = (state: ProjectState, caller: Caller, args: Args) => unknown

const RESTORABLE_MS = 7 * 86_400_000

const toId = (value: unknown): string => {
  if (typeof value === 'string' && UUID.test(value)) return value
  throw new ArgumentError(`invalid input syntax for type uuid: "${value}"`)
}
const toText = (value: unknown): string | null => (typeof value === 'string' ? value.trim() || null : null)
const toPageSize = (value: unknown, usual: number): number => Math.min(Math.max(Number(value ?? usual), 1), 100)

export const enterAssistant = ({ assistant }: ProjectState, id: unknown): void => {
  if (id !== assistant.id) throw new Refusal('assistant_not_found')
}

/** A thread of the caller's. */
function findThread(state: ProjectState, caller: Caller, id: unknown, isWanted = isThere): StoredThread {
  const thread = state.threads.get(toId(id))
  if (!thread || !isWanted(thread) || !state.visitors.own(caller).includes(thread.session))
    throw state.visitors.notFound(caller, 'thread_not_found')
  return thread
}

/** The caller's thread of either of its ids; `null` where there is none. */
function findNamedThread({ threads, visitors }: ProjectState, caller: Caller, { id }: Args): ThreadSummary | null {
  const own = visitors.own(caller)
  const thread = threadNamed(
    [...threads.values()].filter(({ session }) => own.includes(session)),
    id,
  )
  return thread ? summaryOf(thread) : null
}

const isThere = ({ status }: StoredThread): boolean => status !== 'deleted'

/** Every message that the caller can see, with its thread. */
function* messagesOf(state: ProjectState, caller: Caller): Generator<[StoredThread, StoredMessage]> {
  const own = state.visitors.own(caller)
  for (const thread of state.threads.values())
    if (isThere(thread) && own.includes(thread.session)) for (const message of thread.messages) yield [thread, message]
}

const placeOf = ({ id, lastMessageAt }: StoredThread): string => `${lastMessageAt}_${id}`

function listThreads(state: ProjectState, caller: Caller, args: Args): Page<ThreadSummary> {
  const size = toPageSize(args.page_size, 20)
  const search = toText(args.search)?.toLowerCase()
  const own = state.visitors.own(caller)
  if (args.cursor != null && !/^\d{4}-.+_[0-9a-f-]{36}$/.test(String(args.cursor))) throw new Refusal('invalid_body')
  const found = [...state.threads.values()]
    .filter((thread) => own.includes(thread.session) && args.assistant_id === state.assistant.id)
    .filter(({ status }) => status === (args.archived ? 'archived' : 'active'))
    .filter((thread) => args.cursor == null || placeOf(thread) < String(args.cursor))
    .filter(
      ({ title, messages }) =>
        !search ||
        [title ?? '', ...messages.map(({ content }) => content)].some((text) => text.toLowerCase().includes(search)),
    )
    .toSorted((one, other) => (placeOf(one) < placeOf(other) ? 1 : -1))
  const items = found.slice(0, size)
  const last = items.at(-1)
  return {
    items: items.map(summaryOf),
    nextCursor: last && found.length > size ? placeOf(last) : null,
  }
}

function openSession(state: ProjectState, caller: Caller, args: Args): OpenedSession {
  const assistantId = toId(args.assistant_id)
  state.visitors.requireToken(caller)
  enterAssistant(state, assistantId)
  const session = state.visitors.enter(caller)
  return {
    assistant: state.assistant,
    questions: state.questions,
    visitor: { sessionId: session?.id ?? null, type: session ? typeOf(session) : 'guest' },
    threads: listThreads(state, caller, { assistant_id: assistantId }),
  }
}

function listMessages(state: ProjectState, caller: Caller, args: Args): MessagePage {
  const thread = findThread(state, caller, args.thread_id)
  const size = toPageSize(args.page_size, 50)
  if (args.cursor != null && !UUID.test(String(args.cursor))) throw new Refusal('invalid_body')
  const from = args.cursor == null ? shownLast(thread) : thread.messages.find(({ id }) => id === args.cursor)
  const branch = branchOf(thread, from)
  return {
    thread: summaryOf(thread),
    activeTurnId: openTurnOf(state, thread)?.id ?? null,
    waiting: openTurnOf(state, thread)?.waiting ?? null,
    lastEvent: lastEventOf(thread),
    items: branch.slice(0, size).map((message) => ({ ...messageOf(message), ...siblingsOf(thread, message) })),
    nextCursor: branch[size]?.id ?? null,
  }
}

function chooseBranch(state: ProjectState, caller: Caller, args: Args): MessagePage {
  const id = toId(args.message_id)
  const thread = findThread(state, caller, args.thread_id)
  const chosen = thread.messages.find((message) => message.id === id)
  if (!chosen) throw new Refusal('message_not_found')
  if (runningTurnOf(state, thread)) throw new Refusal('turn_in_progress')
  const last = lastBelow(thread, chosen)
  if (thread.shownMessageId !== last.id) log(thread, state.clock, 'message_chosen', { messageId: last.id })
  thread.shownMessageId = last.id
  return listMessages(state, caller, { thread_id: thread.id })
}

function listEvents(state: ProjectState, caller: Caller, args: Args): EventPage {
  const id = toId(args.thread_id)
  const thread = state.threads.get(id)
  if (!thread || !isThere(thread) || !state.visitors.own(caller).includes(thread.session)) {
    state.visitors.requireOwn(caller)
    throw new Refusal('thread_not_found')
  }
  return {
    thread: summaryOf(thread),
    activeTurnId: openTurnOf(state, thread)?.id ?? null,
    items: thread.events.filter(({ number }) => number > Number(args.after ?? 0)).slice(0, 100),
    lastEvent: lastEventOf(thread),
  }
}

function updateThread(state: ProjectState, caller: Caller, args: Args) {
  const title = typeof args.title === 'string' ? args.title.trim() : null
  if (title !== null && (title === '' || [...title].length > 200)) throw new Refusal('invalid_body')
  const { status = null } = args
  if (status !== null && status !== 'active' && status !== 'archived') throw new Refusal('invalid_body')
  const thread = findThread(state, caller, args.thread_id)
  if (title !== null && title !== thread.title) log(thread, state.clock, 'thread_renamed')
  if (status !== null && status !== thread.status)
    log(thread, state.clock, status === 'archived' ? 'thread_archived' : 'thread_restored')
  return summaryOf(Object.assign(thread, { title: title ?? thread.title, status: status ?? thread.status }))
}

function deleteThread(state: ProjectState, caller: Caller, args: Args) {
  const thread = findThread(state, caller, args.thread_id)
  const deletedAt = state.clock.now()
  Object.assign(thread, { status: 'deleted', deletedAt })
  log(thread, state.clock, 'thread_deleted')
  openTurnOf(state, thread)?.end({ state: 'stopped' })
  return { id: thread.id, deletedAt, restorableUntil: state.clock.later(RESTORABLE_MS) }
}

function restoreThread(state: ProjectState, caller: Caller, args: Args) {
  const isRestorable = ({ deletedAt }: StoredThread) =>
    deletedAt !== null && toMs(deletedAt) > state.clock.ms() - RESTORABLE_MS
  const thread = findThread(state, caller, args.thread_id, isRestorable)
  log(thread, state.clock, 'thread_restored')
  const others = [...state.threads.values()].filter(({ session }) => session === thread.session)
  const clientId = threadNamed(others, thread.clientId) ? null : thread.clientId
  return summaryOf(Object.assign(thread, { status: 'active', deletedAt: null, clientId }))
}

function useSuggestion(state: ProjectState, caller: Caller, args: Args): null {
  const id = toId(args.suggestion_id)
  for (const [thread, message] of messagesOf(state, caller)) {
    const suggestion = message.suggestions.find((known) => known.id === id)
    if (!suggestion) continue
    if (!suggestion.used) log(thread, state.clock, 'message_changed', { messageId: message.id })
    message.suggestions = message.suggestions.map((known) => (known === suggestion ? { ...known, used: true } : known))
    return null
  }
  throw state.visitors.notFound(caller, 'suggestion_not_found')
}

function setFeedback(state: ProjectState, caller: Caller, args: Args) {
  const id = toId(args.message_id)
  const { value = null } = args
  const comment = toText(args.comment)
  if (value !== null && value !== 'up' && value !== 'down') throw new Refusal('invalid_body')
  if (comment && [...comment].length > 2_000) throw new Refusal('invalid_body')
  for (const [thread, message] of messagesOf(state, caller)) {
    if (message.id !== id || message.role !== 'assistant') continue
    if (value !== null || message.feedback) log(thread, state.clock, 'feedback_changed', { messageId: id })
    message.feedback = value && { value, comment, updatedAt: state.clock.now() }
    return value && { value, comment }
  }
  throw state.visitors.notFound(caller, 'message_not_found')
}

function eraseVisitorData(state: ProjectState, caller: Caller) {
  const sessions = state.visitors.erase(caller)
  const threads = [...state.threads.values()].filter(({ session }) => sessions.includes(session))
  for (const thread of threads) {
    openTurnOf(state, thread)?.end({ state: 'stopped' })
    state.threads.delete(thread.id)
  }
  for (const key of state.keptStops.keys()) if (key.startsWith(`${caller.token} `)) state.keptStops.delete(key)
  const messages = threads.reduce((sum, thread) => sum + thread.messages.length, 0)
  const files = [...state.files.values()].filter(({ session }) => sessions.includes(session))
  for (const { id } of files) state.files.delete(id)
  return { sessions: sessions.length, threads: threads.length, messages, files: files.filter(isKept).length }
}

/** The functions of the schema `loacl` that a visitor may call. */
export type DatabaseFunctionName =
  | 'open_session'
  | 'list_threads'
  | 'find_thread'
  | 'list_messages'
  | 'choose_branch'
  | 'list_events'
  | 'update_thread'
  | 'delete_thread'
  | 'restore_thread'
  | 'use_suggestion'
  | 'set_feedback'
  | 'export_visitor_data'
  | 'erase_visitor_data'

export const DATABASE_FUNCTIONS: Readonly<Record<DatabaseFunctionName, DatabaseFunction>> = {
  open_session: openSession,
  list_threads: listThreads,
  find_thread: findNamedThread,
  list_messages: listMessages,
  choose_branch: chooseBranch,
  list_events: listEvents,
  update_thread: updateThread,
  delete_thread: deleteThread,
  restore_thread: restoreThread,
  use_suggestion: useSuggestion,
  set_feedback: setFeedback,
  export_visitor_data: exportVisitor,
  erase_visitor_data: eraseVisitorData,
}

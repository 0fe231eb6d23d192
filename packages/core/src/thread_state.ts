import type { MessagePage, Suggestion } from '@loacl/wire'
import type { LoaclError } from './errors.ts'
import type { TurnProgress } from './reduce_turn.ts'
import type { Message, ThreadState } from './types.ts'

type Messages = readonly Message[]

export const newUserMessage = (clientId: string, text: string, createdAt: string): Message => ({
  id: clientId,
  clientId,
  role: 'user',
  status: 'sending',
  content: text,
  parts: [{ type: 'text', text }],
  errorCode: null,
  cutReason: null,
  createdAt,
  suggestions: [],
})

/** Replaces the message that `isSame` names, or adds it at the end. */
function upsert(messages: Messages, message: Message, isSame: (other: Message) => boolean): Messages {
  const index = messages.findIndex(isSame)
  return index < 0 ? [...messages, message] : messages.with(index, message)
}

export const withUserMessage = (messages: Messages, message: Message): Messages =>
  upsert(messages, message, ({ clientId }) => clientId === message.clientId)

/** The messages once another turn has begun: it has ended the one that waited. */
export const withWaitingStopped = (messages: Messages): Messages =>
  messages.map((message) => (message.status === 'waiting' ? { ...message, status: 'stopped' as const } : message))

/** The messages as a turn has changed them: the visitor's confirmed, the answer as far as it has come. */
export function withProgress(messages: Messages, clientId: string | null, { ids, answer }: TurnProgress): Messages {
  if (!ids || !answer) return messages
  const confirmed = messages.map((message) =>
    message.id !== ids.userMessageId && message.clientId !== null && message.clientId === clientId
      ? { ...message, id: ids.userMessageId, status: 'completed' as const, errorCode: null }
      : message,
  )
  return upsert(confirmed, answer, ({ id }) => id === answer.id)
}

/** A message that never got to the server stays, and says so. */
export const withFailed = (messages: Messages, failedId: string | null, { code }: LoaclError): Messages =>
  messages.map((message) =>
    message.clientId === failedId && message.status === 'sending'
      ? { ...message, status: 'failed' as const, errorCode: code }
      : message,
  )

/** A server's page, with what only this page has: messages under way or failed, and the answer that is streaming. */
export function mergeNewest(page: MessagePage, messages: Messages, isRunning: boolean): Messages {
  const stored = page.items.toReversed()
  const isStored = (message: Message) =>
    stored.some(({ id, clientId }) => id === message.id || (clientId !== null && clientId === message.clientId))
  const streaming = isRunning ? messages.find(({ status }) => status === 'streaming') : undefined
  const local = messages.filter((message) => message.id === message.clientId && !isStored(message))
  const merged = streaming ? upsert(stored, streaming, ({ id }) => id === streaming.id) : stored
  return [...merged, ...local]
}

export function prependOlder(page: MessagePage, messages: Messages): Messages {
  const known = new Set(messages.map(({ id }) => id))
  return [...page.items.toReversed().filter(({ id }) => !known.has(id)), ...messages]
}

/** Without the answers after this message: another try at one takes their place. */
export function withoutAnswers(messages: Messages, question: Message): Messages {
  const index = messages.findIndex(({ id }) => id === question.id)
  return messages.filter(({ role }, at) => at <= index || role === 'user')
}

export const withUsedSuggestion = (messages: Messages, suggestionId: string): Messages =>
  messages.map((message) =>
    message.suggestions.some(({ id }) => id === suggestionId)
      ? { ...message, suggestions: message.suggestions.map((other) => markUsed(other, suggestionId)) }
      : message,
  )

const markUsed = (suggestion: Suggestion, id: string): Suggestion =>
  suggestion.id === id ? { ...suggestion, used: true } : suggestion

/** The given state where the change changes nothing. */
export function changed(state: ThreadState, change: Partial<ThreadState>): ThreadState {
  const next = { ...state, ...change }
  return (Object.keys(change) as Array<keyof ThreadState>).every((key) => state[key] === next[key]) ? state : next
}

import { FILE_URL } from '@loacl/wire'
import type { LoaclError } from './errors.ts'
import type { FileOfMessage } from './file_types.ts'
import type { TurnProgress } from './reduce_turn.ts'
import type { FilePart, Message, PageContext, ThreadState, Turn } from './types.ts'

type Messages = readonly Message[]

/** An answer of which nothing has come yet, but for `fields`. */
export const newMessage = (id: string, createdAt: string, fields: Partial<Message> = {}): Message => ({
  id,
  clientId: null,
  role: 'assistant',
  author: 'assistant',
  status: 'streaming',
  content: '',
  parts: [],
  errorCode: null,
  cutReason: null,
  createdAt,
  suggestions: [],
  ...fields,
})

/** A message of the visitor's. */
export type Question = Message & { clientId: string }

export const newUserMessage = (
  clientId: string,
  text: string,
  createdAt: string,
  context?: PageContext | null,
  files: readonly FileOfMessage[] = [],
): Question =>
  newMessage(clientId, createdAt, {
    clientId,
    role: 'user',
    author: 'visitor',
    status: 'sending',
    content: text,
    parts: [
      ...files.map(({ id, name, type }) => ({
        type: 'file' as const,
        mediaType: type,
        filename: name,
        url: FILE_URL + id,
      })),
      ...(text ? [{ type: 'text' as const, text }] : []),
    ],
    context,
  }) as Question

/** The files that a visitor's message is sent with; `undefined` for none. Nothing else in one has a URL. */
export function fileIdsOf(parts: readonly object[]): readonly string[] | undefined {
  const ids = (parts as readonly Partial<FilePart>[]).flatMap(({ url }) => url?.slice(FILE_URL.length) ?? [])
  if (ids[0]) return ids
}

/** Replaces the message that `isSame` names, or adds it at the end, unless it is `known` to have been there. */
export function upsert(
  messages: Messages,
  message: Message,
  isSame: (other: Message) => boolean,
  known?: boolean,
): Messages {
  const index = messages.findIndex(isSame)
  return index >= 0 ? messages.with(index, message) : known ? messages : [...messages, message]
}

/** The messages as a turn has changed them: the visitor's confirmed, the answer as far as it has come, one that waited stopped. */
export function withProgress(
  messages: Messages,
  clientId: string | undefined,
  { ids, answer }: TurnProgress,
): Messages {
  if (!ids || !answer) return messages
  const confirmed = messages.map((message) =>
    message.status === 'waiting'
      ? { ...message, status: 'stopped' as const }
      : message.id !== ids.userMessageId && message.clientId === clientId
        ? { ...message, id: ids.userMessageId, status: 'completed' as const, errorCode: null }
        : message,
  )
  // Once it is complete it has been there: else another branch has been chosen since.
  return upsert(confirmed, answer, ({ id }) => id === answer.id, answer.status !== 'streaming')
}

/** A message that never got to the server stays, and says so. */
export const withFailed = (messages: Messages, failedId: string | undefined, { code }: LoaclError): Messages =>
  messages.map((message) =>
    message.clientId === failedId && message.status === 'sending'
      ? { ...message, status: 'failed' as const, errorCode: code }
      : message,
  )

/** The turn that is sent, streams or connects again. */
export const runningTurn = ({ turn }: ThreadState): Turn | undefined => (turn as { turn?: Turn }).turn

/** The given state where the change changes nothing. */
export function changed(state: ThreadState, change: Partial<ThreadState>): ThreadState {
  const next = { ...state, ...change }
  return (Object.keys(change) as Array<keyof ThreadState>).every((key) => state[key] === next[key]) ? state : next
}

import type { Message, PageContext, ThreadEvent, ThreadEventKind, ThreadSummary } from '@loacl/wire'
import type { Clock } from './clock.ts'
import type { Session } from './visitors.ts'

export interface StoredMessage extends Message {
  parentId: string | null
  context: PageContext | null
  feedback: { value: 'up' | 'down'; comment: string | null; updatedAt: string } | null
}

export interface StoredThread {
  id: string
  clientId: string | null
  session: Session
  title: string | null
  status: ThreadSummary['status'] | 'deleted'
  createdAt: string
  lastMessageAt: string
  deletedAt: string | null
  /** The last message of the branch that the visitor chose; `null` for the newest message. */
  shownMessageId: string | null
  /** In the order in which they came, answers that were tried again included. */
  messages: StoredMessage[]
  events: ThreadEvent[]
}

export function newThread(session: Session, clientId: string | null, clock: Clock): StoredThread {
  const at = clock.now()
  return {
    id: crypto.randomUUID(),
    clientId,
    session,
    title: null,
    status: 'active',
    createdAt: at,
    lastMessageAt: at,
    deletedAt: null,
    shownMessageId: null,
    messages: [],
    events: [],
  }
}

export const newStoredMessage = (
  change: Pick<StoredMessage, 'role' | 'author' | 'status' | 'parentId'> & Partial<StoredMessage>,
  clock: Clock,
): StoredMessage => ({
  id: crypto.randomUUID(),
  clientId: null,
  content: '',
  parts: [],
  errorCode: null,
  cutReason: null,
  createdAt: clock.now(),
  suggestions: [],
  context: null,
  feedback: null,
  ...change,
})

export function log(
  thread: StoredThread,
  clock: Clock,
  kind: ThreadEventKind,
  { messageId = null, turnId = null }: Partial<Pick<ThreadEvent, 'messageId' | 'turnId'>> = {},
): void {
  thread.events.push({ number: thread.events.length + 1, kind, messageId, turnId, createdAt: clock.now() })
}

export const lastEventOf = ({ events }: StoredThread): number => events.length

/** By either of its ids, of those that are not deleted. */
export function threadNamed(threads: readonly StoredThread[], name: unknown): StoredThread | undefined {
  const there = threads.filter(({ status }) => status !== 'deleted')
  return there.find(({ id }) => id === name) ?? there.find(({ clientId }) => clientId !== null && clientId === name)
}

/** A thread as it travels. One that is deleted doesn't, but in an export. */
export function summaryOf({ id, title, status, createdAt, lastMessageAt }: StoredThread): ThreadSummary {
  return { id, title, status: status as ThreadSummary['status'], createdAt, lastMessageAt }
}

/** A message as it travels. */
export function messageOf(message: StoredMessage): Message {
  const { parentId: _parentId, context: _context, feedback: _feedback, ...shown } = message
  return shown
}

/** The last message of the branch that is shown. */
export const shownLast = ({ messages, shownMessageId }: StoredThread): StoredMessage | undefined =>
  messages.find(({ id }) => id === shownMessageId) ?? messages.at(-1)

/** The alternatives of a message, itself included, as they travel with it. */
export function siblingsOf({ messages }: StoredThread, message: StoredMessage): Pick<Message, 'siblings'> {
  const siblings = messages.filter(
    ({ id, parentId, author, parts, status }) =>
      parentId === message.parentId &&
      author === message.author &&
      (id === message.id || parts.length > 0 || status === 'streaming'),
  )
  return siblings.length > 1 ? { siblings: siblings.map(({ id }) => id) } : {}
}

/** The newest message below this one, or itself. */
export function lastBelow({ messages }: StoredThread, message: StoredMessage): StoredMessage {
  const below = new Set([message.id])
  for (const { id, parentId } of messages) if (parentId !== null && below.has(parentId)) below.add(id)
  return messages.findLast(({ id }) => below.has(id))!
}

/** From this message to its parent, and so on to the first: answers that were tried again are not on that path. */
export function branchOf({ messages }: StoredThread, from: StoredMessage | undefined): StoredMessage[] {
  const branch: StoredMessage[] = []
  for (let next = from; next; next = messages.find(({ id }) => id === next!.parentId)) branch.push(next)
  return branch
}

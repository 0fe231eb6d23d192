import type { Message, NumberedPart } from '@loacl/wire'
import { CodedError } from '../domain/coded_error.ts'
import type { InputItem } from '../domain/model.ts'
import type { StoredTurn, TurnOutcome, TurnState } from '../domain/store.ts'

export interface MemoryThread {
  id: string
  clientId: string | null
  session: string
  title: string | null
  messages: (Message & { session: string })[]
}

export interface MemoryTurn {
  id: string
  lease: string
  session: string
  thread: MemoryThread
  userMessageId: string
  messageId: string
  state: TurnState
  stopRequested: boolean
  isSilent: boolean
  isFolded: boolean
  lastSeq: number
  parts: NumberedPart[]
  /** Of each step: what was added before it, and what it left once it has ended. */
  steps: { input: readonly InputItem[]; providerItems: readonly unknown[] | null; configId: string | null }[]
  waiting: StoredTurn['waiting']
  outcome: Pick<TurnOutcome, 'errorCode' | 'cutReason'> | null
}

/** By either of its ids. */
export const findThread = (threads: readonly MemoryThread[], id: string | null): MemoryThread | undefined =>
  threads.find((thread) => thread.id === id) ?? threads.find(({ clientId }) => clientId !== null && clientId === id)

export const fault = (code: CodedError['code']): CodedError => new CodedError(code, `The database says ${code}.`)

export const newThread = (clientId: string | null, session: string): MemoryThread => ({
  id: crypto.randomUUID(),
  clientId,
  session,
  title: null,
  messages: [],
})

export function newMessage(role: 'user' | 'assistant', session: string, clientId: string | null, content: string) {
  return {
    id: crypto.randomUUID(),
    session,
    clientId,
    role,
    author: role === 'user' ? ('visitor' as const) : ('assistant' as const),
    status: role === 'user' ? ('completed' as const) : ('streaming' as const),
    content,
    parts: [],
    errorCode: null,
    cutReason: null,
    createdAt: new Date().toISOString(),
    suggestions: [],
  }
}

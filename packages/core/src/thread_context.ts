import type { DataParts, TurnRequest } from '@loacl/wire'
import type { ClientContext } from './client_context.ts'
import type { Question } from './thread_state.ts'
import type { Message, ThreadState } from './types.ts'

/** A thread, as its turns and actions see it. */
export interface ThreadContext {
  client: ClientContext
  state(): ThreadState
  update(change: Partial<ThreadState>): void
  /** While anybody has subscribed, it is kept up to date. */
  listeners: ReadonlySet<() => void>
  /** The server's id, once there is one. */
  serverId: string | null
  /** Where the messages go on that are older than the known ones; `null` where there are none. */
  cursor?: string | null
  /** A turn that runs or waits, and that nothing here follows. It may have ended, where its connection failed. */
  activeTurnId?: string | null | undefined
  /** What such a turn is shown with once it is followed. */
  begun?: TurnStart['begun']
  /** The server may have a question, and an answer to it, of which this page was told nothing. */
  mayLack?: boolean
  /** What sends a message of this thread. */
  ask(message: Question): (threadId: string | null) => TurnRequest
  /** The server has the thread under this id. */
  setServerId(serverId: string): void
}

/** Asked anew for each try: the thread may have got its id, or lost it with its session. */
export type ToRequest = (threadId: string | null) => TurnRequest | Promise<TurnRequest>

/** What a turn is shown with that doesn't come at the end of a conversation. */
export interface Begun {
  /** Those before its answer. */
  messages: readonly Message[]
  /** What is known of the answer besides. */
  answer?: Partial<Message>
}

export interface TurnStart {
  id: string
  /** Of the message that it answers, where that is known. */
  clientId?: string
  /** The caller's: aborting it stops the turn at the server. */
  signal?: AbortSignal | undefined
  suggestionId?: string | undefined
  /** Asked each time that its stream begins: what to show from then on. */
  begun?: ((ids: DataParts['turn']) => Begun | undefined) | undefined
  /** The server's id of a turn that runs or waits already. */
  follow?: string
  /** What begins another turn. */
  request?: ToRequest
}

import type { TurnRequest } from '@loacl/wire'
import type { ClientContext } from './client_context.ts'
import type { Message, ThreadState } from './types.ts'

/** A thread, as its turns and actions see it. */
export interface ThreadContext {
  client: ClientContext
  state(): ThreadState
  update(change: Partial<ThreadState>): void
  /** Whether anybody has subscribed: it is then kept up to date. */
  isWatched(): boolean
  /** The server's id, once there is one. */
  serverId: string | null
  /** Where the messages go on that are older than the known ones; `null` where there are none. */
  cursor: string | null
  /** A turn that runs or waits, and that nothing here follows. */
  activeTurnId: string | null
  /** The server has the thread under this id. */
  setServerId(serverId: string): void
  /** A turn whose connection failed: it may well go on at the server. */
  lostTurn: { turnId: string; clientId: string | null } | null
}

/** Asked anew for each try: the thread may have got its id, or lost it with its session. */
export type ToRequest = (threadId: string | null) => TurnRequest

export type TurnStart = {
  id: string
  /** Of the message that it answers, where that is known. */
  clientId: string | null
  /** The caller's: aborting it stops the turn at the server. */
  signal?: AbortSignal | undefined
  suggestionId?: string | undefined
  /** The message that gets another answer, in place of those that it has. */
  question?: Message
} & (
  | {
      /** The server's id of a turn that runs or waits already. */
      follow: string
    }
  | { request: ToRequest }
)

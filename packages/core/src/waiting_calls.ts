import type { WaitingCall } from '@loacl/wire'
import type { ActionTools } from './follow_threads.ts'
import type { ThreadContext } from './thread_context.ts'

/** What is done here for a turn while it waits. */
export interface Watch {
  thread: ThreadContext
  tools: ActionTools
  /** Aborted when the turn has ended or its visitor is dropped. */
  ended: AbortController
  /** What runs here, and what is not to be tried here again, by call. */
  running: Map<string, AbortController>
  tried: Set<string>
  timer?: ReturnType<typeof setTimeout>
  /** How often in a row what seemed overdue was not. */
  failures: number
}

/** Of each thread, the turn that the visitor asked for in this tab, or has approved a call of. */
const asked = new WeakMap<ThreadContext, string>()

/** This tab is the first to run calls of this turn. */
export const askFirst = (thread: ThreadContext, turnId: string): void => void asked.set(thread, turnId)

export const isFirst = ({ thread }: Watch): boolean => asked.get(thread) === thread.activeTurnId

export const isHidden = (): boolean => typeof document !== 'undefined' && document.visibilityState === 'hidden'

/** The calls that the turn waits for; none where it doesn't. */
export const callsOf = ({ thread }: Watch): readonly WaitingCall[] => {
  const { turn } = thread.state()
  return turn.status === 'waiting' ? turn.calls : []
}

import { isShown, type Opened, type SessionState } from './reduce_session.ts'

/** Whether the session that the server has just opened is another visitor's than what is shown. */
export function isOtherVisitor(state: SessionState, opened: Opened): boolean {
  if (!isShown(state)) return false
  const { visitor, threads } = state.snapshot
  if (state.status === 'open' && visitor.type !== 'authenticated') return false
  const { sessionId } = opened.visitor
  // A guest's session may have been made since they opened: then it has all of their threads.
  const isKnown = visitor.sessionId
    ? visitor.sessionId === sessionId
    : threads.every(({ id }) => opened.threads.some((other) => other.id === id))
  return !isKnown || !sessionId
}

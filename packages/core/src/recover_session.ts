import { isCredentialCode } from '@loacl/wire'
import { hasCode, isSessionError } from './error_codes.ts'
import type { LoaclError } from './errors.ts'
import { backOff, withRetries } from './retry.ts'
import type { SessionContext } from './session.ts'
import type { ThreadContext } from './thread_context.ts'

/** The tab that had a token replaced stores the fresh one at once or, while the answer is on its way, soon. */
export async function awaitReplacement(
  { tokens }: SessionContext,
  refusal: unknown,
  token: string,
  signal: AbortSignal,
): Promise<void> {
  const waiting = withRetries(
    async () => {
      if (tokens.current() === token) throw refusal
    },
    { limit: 3, when: () => hasCode(refusal, 'session_replaced'), before: (_, failures) => backOff(failures, signal) },
  )
  // Where none comes, the caller replaces the token itself.
  await waiting.catch(() => {})
  signal.throwIfAborted()
}

/** Prepares another try at opening a session that was refused for its token, or passes the refusal on. */
export async function recoverOpening(
  session: SessionContext,
  refusal: unknown,
  token: string,
  signal: AbortSignal,
  isNobody: boolean,
): Promise<void> {
  const { auth, tokens } = session
  if (!isSessionError(refusal)) throw refusal
  if (hasCode(refusal, 'session_locked') && !isNobody) {
    if (auth) throw refusal
    // Pages that have the user's access token go on with that session.
    tokens.detach()
  }
  await awaitReplacement(session, refusal, token, signal)
  tokens.replace(token)
}

/** Opens the session again after a call was refused. Resolves where the call may be repeated; passes the refusal on else. */
export async function recoverCall(
  session: SessionContext,
  refusal: LoaclError,
  token: string,
  { opening, lifetime: { signal: visitor } }: Pick<ReturnType<SessionContext['state']>, 'opening' | 'lifetime'>,
  open: () => Promise<void>,
): Promise<void> {
  const { auth, tokens, state, dispatch } = session
  // Who the visitor is may be changing right now.
  await state().opening?.catch(() => {})
  // What one person has asked for is never done as another.
  await awaitReplacement(session, refusal, token, visitor)
  // By another tab, or by `identify`: nothing has happened yet of what was asked.
  const isReplaced = tokens.current() !== token
  const isRenewed = auth && isCredentialCode(refusal.code)
  if (!isReplaced && !isSessionError(refusal) && !isRenewed) throw refusal
  if (!auth && !hasCode(refusal, 'session_locked')) tokens.replace(token)
  if (opening) dispatch('change_failed', opening, refusal)
  await open()
  const { snapshot } = state()
  const isPerson = snapshot.status === 'open' && snapshot.visitor.type === 'authenticated'
  // Nor has it where the page has renewed it.
  if (visitor.aborted || !(isReplaced || (auth && isPerson))) throw refusal
}

/**
 * A session that is over takes its threads with it. Resolves where a first message can be sent again, which loses nothing
 * by that; later ones begin anew.
 */
export async function recoverThread(thread: ThreadContext, refusal: unknown): Promise<void> {
  if (!isSessionError(refusal)) throw refusal
  if (thread.serverId === null) return
  thread.serverId = null
  throw refusal
}

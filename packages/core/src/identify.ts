import { abortError } from './abort.ts'
import { randomToken } from './random.ts'
import { awaitReplacement } from './recover_session.ts'
import { withRetries } from './retry.ts'
import type { SessionContext } from './session.ts'
import { hasCode, isSessionError } from './errors.ts'
import type { Credential } from './types.ts'

/**
 * Makes this device's session a person's, and lets go of another person who may have left it without signing out. The
 * session's token, which somebody else may know, gives way to a fresh one.
 */
export async function identifyDevice(
  session: SessionContext,
  credential: Credential,
  aborted?: AbortSignal,
): Promise<void> {
  // From here on the request leaves: what comes of it is for the client to follow.
  if (aborted?.aborted) throw abortError(aborted)
  const { assistant, tokens, state, dispatch } = session
  const { accessToken = null, identityToken }: { accessToken?: string | null; identityToken?: string } = credential
  let token: string
  let signal: AbortSignal

  async function request(): Promise<void> {
    token = tokens.current()
    signal = state().lifetime.signal
    const { unanswered } = state()
    const newToken = unanswered?.token === token ? unanswered.newToken : randomToken()
    dispatch({ type: 'identify_sent', tokens: { token, newToken } })
    await session.post('identify', { assistantId: assistant, newToken, identityToken }, token, accessToken)
    dispatch({ type: 'visitor_known', accessToken })
    tokens.replace(token, newToken)
  }

  await withRetries(request, {
    limit: 2,
    // In conflict: the same fresh token, in a request whose answer was lost, has become another person's.
    when: (error) => isSessionError(error) || hasCode(error, 'id_conflict'),
    async before(error) {
      await awaitReplacement(session, error, token, signal)
      if (tokens.current() === token) await session.signOutVisitor('visitor_dropped')
    },
  })
}

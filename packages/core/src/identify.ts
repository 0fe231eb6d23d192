import { abortError } from './abort.ts'
import { hasCode, isSessionError } from './error_codes.ts'
import { LoaclError } from './errors.ts'
import { randomToken } from './random.ts'
import { awaitReplacement } from './recover_session.ts'
import { backOff, withRetries } from './retry.ts'
import type { SessionContext } from './session.ts'
import { withTimeout } from './timeout.ts'
import type { Credential } from './types.ts'

/** Tokens of each session's last `POST identify`: the one sent with, and the one to take its place. Resending is idempotent. */
const unanswered = new WeakMap<SessionContext, { token: string; newToken: string }>()

type Auth = NonNullable<SessionContext['auth']>

/** Asks the page who the visitor is, and makes this device's session theirs. Gives whether nobody is signed in. */
export async function enterAs(session: SessionContext, auth: Auth, signal: AbortSignal): Promise<boolean> {
  const credential = await askCredential(auth, signal)
  if (credential) await identifyDevice(session, credential)
  else session.dispatch('visitor_known', null)
  return !credential
}

async function askCredential(auth: Auth, signal: AbortSignal): Promise<Credential | null | undefined> {
  try {
    return await withTimeout([signal], () => auth())
  } catch (error) {
    const { cause } = error as LoaclError
    throw signal.aborted ? error : new LoaclError('credential_missing', undefined, { cause })
  }
}

/** What a gateway says for a function whose worker has died: another one answers the same request. */
const isGateways = (error: unknown): boolean =>
  (error as LoaclError).status! >= 500 && hasCode(error, 'response_malformed')

/** Does what is safe to repeat. */
export async function post(
  { transport, state }: SessionContext,
  path: string,
  body: object,
  token: string,
  bearer: string | null,
): Promise<void> {
  const { signal } = state().lifetime
  const request = () => withTimeout([signal], (each) => transport.chat(path, body, each, token, bearer))
  await withRetries(request, { limit: 2, when: isGateways, before: (_, failures) => backOff(failures, signal) })
}

/**
 * Makes this device's session a person's. Another person whose session it is, because they left without signing out, is
 * signed out first. The session gets a fresh token: somebody else may know the old one.
 */
export async function identifyDevice(
  session: SessionContext,
  credential: Credential,
  callerSignal?: AbortSignal,
): Promise<void> {
  // Once the request has left, the client does what its answer asks for, whoever still waits.
  if (callerSignal?.aborted) throw abortError(callerSignal)
  const { assistant, tokens, state, dispatch } = session
  const { accessToken = null, identityToken }: { accessToken?: string | null; identityToken?: string } = credential
  if (typeof (identityToken ?? accessToken) !== 'string') throw new LoaclError('credential_missing')
  let token: string
  let signal: AbortSignal

  async function request(): Promise<void> {
    token = tokens.current()
    signal = state().lifetime.signal
    const lost = unanswered.get(session)
    const newToken = lost?.token === token ? lost.newToken : randomToken()
    unanswered.set(session, { token, newToken })
    await post(session, 'identify', { assistantId: assistant, newToken, identityToken }, token, accessToken)
    tokens.replace(token, newToken)
    dispatch('visitor_known', accessToken)
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

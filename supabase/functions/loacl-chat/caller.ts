import { SESSION_HEADER, SESSION_TOKEN } from '@loacl/wire'
import { CodedError } from '../_shared/domain/coded_error.ts'
import type { Caller, UserClaims } from '../_shared/domain/store.ts'

export interface CallerDeps {
  /** The project's keys: as a Bearer token they say nothing of a user. */
  apiKeys: readonly string[]
  /** Verifies the access token of a user of the project. Rejects with `access_token_invalid`. */
  checkAccessToken: (accessToken: string) => Promise<UserClaims>
}

/** Who sends a request: the session's token, and the user whose access token came along. */
export async function callerOf(request: Request, { apiKeys, checkAccessToken }: CallerDeps): Promise<Caller> {
  const sessionToken = request.headers.get(SESSION_HEADER)
  if (!sessionToken) throw new CodedError('session_missing', `The request needs the header ${SESSION_HEADER}.`)
  if (!SESSION_TOKEN.test(sessionToken)) throw new CodedError('session_invalid', 'The session token is malformed.')
  const bearer = request.headers.get('authorization')?.match(/^Bearer\s+(\S+)$/i)?.[1]
  const isUsers = bearer !== undefined && !apiKeys.includes(bearer) && bearer !== request.headers.get('apikey')
  return { sessionToken, claims: isUsers ? await checkAccessToken(bearer) : null }
}

import { CodedError } from '../domain/coded_error.ts'
import type { UserClaims } from '../domain/store.ts'

export interface AccessTokenOptions {
  /** The project's address, such as `https://<ref>.supabase.co`. */
  url: string
  /** Any key of the project. */
  key: string
  fetch?: typeof globalThis.fetch
}

/**
 * Makes the check of access tokens of the project's own users: by Auth's public keys, which are fetched once, or, where
 * the project still signs with a shared secret, by asking Auth.
 *
 * @throws CodedError `access_token_invalid`, `database_unavailable` where Auth can't be reached
 */
export function createAccessTokenCheck({
  url,
  key,
  fetch,
}: AccessTokenOptions): (accessToken: string) => Promise<UserClaims> {
  // Most workers never see such a token, and begin sooner and with 20 MB more without the client.
  const connect = async () => {
    const { createClient, isAuthRetryableFetchError } = await import('@supabase/supabase-js')
    const { auth } = createClient(url, key, {
      auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
      ...(fetch ? { global: { fetch } } : {}),
    })
    return { auth, isAuthRetryableFetchError }
  }
  let connected: ReturnType<typeof connect> | undefined
  return async (accessToken) => {
    const { auth, isAuthRetryableFetchError } = await (connected ??= connect())
    const { data, error } = await auth.getClaims(accessToken)
    if (data) return data.claims
    if (isAuthRetryableFetchError(error))
      throw new CodedError('database_unavailable', 'Auth can’t be reached at the moment. Please try again.', {
        cause: error,
      })
    throw new CodedError('access_token_invalid', 'The access token is not one of this project, or has expired.', {
      cause: error,
    })
  }
}

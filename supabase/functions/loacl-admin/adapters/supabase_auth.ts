import { isAuthRetryableFetchError } from '@supabase/supabase-js'
import type { DataApiOptions } from '../../_shared/adapters/data_api.ts'
import { createDataApiClient } from '../../_shared/adapters/data_api_client.ts'
import { CodedError } from '../../_shared/domain/coded_error.ts'
import type { Accounts } from '../domain/ports.ts'

/**
 * Accounts of Supabase Auth, asked each time. Checking the token's signature here would save that request and miss what
 * matters for an operator: a session that was signed out elsewhere, a user who was deleted. It would also need a
 * public key, which projects that sign with a secret (HS256), the local one among them, don't have.
 */
export function createSupabaseAccounts(options: DataApiOptions): Accounts {
  const { auth } = createDataApiClient(options, options.secretKey)
  return {
    async find(accessToken) {
      const { data, error } = await auth.getUser(accessToken)
      if (!error) return { userId: data.user.id, isAnonymous: data.user.is_anonymous === true }
      if (isAuthRetryableFetchError(error) || !error.status || error.status === 429 || error.status >= 500)
        throw new CodedError('database_unavailable', 'Who you are can’t be checked at the moment. Please try again.', {
          cause: error,
        })
      return null
    },
  }
}

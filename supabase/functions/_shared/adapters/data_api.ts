import { ERROR_STATUS, type ErrorCode } from '@loacl/wire'
import { createClient, type PostgrestError } from '@supabase/supabase-js'
import { CodedError } from '../domain/coded_error.ts'
import type { Database } from '@loacl/database'

export interface DataApiOptions {
  /** The project's address, such as `https://<ref>.supabase.co`. */
  url: string
  secretKey: string
  fetch?: typeof globalThis.fetch
  /** How long one call may take, in milliseconds, before the database counts as away. */
  timeoutMs?: number
}

type Functions = Database['loacl']['Functions']
/** The database's own types say nothing of what is in its JSON, nor what may be null: names are checked, no values. */
type Args<Name extends keyof Functions> = Readonly<Record<keyof Functions[Name]['Args'], unknown>>

/** Calls a function of the schema `loacl`, by default as the service. Rejects with a `CodedError`. */
export type CallFunction = <T, Name extends keyof Functions>(
  name: Name,
  args: Args<Name>,
  headers?: Readonly<Record<string, string>>,
) => Promise<T>

/** A client that keeps no session: whoever calls says for each call who they are. */
export const createDataApiClient = ({ url, fetch }: Pick<DataApiOptions, 'url' | 'fetch'>, key: string) =>
  createClient(url, key, {
    db: { schema: 'loacl' },
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    ...(fetch ? { global: { fetch } } : {}),
  })

export function createFunctionCaller({ timeoutMs = 10_000, ...options }: DataApiOptions): CallFunction {
  const client = createDataApiClient(options, options.secretKey)
  return async <T>(name: string, args: object, headers: Readonly<Record<string, string>> = {}) => {
    let request = client.rpc(name, args).abortSignal(AbortSignal.timeout(timeoutMs))
    for (const [header, value] of Object.entries(headers)) request = request.setHeader(header, value)
    const { data, error, status } = await request
    if (error) throw toCodedDatabaseError(error, status)
    return data as T
  }
}

/**
 * SQLSTATE classes and codes of PostgREST's that mean that the database is away: starting, stopping, full, not there; or
 * that it rolled a transaction back, because it took too long or two waited for each other.
 */
const AWAY = /^(08|40|53|57|PGRST00)/

/** Our functions raise SQLSTATE `PT<status>` with the error's code as the message and its words as the detail. */
export function toCodedDatabaseError(error: PostgrestError, status: number): CodedError {
  const { code, message, details, hint } = error
  if (code?.startsWith('PT') && Object.hasOwn(ERROR_STATUS, message)) {
    const retryAfterMs = /^\d+$/.test(hint ?? '') ? Number(hint) : undefined
    return new CodedError(message as ErrorCode, details ?? message, { retryAfterMs, cause: error })
  }
  // Status 0 is supabase-js's word for a request that got no answer.
  if (status === 0 || [502, 503, 504].includes(status) || AWAY.test(code ?? ''))
    return new CodedError('database_unavailable', "The database can't be reached at the moment. Please try again.", {
      cause: error,
    })
  return new CodedError('internal', 'Something went wrong here. Please try again.', { cause: error })
}

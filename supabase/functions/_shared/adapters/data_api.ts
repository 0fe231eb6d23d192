import type { Database } from '@loacl/database'
import { ERROR_STATUS, type ErrorCode } from '@loacl/wire'
import { CodedError } from '../domain/coded_error.ts'

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

/** What the Data API says of a request that failed. */
type Failure = Partial<Record<'code' | 'message' | 'details' | 'hint', string | null>>

/** A turn makes dozens of these calls: no client stands between them and `fetch`. */
export function createFunctionCaller({ url, secretKey, fetch, timeoutMs = 10_000 }: DataApiOptions): CallFunction {
  const address = `${url.replace(/\/$/, '')}/rest/v1/rpc/`
  const own = {
    apikey: secretKey,
    authorization: `Bearer ${secretKey}`,
    'content-type': 'application/json',
    'content-profile': 'loacl',
  }

  async function post(name: string, args: object, headers: Readonly<Record<string, string>>) {
    // Not `AbortSignal.timeout`: that would hold on to each call until its time is over.
    const givingUp = new AbortController()
    const timer = setTimeout(() => givingUp.abort(), timeoutMs)
    try {
      const response = await (fetch ?? globalThis.fetch)(address + name, {
        method: 'POST',
        headers: { ...own, ...headers },
        body: JSON.stringify(args),
        signal: givingUp.signal,
      })
      return { status: response.status, text: await response.text() }
    } catch (cause) {
      throw databaseAway(cause)
    } finally {
      clearTimeout(timer)
    }
  }

  return async <T>(name: string, args: object, headers: Readonly<Record<string, string>> = {}) => {
    const { status, text } = await post(name, args, headers)
    if (status < 200 || status > 299) throw toCodedDatabaseError(parseFailure(text), status)
    return (text === '' ? null : JSON.parse(text)) as T
  }
}

/** An error of the database's; without a code where a gateway answered with a page of its own. */
function parseFailure(text: string): Failure {
  try {
    return Object.assign(new Error(), JSON.parse(text) as Failure)
  } catch {
    return new Error('It is no JSON.')
  }
}

const databaseAway = (cause: unknown): CodedError =>
  new CodedError('database_unavailable', "The database can't be reached at the moment. Please try again.", { cause })

/**
 * SQLSTATE classes and codes of PostgREST's that mean that the database is away: starting, stopping, full, not there; or
 * that it rolled a transaction back, because it took too long or two waited for each other.
 */
const AWAY = /^(08|40|53|57|PGRST00)/

/** Our functions raise SQLSTATE `PT<status>` with the error's code as the message and its words as the detail. */
export function toCodedDatabaseError(error: Failure, status: number): CodedError {
  const { code, message, details, hint } = error
  if (code?.startsWith('PT') && message && Object.hasOwn(ERROR_STATUS, message)) {
    const retryAfterMs = /^\d+$/.test(hint ?? '') ? Number(hint) : undefined
    return new CodedError(message as ErrorCode, details ?? message, { retryAfterMs, cause: error })
  }
  // Status 0 is supabase-js's word for a request that got no answer, where it was the client.
  if (status === 0 || [502, 503, 504].includes(status) || AWAY.test(code ?? '')) return databaseAway(error)
  return new CodedError('internal', 'Something went wrong here. Please try again.', { cause: error })
}

import { ERROR_STATUS, SESSION_HEADER, type ErrorCode } from '@loacl/wire'
import { createClient, type PostgrestError } from '@supabase/supabase-js'
import { CodedError } from '../domain/coded_error.ts'
import type { Database } from '../database.types.ts'
import type { Caller, TurnStore } from '../domain/store.ts'

export interface DataApiStoreOptions {
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

/** The turn's functions in the database, called over the Data API with the project's secret key. */
export function createDataApiStore({ url, secretKey, fetch, timeoutMs = 10_000 }: DataApiStoreOptions): TurnStore {
  const client = createClient(url, secretKey, {
    db: { schema: 'loacl' },
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    ...(fetch ? { global: { fetch } } : {}),
  })

  async function call<T, Name extends keyof Functions>(name: Name, args: Args<Name>, caller?: Caller): Promise<T> {
    const request = client.rpc(name, args).abortSignal(AbortSignal.timeout(timeoutMs))
    const { data, error, status } = await (caller ? request.setHeader(SESSION_HEADER, caller.sessionToken) : request)
    if (error) throw toCoded(error, status)
    return data as T
  }

  return {
    beginTurn: ({ request, ...circumstances }, caller) =>
      call('begin_turn', { request: { ...request, ...circumstances } }, caller),
    appendParts: ({ id, lease }, seq, parts) => call('append_turn_parts', { turn_id: id, lease, seq, parts }),
    readTurn: (turnId, afterSeq, caller) => call('read_turn_parts', { turn_id: turnId, after_seq: afterSeq }, caller),
    stopTurn: (turnId, caller) => call('stop_turn', { turn_id: turnId }, caller),
    finishTurn: ({ id, lease }, outcome) => call('finish_turn', { turn_id: id, lease, outcome }),
    saveFollowUps: ({ id, lease }, { title, suggestions, usage }) =>
      call('save_follow_ups', { turn_id: id, lease, title, suggestions, usage }),
  }
}

/** SQLSTATE classes and codes of PostgREST's that mean that the database is away: starting, stopping, full, not there. */
const AWAY = /^(08|53|57P|PGRST00)/

/** Our functions raise SQLSTATE `PT<status>` with the error's code as the message and its words as the detail. */
function toCoded(error: PostgrestError, status: number): CodedError {
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

import { isRetried, RETRIED } from './retried_errors.ts'

/**
 * Every error code that LOACL speaks, with the HTTP status it travels under, in groups by what the error asks for.
 * `0` marks codes that only a client raises: no response carries them.
 *
 * A response that is not OK has the body `{"error": {"code", "message", "requestId", "retryAfterMs"?}}`; once a stream
 * has begun, the same object is the data of a `data-error` part.
 *
 * Each group is a value of its own, so that a client's bundle holds no more of them than it asks about.
 */

/** The session has ended, and its threads with it. A client opens another; the visitor starts a new conversation. */
const SESSION_ENDED = {
  session_missing: 401,
  session_invalid: 401,
  session_expired: 401,
  session_mismatch: 403,
} as const

/** The session has another token or another owner now. A client opens again; the visitor may try again. */
const SESSION_CHANGED = { session_replaced: 401, session_locked: 401, session_bound: 409 } as const

/** The page gives another credential: a client with `auth` asks for it. The visitor may try again. */
const CREDENTIAL_ENDED = { identity_token_expired: 401, access_token_invalid: 401 } as const

/** The conversation can't go on. The visitor starts a new one. */
const THREAD_ENDED = { thread_not_found: 404, message_not_found: 404, thread_full: 429 } as const

/** The same may succeed after `retryAfterMs`. */
const WAIT = { rate_limited: 429, budget_exceeded: 429, file_quota_exceeded: 429, model_rate_limited: 502 } as const

/** Only the owner of the site can mend it: the visitor tells them. */
const TELL_OWNER = {
  invalid_body: 400,
  not_found: 404,
  key_rejected: 401,
  origin_not_allowed: 403,
  assistant_not_found: 404,
  price_unknown: 409,
  provider_key_missing: 503,
  provider_key_unusable: 503,
  provider_key_rejected: 502,
  identity_token_invalid: 401,
  identity_unavailable: 503,
  identity_secret_unusable: 503,
} as const

/** The visitor changes what they send. */
const CHANGE_INPUT = {
  text_required: 400,
  text_malformed: 400,
  text_too_long: 413,
  body_too_large: 413,
  model_request_rejected: 502,
  model_input_too_long: 502,
  input_flagged: 422,
  files_unsupported: 415,
  file_type_not_allowed: 415,
  file_too_large: 413,
  too_many_files: 413,
  file_not_found: 404,
  file_mismatch: 422,
  file_malformed: 422,
  file_has_metadata: 422,
  file_encrypted: 422,
} as const

/** The visitor may try again. */
const TRY_AGAIN = {
  assistant_inactive: 403,
  assistant_paused: 403,
  turn_in_progress: 409,
  turn_not_found: 404,
  suggestion_not_found: 404,
  execution_not_found: 404,
  execution_decided: 409,
  approval_expired: 409,
  turn_abandoned: 500,
  turn_lease_lost: 409,
  upload_incomplete: 409,
  storage_unavailable: 503,
  model_unavailable: 502,
  model_stream_broken: 502,
  output_flagged: 502,
  moderation_unavailable: 503,
  database_unavailable: 503,
  internal: 500,
  stream_malformed: 0,
  response_malformed: 0,
  credential_missing: 0,
} as const

/** The caller gives up: the request, the credential or the option is wrong, or nobody waits for it any more. */
const GIVE_UP = {
  invalid_json: 400,
  turn_type_unsupported: 400,
  context_invalid: 400,
  method_not_allowed: 405,
  id_conflict: 409,
  answer_not_cut: 409,
  tool_result_too_large: 413,
  tool_schema_invalid: 400,
  sign_in_required: 401,
  not_operator: 403,
  options_invalid: 0,
  already_answered: 0,
  unsupported: 0,
  aborted: 0,
  disposed: 0,
} as const

type CodeIn<Group> = Group extends Group ? keyof Group : never

export type ErrorCode = CodeIn<
  | typeof RETRIED
  | typeof SESSION_ENDED
  | typeof SESSION_CHANGED
  | typeof CREDENTIAL_ENDED
  | typeof THREAD_ENDED
  | typeof WAIT
  | typeof TELL_OWNER
  | typeof CHANGE_INPUT
  | typeof TRY_AGAIN
  | typeof GIVE_UP
>

// A call, which bundlers leave out where nobody asks for it: what a spread reads might have effects.
export const ERROR_STATUS: Readonly<Record<ErrorCode, number>> = /* @__PURE__ */ (() => ({
  ...RETRIED,
  ...SESSION_ENDED,
  ...SESSION_CHANGED,
  ...CREDENTIAL_ENDED,
  ...THREAD_ENDED,
  ...WAIT,
  ...TELL_OWNER,
  ...CHANGE_INPUT,
  ...TRY_AGAIN,
  ...GIVE_UP,
}))()

/** Whether a client opens the session again: the two groups of sessions, and what a newer server adds to them. */
export const isSessionCode = (code: ErrorCode): boolean => code.startsWith('session_')

/** Whether a client with `auth` asks the page for another credential. */
export const isCredentialCode = (code: ErrorCode): boolean => Object.hasOwn(CREDENTIAL_ENDED, code)

/**
 * Whether nothing of an answer that ended with this error is shown or kept: moderation has refused it, or could not be
 * asked. Whoever holds some of it is told it anew, from its beginning.
 */
export const isWithdrawal = (code: ErrorCode | null): boolean =>
  code === 'input_flagged' || code === 'output_flagged' || code === 'moderation_unavailable'

/**
 * What the person in front of the client is to do about an error.
 *
 * - `nothing`: the client repeats the request by itself; where that has failed, `try_again`
 * - `try_again`: the same may succeed, and so may what a newer server's code is about
 * - `wait`: the same may succeed after `retryAfterMs`
 * - `start_over`: only a new conversation can go on
 * - `change_input`: what was sent can't be taken
 * - `tell_owner`: only the owner of the site can mend it
 * - `give_up`: the program that asked is wrong, or no longer waits
 */
export type Remedy = 'nothing' | 'try_again' | 'wait' | 'start_over' | 'change_input' | 'tell_owner' | 'give_up'

const isIn = (group: object, code: string): boolean => Object.hasOwn(group, code)

/** Whether the remedy is `start_over`. For clients that ask no more than this, as the next one. */
export const isThreadOver = (code: ErrorCode): boolean => isIn(SESSION_ENDED, code) || isIn(THREAD_ENDED, code)

/** Whether the remedy is `tell_owner`. */
export const isForOwner = (code: ErrorCode): boolean => isIn(TELL_OWNER, code)

export function remedyOf(code: ErrorCode): Remedy {
  if (isRetried(code)) return 'nothing'
  if (isThreadOver(code)) return 'start_over'
  if (isIn(WAIT, code)) return 'wait'
  if (isForOwner(code)) return 'tell_owner'
  if (isIn(CHANGE_INPUT, code)) return 'change_input'
  return isIn(GIVE_UP, code) ? 'give_up' : 'try_again'
}

/** An error as it travels: in a response's body under `error`, and as the data of a `data-error` part. */
export interface WireError {
  code: ErrorCode
  /** For people, in English. Programs read `code`. */
  message: string
  requestId?: string
  /** Milliseconds until the same request may succeed. */
  retryAfterMs?: number
}

/**
 * Every error code that LOACL speaks, with the HTTP status it travels under.
 * `0` marks codes that only a client raises: no response carries them.
 *
 * A response that is not OK has the body `{"error": {"code", "message", "requestId", "retryAfterMs"?}}`; once a stream
 * has begun, the same object is the data of a `data-error` part.
 */
export const ERROR_STATUS = {
  // What was sent
  invalid_json: 400,
  invalid_body: 400,
  text_required: 400,
  text_too_long: 413,
  body_too_large: 413,
  turn_type_unsupported: 400,
  not_found: 404,
  method_not_allowed: 405,

  // Who sent it
  key_rejected: 401,
  session_missing: 401,
  session_invalid: 401,
  session_expired: 401,
  session_replaced: 401,
  session_locked: 401,
  session_mismatch: 403,
  session_bound: 409,
  identity_token_invalid: 401,
  identity_token_expired: 401,
  identity_unavailable: 503,
  identity_secret_unusable: 503,
  access_token_invalid: 401,
  origin_not_allowed: 403,

  // Who manages: the owner's side
  sign_in_required: 401,
  not_operator: 403,

  // What it was about
  assistant_not_found: 404,
  assistant_inactive: 403,
  assistant_paused: 403,
  thread_not_found: 404,
  message_not_found: 404,
  turn_not_found: 404,
  suggestion_not_found: 404,
  id_conflict: 409,
  turn_in_progress: 409,

  // Limits
  rate_limited: 429,
  budget_exceeded: 429,
  thread_full: 429,
  price_unknown: 409,

  // The owner's model provider
  provider_key_missing: 503,
  provider_key_unusable: 503,
  provider_key_rejected: 502,
  model_rate_limited: 502,
  model_request_rejected: 502,
  model_unavailable: 502,
  model_stream_broken: 502,

  // How a turn can end early
  turn_abandoned: 500,
  turn_lease_lost: 409,

  // Ourselves
  database_unavailable: 503,
  internal: 500,

  // Raised by a client
  options_invalid: 0,
  network: 0,
  stream_cut: 0,
  stream_malformed: 0,
  response_malformed: 0,
  aborted: 0,
  disposed: 0,
} as const

export type ErrorCode = keyof typeof ERROR_STATUS

/** An error as it travels: in a response's body under `error`, and as the data of a `data-error` part. */
export interface WireError {
  code: ErrorCode
  /** For people, in English. Programs read `code`. */
  message: string
  requestId?: string
  /** Milliseconds until the same request may succeed. */
  retryAfterMs?: number
}

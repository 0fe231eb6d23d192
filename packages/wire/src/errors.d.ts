/**
 * Every error code that LOACL speaks, with the HTTP status it travels under.
 * `0` marks codes that only a client raises: no response carries them.
 *
 * A response that is not OK has the body `{"error": {"code", "message", "requestId", "retryAfterMs"?}}`; once a stream
 * has begun, the same object is the data of a `data-error` part.
 */
export declare const ERROR_STATUS: {
    readonly invalid_json: 400;
    readonly invalid_body: 400;
    readonly text_required: 400;
    readonly text_too_long: 413;
    readonly body_too_large: 413;
    readonly turn_type_unsupported: 400;
    readonly not_found: 404;
    readonly method_not_allowed: 405;
    readonly key_rejected: 401;
    readonly session_missing: 401;
    readonly session_invalid: 401;
    readonly session_expired: 401;
    readonly session_mismatch: 403;
    readonly origin_not_allowed: 403;
    readonly assistant_not_found: 404;
    readonly assistant_inactive: 403;
    readonly thread_not_found: 404;
    readonly message_not_found: 404;
    readonly turn_not_found: 404;
    readonly suggestion_not_found: 404;
    readonly id_conflict: 409;
    readonly turn_in_progress: 409;
    readonly rate_limited: 429;
    readonly budget_exceeded: 429;
    readonly thread_full: 429;
    readonly price_unknown: 409;
    readonly provider_key_missing: 503;
    readonly provider_key_unusable: 503;
    readonly provider_key_rejected: 502;
    readonly model_rate_limited: 502;
    readonly model_request_rejected: 502;
    readonly model_unavailable: 502;
    readonly model_stream_broken: 502;
    readonly turn_abandoned: 500;
    readonly turn_lease_lost: 409;
    readonly database_unavailable: 503;
    readonly internal: 500;
    readonly network: 0;
    readonly stream_cut: 0;
    readonly stream_malformed: 0;
    readonly response_malformed: 0;
    readonly aborted: 0;
    readonly disposed: 0;
};
export type ErrorCode = keyof typeof ERROR_STATUS;
/** An error as it travels: in a response's body under `error`, and as the data of a `data-error` part. */
export interface WireError {
    code: ErrorCode;
    /** For people, in English. Programs read `code`. */
    message: string;
    requestId?: string;
    /** Milliseconds until the same request may succeed. */
    retryAfterMs?: number;
}

import type { ErrorCode } from '@loacl/wire'
import { CodedError } from './coded_error.ts'

/** What a visitor reads when a turn fails. None of it says more of the owner's setup than that. */
const MESSAGES: { readonly [Code in ErrorCode]?: string } = {
  provider_key_missing: 'The assistant is not connected to a model yet.',
  provider_key_unusable: "The assistant's connection to its model can't be used.",
  provider_key_rejected: "The model provider did not accept the assistant's key.",
  model_rate_limited: 'The model has too much to do at the moment. Please try again in a little while.',
  model_request_rejected: 'The model did not accept the request.',
  model_input_too_long: 'This is more than the model can read at once. Please send less.',
  model_unavailable: "The model can't be reached at the moment. Please try again.",
  model_stream_broken: 'The answer broke off. Please try again.',
  files_unsupported: 'The model reads no such files. Please send your message without them.',
  storage_unavailable: "Files can't be reached at the moment. Please try again.",
  input_flagged: "This message can't be answered here. Please put it in other words.",
  output_flagged: 'This answer was withdrawn, because it is not fit to be shown here.',
  moderation_unavailable: "What is written here can't be checked at the moment, so nothing is shown. Please try again.",
  turn_abandoned: 'The answer was interrupted. Please try again.',
  turn_lease_lost: 'The answer was interrupted. Please try again.',
  database_unavailable: "The answer can't be stored at the moment. Please try again.",
}

/** An error that ends a turn. `cause` is for the log alone: a provider's own words may quote the prompt or the key. */
export function turnError(
  code: ErrorCode,
  options: { retryAfterMs?: number | undefined; cause?: unknown } = {},
): CodedError {
  return new CodedError(code, MESSAGES[code] ?? 'The answer failed. Please try again.', options)
}

const REFUSALS: ReadonlySet<ErrorCode> = new Set([
  'provider_key_missing',
  'provider_key_unusable',
  'provider_key_rejected',
  'model_rate_limited',
  'model_request_rejected',
  'model_input_too_long',
  'model_unavailable',
  'files_unsupported',
  'storage_unavailable',
])

/** Whether a call that brought nothing failed before anybody charged for it. The database asks the same of an answer. */
export const isRefusal = ({ code }: CodedError): boolean => REFUSALS.has(code)

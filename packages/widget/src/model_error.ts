import { type ErrorCode, LoaclError } from '@loacl/core'

const toError =
  (code: ErrorCode, message?: string) =>
  (cause: unknown): LoaclError =>
    LoaclError.is(cause) ? cause : new LoaclError(code, message, { cause })

export const toLoaclError = toError('internal')

/** Code that comes when it is wanted did not come. */
export const toFetchError = toError('network', 'The chat panel could not be fetched.')

import { LoaclError } from '@loacl/core'

export const toLoaclError = (error: unknown): LoaclError =>
  LoaclError.is(error) ? error : new LoaclError('internal', 'The widget failed.', { cause: error })

/** Code that comes when it is wanted did not come. */
export const toFetchError = (cause: unknown): LoaclError =>
  LoaclError.is(cause) ? cause : new LoaclError('network', 'The chat panel could not be fetched.', { cause })

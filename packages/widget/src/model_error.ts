import { LoaclError } from '@loacl/core'

export const toLoaclError = (error: unknown): LoaclError =>
  LoaclError.is(error) ? error : new LoaclError('internal', 'The widget failed.', { cause: error })

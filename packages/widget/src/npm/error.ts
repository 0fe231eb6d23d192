import type { ErrorCode, LoaclError } from '@loacl/core'

/** To `LoaclError.is` it is one. The class itself would bring all of core to a page on which nobody has asked for it yet. */
export const createError = (code: ErrorCode, message: string, cause?: unknown): LoaclError =>
  Object.assign(new Error(message, { cause }), { name: 'LoaclError', code }) as LoaclError

export const isLoaclError = (error: unknown): error is LoaclError =>
  (error as Error | null | undefined)?.name === 'LoaclError'

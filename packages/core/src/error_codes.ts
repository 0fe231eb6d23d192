import { isSessionCode, type ErrorCode } from '@loacl/wire'
import { LoaclError } from './errors.ts'

export const hasCode = (error: unknown, code: ErrorCode): boolean => LoaclError.is(error) && error.code === code

export const isSessionError = (error: unknown): boolean => LoaclError.is(error) && isSessionCode(error.code)

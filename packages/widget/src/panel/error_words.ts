import type { ErrorCode } from '@loacl/core'
import { fill, type Strings } from '../strings.ts'
import { relativeTime } from './relative_time.ts'

/** What to tell the visitor about an error, with the time of the next try where that is known. */
export function describeError(code: ErrorCode, words: Strings, retryAfterMs?: number, locale?: string): string {
  // A newer server may send a code that is no member here, but one of every object's.
  const sentence = (Object.hasOwn(words.errors, code) && words.errors[code]) || words.errors.other
  return retryAfterMs ? `${sentence} ${fill(words.retryWhen, { when: relativeTime(retryAfterMs, locale) })}` : sentence
}

/** Errors that another try can't mend, but a new thread can. */
export const NEEDS_NEW_THREAD: ReadonlySet<string> = new Set([
  'thread_not_found',
  'message_not_found',
  'thread_full',
  'session_missing',
  'session_invalid',
  'session_expired',
  'session_mismatch',
] satisfies ErrorCode[])

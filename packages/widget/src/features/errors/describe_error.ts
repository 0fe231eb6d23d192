import { relativeTime } from '../relative_time.ts'
import { remedyOf } from '../remedy.ts'
import { type ErrorCode, fill, type Strings, type Words } from '../runtime.ts'
import { BY_REMEDY, ENGLISH } from './english.ts'

/** What to tell the visitor about an error, with the time of the next try where that is known. */
export function describeError(code: ErrorCode, words: Words, retryAfterMs?: number, locale?: string): string {
  // A newer server may send a code that is no member here, but one of every object's.
  const own = (errors: Partial<Strings['errors']>) => (Object.hasOwn(errors, code) ? errors[code] : '')
  const sentence = own(words.errors) || own(ENGLISH.errors) || BY_REMEDY[remedyOf(code)] || words.errors.other
  if (!retryAfterMs) return sentence
  const when = relativeTime(retryAfterMs, locale)
  return `${sentence} ${fill(words.retryWhen ?? ENGLISH.retryWhen, { when })}`
}

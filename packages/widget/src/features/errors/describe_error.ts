import { isForOwner, isThreadOver } from '../remedy.ts'
import type { ErrorCode, Strings, Words } from '../runtime.ts'
import { ENGLISH, NOT_SET_UP, SESSION_ENDED } from './english.ts'

/** What to tell the visitor about an error. */
export function describeError(code: ErrorCode, words: Words): string {
  // A newer server may send a code that is no member here, but one of every object's.
  const own = (errors: Partial<Strings['errors']>) => (Object.hasOwn(errors, code) ? errors[code] : '')
  const known = own(words.errors) || own(ENGLISH.errors)
  return known || (isForOwner(code) ? NOT_SET_UP : isThreadOver(code) ? SESSION_ENDED : words.errors.other)
}

import { isForOwner, isThreadOver } from '../remedy.ts'
import type { ErrorCode, Strings, Words } from '../runtime.ts'
import { ENGLISH } from './english.ts'

/** What to tell the visitor about an error. */
export function describeError(code: ErrorCode, words: Words): string {
  // A newer server may send a code that is no member here, but one of every object's.
  const own = (errors: Partial<Strings['errors']>) => (Object.hasOwn(errors, code) ? errors[code] : '')
  const known = own(words.errors) || own(ENGLISH.errors)
  const { notSetUp, sessionEnded } = { ...ENGLISH, ...words }
  return known || (isForOwner(code) ? notSetUp : isThreadOver(code) ? sessionEnded : words.errors.other)
}

import type { LoaclError } from '../runtime.ts'
import { CAUSES } from './causes.ts'

/** Where the documentation is published, with a slash at its end. Empty: a path in the repository is named. */
const DOCS_ADDRESS = ''

/** One line on the console: the code, the request's id in the functions' log, the error, and how to mend it. */
export function tellDeveloper(error: LoaclError): void {
  const { code, requestId = '' } = error
  const line = ['loacl', code, requestId, error]
  if (Object.hasOwn(CAUSES, code)) line.push(`\n${CAUSES[code]} See ${DOCS_ADDRESS}docs/errors.md#${code}`)
  console.error(...line)
}

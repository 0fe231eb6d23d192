import { CodedError } from '../coded_error.ts'
import { malformed } from './refusals.ts'
import { holds, toLatin1 } from './search_bytes.ts'

/** Each letter of a name may stand as its number: `#45` is `E`. */
const ENCRYPT =
  /\/(?:E|#45)(?:n|#6[Ee])(?:c|#63)(?:r|#72)(?:y|#79)(?:p|#70)(?:t|#74)[\0\t\n\f\r ]*(?:\d+[\0\t\n\f\r ]+\d+[\0\t\n\f\r ]+R\b|<<)/

/**
 * ISO 32000: begins with its version, ends with its end mark. What is in it is for the model's provider to read: no part of it
 * is opened here.
 */
export function checkPdf(bytes: Uint8Array): void {
  if (!/^%PDF-\d\.\d/.test(toLatin1(bytes.subarray(0, 16)))) throw malformed('it is no PDF')
  const end = toLatin1(bytes.subarray(-2_048))
  if (!/%%EOF[\0\t\n\f\r ]*$/.test(end.slice(-1_024)) || !/\bstartxref\b/.test(end))
    throw malformed('it is more or less than one PDF')
  // The trailer, or the dictionary of a cross-reference stream, which is never encrypted itself.
  if (holds(bytes, '/', ENCRYPT))
    throw new CodedError('file_encrypted', 'This PDF is protected. Please save it without a password.')
}

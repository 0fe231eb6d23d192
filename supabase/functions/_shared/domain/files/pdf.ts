import { CodedError } from '../coded_error.ts'
import { malformed } from './refusals.ts'

// What is looked for is ASCII, which this leaves as it is.
const latin1 = new TextDecoder('latin1')

/**
 * ISO 32000: begins with its version, ends with its end mark. What is in it is for the model's provider to read: no part of it
 * is opened here.
 */
export function checkPdf(bytes: Uint8Array): void {
  const text = latin1.decode(bytes)
  if (!/^%PDF-\d\.\d/.test(text)) throw malformed('it is no PDF')
  if (!/%%EOF[\0\t\n\f\r ]*$/.test(text.slice(-1_024)) || !/\bstartxref\b/.test(text.slice(-2_048)))
    throw malformed('it is more or less than one PDF')
  // The trailer, or the dictionary of a cross-reference stream, which is never encrypted itself.
  if (/\/Encrypt[\0\t\n\f\r ]*(\d+[\0\t\n\f\r ]+\d+[\0\t\n\f\r ]+R\b|<<)/.test(text))
    throw new CodedError('file_encrypted', 'This PDF is protected. Please save it without a password.')
}

import { CodedError } from '../coded_error.ts'

/** Cut short, damaged, or more than one file. */
export const malformed = (what: string): CodedError =>
  new CodedError('file_malformed', `This file is damaged, or not only what it says that it is: ${what}.`)

export const hasMetadata = (what: string): CodedError =>
  new CodedError(
    'file_has_metadata',
    `This picture still says where or how it was made (${what}). Please save it without that.`,
  )

export const mismatch = (what: string): CodedError =>
  new CodedError('file_mismatch', `The file is not what it was said to be: ${what}.`)

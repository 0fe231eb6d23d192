import { CodedError } from '../../_shared/domain/coded_error.ts'

/** @throws CodedError `invalid_body` where a body is no object */
export function toRecord(body: unknown): Readonly<Record<string, unknown>> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw invalid('The body must be an object.')
  return body as Record<string, unknown>
}

export const invalid = (message: string): CodedError => new CodedError('invalid_body', message)

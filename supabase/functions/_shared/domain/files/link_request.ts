import { CodedError } from '../coded_error.ts'

/** Whether a link is to save a file, by the body of `POST /files/:id/link`. */
export function readLinkRequest(body: unknown): boolean {
  const { download = false } = (body ?? {}) as Record<string, unknown>
  if (typeof download !== 'boolean') throw new CodedError('invalid_body', '"download" must be true or false.')
  return download
}

import { CodedError } from '../domain/coded_error.ts'

/**
 * Reads a JSON body of at most `maxBytes`, whatever its content type says. The bytes are counted as they come: a
 * declared length may be missing or wrong.
 *
 * @param empty what a body of no bytes stands for; left out, it is refused
 * @throws CodedError `body_too_large`, `invalid_json`
 */
export async function readJsonBody(request: Request, maxBytes: number, empty?: unknown): Promise<unknown> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of request.body ?? []) {
    length += chunk.byteLength
    if (length > maxBytes) throw new CodedError('body_too_large', `The body is larger than ${maxBytes} bytes.`)
    chunks.push(chunk)
  }
  if (length === 0 && empty !== undefined) return empty
  const bytes = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.byteLength
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new CodedError('invalid_json', 'The body is not JSON in UTF-8.')
  }
}

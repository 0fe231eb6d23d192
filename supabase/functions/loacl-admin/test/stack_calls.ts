import { ADMIN_FUNCTION, CHAT_FUNCTION, FUNCTIONS_PATH, readParts, type NumberedPart } from '@loacl/wire'
import type { StackInfo } from '../../../../packages/local/src/index.ts'
import { createToken } from '../../../tests/support/api.ts'

type Project = Pick<StackInfo, 'apiUrl' | 'publishableKey' | 'secretKey'>

/** The function `loacl-admin`, as the owner of this access token calls it unless other headers say who does. */
export async function callAdmin(
  { apiUrl, publishableKey }: Project,
  jwt: string,
  method: string,
  path: string,
  body?: object,
  headers?: Record<string, string>,
) {
  const response = await fetch(`${apiUrl}/${FUNCTIONS_PATH}${ADMIN_FUNCTION}${path}`, {
    method,
    headers: headers ?? { apikey: publishableKey, authorization: `Bearer ${jwt}` },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  const text = await response.text()
  return { status: response.status, text, body: text ? JSON.parse(text) : null }
}

/** A visitor's message, and the parts that answer it. */
export async function sendMessage(
  { apiUrl, publishableKey }: Project,
  assistantId: string,
): Promise<AsyncIterable<NumberedPart>> {
  const response = await fetch(`${apiUrl}/${FUNCTIONS_PATH}${CHAT_FUNCTION}/turns`, {
    method: 'POST',
    headers: { apikey: publishableKey, 'x-loacl-session': createToken(), origin: 'https://site.test' },
    body: JSON.stringify({ type: 'message', assistantId, id: crypto.randomUUID(), threadId: null, text: 'Hi' }),
  })
  if (!response.ok) throw new Error(await response.text())
  return readParts(response.body!)
}
export async function toEnd(parts: AsyncIterable<NumberedPart>): Promise<NumberedPart['part'][]> {
  const all: NumberedPart['part'][] = []
  for await (const { part } of parts) all.push(part)
  return all
}
export const errorCodeOf = (parts: readonly NumberedPart['part'][]): string | undefined =>
  parts.find((part) => part.type === 'data-error')?.data.code

/** Storage, as the functions call it. */
export const callStorage = ({ apiUrl, secretKey }: Project, method: string, path: string, body?: object | string) =>
  fetch(`${apiUrl}/storage/v1/${path}`, {
    method,
    headers: {
      apikey: secretKey,
      authorization: `Bearer ${secretKey}`,
      'content-type': typeof body === 'object' ? 'application/json' : 'text/plain',
    },
    ...(body === undefined ? {} : { body: typeof body === 'object' ? JSON.stringify(body) : body }),
  })

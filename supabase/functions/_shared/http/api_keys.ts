import { CodedError } from '../domain/coded_error.ts'

/**
 * Makes the check of a request's `apikey` (a Bearer token will do): one of the project's own keys, or `key_rejected`.
 * The function does it itself, for the platform's check of JWTs knows nothing of these keys.
 */
export function createApiKeyCheck(keys: readonly string[]): (request: Request) => Promise<void> {
  const bringsOne = createKeyMatcher(keys)
  return async (request) => {
    if (!(await bringsOne(request)))
      throw new CodedError('key_rejected', "The request needs the project's publishable key as its apikey header.")
  }
}

/** Whether a request's `apikey`, or without one its Bearer token, is one of these keys. */
export function createKeyMatcher(keys: readonly string[]): (request: Request) => Promise<boolean> {
  const known = Promise.all(keys.map(digest))
  return async (request) => {
    const given = await digest(request.headers.get('apikey') ?? bearerOf(request) ?? '')
    let found = 0
    for (const key of await known) found |= equal(given, key)
    return found === 1
  }
}

/** The token of a request's `authorization` header. */
export const bearerOf = (request: Request): string | null =>
  request.headers.get('authorization')?.match(/^Bearer\s+(\S+)$/i)?.[1] ?? null

const digest = async (text: string): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))

/** 1 or 0, in a time that does not depend on where the two differ. */
function equal(a: Uint8Array, b: Uint8Array): number {
  let difference = 0
  for (let at = 0; at < a.length; at++) difference |= a[at]! ^ b[at]!
  return Number(difference === 0)
}

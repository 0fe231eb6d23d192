/** A UUID of version 4. `crypto.randomUUID` is missing on pages without HTTPS. */
export const randomUuid = (): string =>
  // Each x is 4 random bits, and y, which says the variant, 2.
  'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx'.replace(/[xy]/g, (digit) => {
    const [byte = 0] = crypto.getRandomValues(new Uint8Array(1))
    return (digit === 'x' ? byte & 15 : (byte & 3) | 8).toString(16)
  })

/** 256 random bits as unpadded base64url. */
export function randomToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32))
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

/** A UUID of version 4. `crypto.randomUUID` is missing on pages without HTTPS. */
export const randomUuid = (): string =>
  // Each 0 and 1 becomes 4 random bits, and the 8, which says the variant, keeps its first one.
  '10000000-1000-4000-8000-100000000000'.replace(/[018]/g, (digit) => {
    const [byte = 0] = crypto.getRandomValues(new Uint8Array(1))
    return (Number(digit) ^ (byte & (15 >> (Number(digit) / 4)))).toString(16)
  })

/** 256 random bits as unpadded base64url. */
export function randomToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32))
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

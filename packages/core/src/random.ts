/** Random bits as unpadded base64url. */
export function randomToken(bits = 256): string {
  const bytes = crypto.getRandomValues(new Uint8Array(bits / 8))
  return btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=/g, '')
}

/** As hard to guess as a UUID. `crypto.randomUUID` is missing on pages without HTTPS. */
export const randomId = (): string => randomToken(128)

/** Random letters and digits: 43 of them have 256 bits. */
export const randomToken = (length = 43): string =>
  btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(99))))
    // Three characters of hundred: what is left is long enough, and each as likely as any other.
    .replace(/\W/g, '')
    .slice(0, length)

/** As hard to guess as a UUID. `crypto.randomUUID` is missing on pages without HTTPS. */
export const randomId = (): string => randomToken(22)

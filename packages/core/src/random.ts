/** Random digits of base 32: five bits each. */
const randomDigits = (length: number): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(length)), (byte) => (byte % 32).toString(32)).join('')

/** 215 bits, in a session token's form. */
export const randomToken = (): string => randomDigits(43)

/** As hard to guess as a UUID. `crypto.randomUUID` is missing on pages without HTTPS. */
export const randomId = (): string => randomDigits(25)

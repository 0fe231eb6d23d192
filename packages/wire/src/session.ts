/** Request header that carries the visitor's session token, to the Data API and to the functions alike. */
export const SESSION_HEADER = 'x-loacl-session'

/** 32 random bytes as unpadded base64url (RFC 4648, section 5). The database keeps only the SHA-256 of this text. */
export const SESSION_TOKEN: RegExp = /^[\w-]{43}$/

/** A UUID in its canonical, lower-case form (RFC 9562). */
export const UUID: RegExp = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** An id that a client makes, of a message or of a thread: 1 to 128 visible ASCII characters. */
export const CLIENT_ID: RegExp = /^[!-~]{1,128}$/

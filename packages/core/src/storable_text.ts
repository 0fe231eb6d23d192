/**
 * A text as PostgreSQL can store it: without U+0000, and with U+FFFD for each half of a surrogate pair. (`toWellFormed` is
 * younger than the oldest browser served.) What is no text stays as it is.
 */
export const toStorable = <T>(value: T): T =>
  typeof value === 'string' ? (value.replaceAll('\0', '').replace(/\p{Cs}/gu, '\ufffd') as T) : value

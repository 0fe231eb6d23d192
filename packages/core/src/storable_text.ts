/**
 * A text as PostgreSQL can store it: without U+0000, and with U+FFFD for each half of a surrogate pair. (`toWellFormed` is
 * younger than the oldest browser served.)
 */
export const toStorable = (text: string): string => text.replaceAll('\0', '').replace(/\p{Cs}/gu, '\ufffd')

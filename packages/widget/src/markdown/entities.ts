/** Characters by their names, as far as they are known: those in most answers. The feature `entities` adds HTML 4's. */
export const entities = new Map(Object.entries({ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' }))

/** Whether a text has had a name that was not known. */
export let lacksEntities = false

/** A backslash escape or a character reference (spec 2.4, 2.5). */
export const ESCAPE = /\\([!-/:-@[-`{-~])|&(?:#(x[\da-f]{1,6}|\d{1,7})|([a-z][a-z\d]{1,31}));/iy
const ESCAPES = new RegExp(ESCAPE, 'gi')

/** From 0xd800 to 0xdfff, without the last 11 bits. */
const SURROGATES = 27

/** What a match of `ESCAPE` stands for; a name that is unknown stays as written. */
export function decodeEscape([match = '', escaped, number, name]: readonly (string | undefined)[]): string {
  if (escaped) return escaped
  if (name) {
    lacksEntities ||= !entities.has(name)
    return entities.get(name) ?? match
  }
  // With the 0, one that begins with an x is hexadecimal to JavaScript too.
  const code = Number(`0${number}`)
  return !code || code > 0x10ffff || code >> 11 === SURROGATES ? '\ufffd' : String.fromCodePoint(code)
}

/** Escapes and references as they read in destinations, titles and info strings. */
export const unescapeText = (text: string): string => text.replace(ESCAPES, (...match) => decodeEscape(match))

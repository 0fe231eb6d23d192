/** Characters by their names, as far as they are known: those in most answers. The feature `entities` adds HTML 4's. */
export const entities = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
  ['nbsp', '\u00a0'],
])

/** Whether a text has had a name that was not known. */
export let lacksEntities = false

/** A backslash escape or a character reference (spec 2.4, 2.5). */
export const ESCAPE = /\\([!-/:-@[-`{-~])|&(?:#x([\da-f]{1,6})|#(\d{1,7})|([a-z][a-z\d]{1,31}));/iy
const ESCAPES = new RegExp(ESCAPE, 'gi')

/** What a match of `ESCAPE` stands for; a name that is unknown stays as written. */
export function decodeEscape([match = '', escaped, hex, decimal, name]: readonly (string | undefined)[]): string {
  if (escaped) return escaped
  if (name) {
    lacksEntities ||= !entities.has(name)
    return entities.get(name) ?? match
  }
  const code = hex ? parseInt(hex, 16) : Number(decimal)
  return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : '\ufffd'
}

/** Escapes and references as they read in destinations, titles and info strings. */
export const unescapeText = (text: string): string => text.replace(ESCAPES, (...match) => decodeEscape(match))

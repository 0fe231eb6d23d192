import { further, lacking } from './further.ts'

/** A backslash escape or a character reference (spec 2.4, 2.5). */
export const ESCAPE = /\\([!-/:-@[-`{-~])|&(?:#(x[\da-f]{1,6}|\d{1,7})|([a-z][a-z\d]{1,31}));/iy
const ESCAPES = new RegExp(ESCAPE, 'gi')

/** From 0xd800 to 0xdfff, without the last 11 bits. */
const SURROGATES = 27

/** What a match of `ESCAPE` stands for; a name that is unknown stays as written. */
export function decodeEscape([match = '', escaped, number, name]: readonly (string | undefined)[]): string {
  if (escaped) return escaped
  if (name) {
    const text = further.entities.get(name)
    if (!text) lacking.add('entities')
    return text ?? match
  }
  // With the 0, one that begins with an x is hexadecimal to JavaScript too.
  const code = Number(`0${number}`)
  return !code || code > 0x10ffff || code >> 11 === SURROGATES ? '\ufffd' : String.fromCodePoint(code)
}

/** Escapes and references as they read in destinations, titles and info strings. */
export const unescapeText = (text: string): string => text.replace(ESCAPES, (...match) => decodeEscape(match))

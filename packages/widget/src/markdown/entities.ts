import { matchAt } from './sticky.ts'

/**
 * The named references that people write in answers, in the order of what they stand for; HTML's 2,125 would weigh more
 * than the whole parser.
 */
const NAMES =
  'quot amp apos lt gt nbsp cent pound yen sect copy laquo reg deg plusmn sup2 sup3 middot raquo frac12 times szlig ' +
  'divide ndash mdash lsquo rsquo ldquo rdquo bull hellip euro trade larr rarr minus infin asymp ne le ge'
const TEXTS = '"&\'<>\u00a0¢£¥§©«®°±²³·»½×ß÷–—‘’“”•…€™←→−∞≈≠≤≥'
const NAMED = new Map(NAMES.split(' ').map((name, i) => [name, TEXTS[i]]))

/** A letter and its accent, as in `&eacute;`. */
const ACCENTED = /^([a-z])(grave|acute|circ|tilde|uml|cedil)$/i
const COMBINING: Readonly<Record<string, string>> = {
  grave: '\u0300',
  acute: '\u0301',
  circ: '\u0302',
  tilde: '\u0303',
  uml: '\u0308',
  cedil: '\u0327',
}

/** A character reference (spec 6.2). */
export const ENTITY = /&(?:#x([\da-f]{1,6})|#(\d{1,7})|([a-z][a-z\d]{1,31}));/iy

/** The text that a character reference stands for; what is unknown stays as written. */
export function decodeEntity(reference: string): string {
  const match = matchAt(ENTITY, reference, 0)
  if (!match) return reference
  const [, hex, decimal, name] = match
  if (name) return NAMED.get(name) ?? accentedLetter(name) ?? reference
  const code = hex ? parseInt(hex, 16) : Number(decimal)
  return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : '\ufffd'
}

/** `undefined` where there is no such letter. */
function accentedLetter(name: string): string | undefined {
  const [, letter, accent = ''] = ACCENTED.exec(name) ?? []
  const text = letter && (letter + COMBINING[accent]!).normalize()
  return text?.length === 1 ? text : undefined
}

/** Backslash escapes and character references as they read in destinations, titles and info strings (spec 2.4, 2.5). */
export const unescapeText = (text: string): string =>
  text.replace(
    /\\([!-/:-@[-`{-~])|&#?\w{1,32};/g,
    (match, escaped: string | undefined) => escaped ?? decodeEntity(match),
  )

import { matchAt } from './sticky.ts'

/** The named references that people write in answers; HTML's 2,125 would weigh more than the whole parser. */
const COMMON =
  'amp & lt < gt > quot " apos \' copy © reg ® trade ™ hellip … ndash – mdash — lsquo ‘ rsquo ’ ldquo “ rdquo ' +
  '” laquo « raquo » bull • middot · deg ° plusmn ± times × divide ÷ minus − ne ≠ le ≤ ge ≥ asymp ≈ infin ∞ ' +
  'sum ∑ radic √ pi π mu μ micro µ frac12 ½ frac14 ¼ frac34 ¾ sup2 ² sup3 ³ larr ← uarr ↑ rarr → darr ↓ harr ' +
  '↔ euro € pound £ yen ¥ cent ¢ sect § para ¶ auml ä ouml ö uuml ü Auml Ä Ouml Ö Uuml Ü szlig ß eacute é ' +
  'egrave è agrave à ccedil ç ntilde ñ nbsp \u00a0 shy \u00ad'
const NAMED = new Map(Array.from(COMMON.matchAll(/(\w+) ([^ ]+)/g), ([, name, text]) => [name, text]))

/** A character reference (spec 6.2). */
export const ENTITY = /&(?:#x([\da-f]{1,6})|#(\d{1,7})|([a-z][a-z\d]{1,31}));/iy

/** The text that a character reference stands for; what is unknown stays as written. */
export function decodeEntity(reference: string): string {
  const match = matchAt(ENTITY, reference, 0)
  if (!match) return reference
  const [, hex, decimal, name] = match
  if (name) return NAMED.get(name) ?? reference
  const code = hex ? parseInt(hex, 16) : Number(decimal)
  return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : '\ufffd'
}

/** Backslash escapes and character references as they read in destinations, titles and info strings (spec 2.4, 2.5). */
export const unescapeText = (text: string): string =>
  text.replace(
    /\\([!-/:-@[-`{-~])|&#?\w{1,32};/g,
    (match, escaped: string | undefined) => escaped ?? decodeEntity(match),
  )

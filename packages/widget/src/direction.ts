export type Direction = 'ltr' | 'rtl'

const RIGHT_TO_LEFT = /^(ar|arc|ckb|dv|fa|ha-arab|he|ks|ku-arab|nqo|ps|sd|syr|ug|ur|yi)\b/i

export const directionOfLocale = (locale: string): Direction => (RIGHT_TO_LEFT.test(locale) ? 'rtl' : 'ltr')

const STRONG = /[\p{L}\u200e\u200f]/u
const STRONG_RIGHT_TO_LEFT = /[\u0590-\u08ff\u200f\ufb1d-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u

/** By the first letter or mark of direction, as `dir="auto"` finds it in an element's text, but not in a placeholder. */
export const directionOf = (text: string): Direction =>
  // Most texts need the first test alone: to compile the set of all letters takes a slow device milliseconds.
  STRONG_RIGHT_TO_LEFT.test(text) && STRONG_RIGHT_TO_LEFT.test(text.match(STRONG)?.[0] ?? '') ? 'rtl' : 'ltr'

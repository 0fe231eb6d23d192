type Direction = 'ltr' | 'rtl'

const RIGHT_TO_LEFT = /^(ar|arc|ckb|dv|fa|ha-arab|he|ks|ku-arab|nqo|ps|sd|syr|ug|ur|yi)\b/i

export const directionOfLocale = (locale: string): Direction => (RIGHT_TO_LEFT.test(locale) ? 'rtl' : 'ltr')

/** By the first letter, as `dir="auto"` finds it in an element's text, but not in a placeholder. */
export const directionOf = (words: string): Direction =>
  /^\P{L}*[\u0590-\u08ff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u.test(words) ? 'rtl' : 'ltr'

import { fill, type Plural } from './runtime.ts'

/** Words for so many, in the plural form of their language. */
export function fillCount(words: Plural, count: number, locale: string): string {
  const form = new Intl.PluralRules(locale).select(count)
  return fill(typeof words === 'string' ? words : (words[form] ?? words.other), { count: count.toLocaleString(locale) })
}

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const

/**
 * Milliseconds from now, in words: `relativeTime(-7_200_000, 'en')` is `'2 hours ago'`. What is more than a week off
 * counts in weeks.
 */
export function relativeTime(ms: number, locale = 'en'): string {
  const format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
  const size = Math.abs(ms)
  if (size >= 7 * 86_400_000) return format.format(Math.ceil(ms / (7 * 86_400_000)), 'week')
  for (const [unit, length] of UNITS) if (size >= length) return format.format(Math.ceil(ms / length), unit)
  return format.format(Math.ceil(Math.max(ms, 0) / 1000), 'second')
}

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const

/** Milliseconds from now in words, in whole units: nobody is promised more time than there is. */
export function timeLeft(ms: number, locale: string): string {
  const [unit, length] = UNITS.find((each) => ms >= each[1]) ?? UNITS[3]
  return new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(Math.max(0, Math.floor(ms / length)), unit)
}

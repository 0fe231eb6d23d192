import { expect, test } from 'vitest'
import { paintAccent } from '../src/look.ts'

/** What is set on the element. */
function paint(accent: unknown): Record<string, string> {
  const set: Record<string, string> = {}
  const style = { setProperty: (name: string, value: string) => void (set[name] = value) }
  paintAccent({ style } as HTMLElement, accent)
  return set
}

/** By WCAG 2.2, 0 to 1. */
function luminance(color: string): number {
  const channels = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16) / 255)
  const [red, green, blue] = channels.map((value) =>
    value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4,
  )
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!
}

test('the text on any accent can be read: its contrast is 4.5 to one at least', () => {
  const steps = Array.from({ length: 18 }, (_, step) => (step * 15).toString(16).padStart(2, '0'))
  for (const red of steps)
    for (const green of steps)
      for (const blue of steps) {
        const accent = `#${red}${green}${blue}`
        const text = paint(accent)['--_accent-text']
        const lightness = luminance(accent)
        expect(['#000', '#fff']).toContain(text)
        const contrast = text === '#000' ? (lightness + 0.05) / 0.05 : 1.05 / (lightness + 0.05)
        expect(contrast, `${text} on ${accent}`).toBeGreaterThanOrEqual(4.5)
      }
})

test('an accent that is no colour of six digits is left alone', () => {
  for (const accent of ['red', '#123', '#1234567', '#12345g', 'url(//x)', 7, null]) expect(paint(accent)).toEqual({})
})

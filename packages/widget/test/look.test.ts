import { expect, test } from 'vitest'
import { paintAccent } from '../src/accent.ts'

/** What is set on the element. */
function paint(accent: unknown): Record<string, string> {
  const set: Record<string, string> = {}
  const style = { setProperty: (name: string, value: string) => void (set[name] = value) }
  paintAccent({ style } as HTMLElement, accent)
  return set
}

test('an accent of six digits is the element’s', () => {
  expect(paint('#14665A')).toEqual({ '--_accent': '#14665A' })
})

test('an accent that is no colour of six digits is left alone', () => {
  for (const accent of ['red', '#123', '#1234567', '#12345g', 'url(//x)', 7, null]) expect(paint(accent)).toEqual({})
})

import { expect, it } from 'vitest'
import { pauseAfter } from './part_log.ts'

it.each([
  ['at the beginning', 0, 5, 100],
  ['after two seconds', 2_000, 5, 160],
  ['in a long answer', 60_000, 5, 250],
  ['where the database takes long', 0, 90, 360],
  ['where it takes very long', 60_000, 9_000, 2_000],
])('parts are gathered %s', (_, elapsed, duration, ms) => {
  expect(pauseAfter(elapsed, duration)).toBe(ms)
})

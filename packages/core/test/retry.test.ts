import { afterEach, expect, it, vi } from 'vitest'
import { delayBefore } from '../src/reconnect.ts'

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** Milliseconds before attempt `attempt`, where the dice say `dice`. */
async function delayOf(attempt: number, dice: number): Promise<number> {
  vi.useFakeTimers()
  vi.spyOn(Math, 'random').mockReturnValue(dice)
  const from = Date.now()
  const waited = delayBefore(attempt, new AbortController().signal).then(() => Date.now() - from)
  await vi.runAllTimersAsync()
  return waited
}

it('visitors whose project was away come back spread over the second half of each pause', async () => {
  expect([await delayOf(1, 0), await delayOf(1, 0.5), await delayOf(1, 0.99)]).toEqual([250, 375, 497])
  expect([await delayOf(7, 0), await delayOf(7, 0.5), await delayOf(7, 0.99)]).toEqual([4_000, 6_000, 7_960])
})

import { afterEach, describe, expect, it, vi } from 'vitest'
import { backOff, withRetries } from '../src/retry.ts'

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** Milliseconds after `failures` failures, where the dice say `dice`. */
async function delayOf(failures: number, dice: number): Promise<number> {
  vi.useFakeTimers()
  vi.spyOn(Math, 'random').mockReturnValue(dice)
  const from = Date.now()
  const waited = backOff(failures, new AbortController().signal).then(() => Date.now() - from)
  await vi.runAllTimersAsync()
  return waited
}

it('visitors whose project was away come back spread over the second half of each pause', async () => {
  expect([await delayOf(1, 0), await delayOf(1, 0.5), await delayOf(1, 0.99)]).toEqual([250, 375, 497])
  expect([await delayOf(7, 0), await delayOf(7, 0.5), await delayOf(7, 0.99)]).toEqual([4_000, 6_000, 7_960])
})

it('a wait whose signal is aborted ends at once, and nothing is tried after it', async () => {
  await expect(backOff(7, AbortSignal.abort())).rejects.toMatchObject({ code: 'aborted' })
})

/** Work that fails with each of these in turn, and then succeeds. */
const failing = (...errors: string[]) => {
  const tries: number[] = []
  const work = async (): Promise<string> => {
    tries.push(tries.length + 1)
    const error = errors.shift()
    if (error) throw error
    return 'done'
  }
  return { tries, work }
}
const always = () => true

describe('what fails is tried again', () => {
  it('as often as allowed', async () => {
    const twice = failing('a', 'b')
    expect(await withRetries(twice.work, { limit: 2, when: always })).toBe('done')
    const thrice = failing('a', 'b', 'c')
    await expect(withRetries(thrice.work, { limit: 2, when: always })).rejects.toBe('c')
    expect(thrice.tries).toHaveLength(3)
  })

  it('only where that may help', async () => {
    const { tries, work } = failing('a', 'b')
    await expect(withRetries(work, { limit: 7, when: (error) => error === 'a' })).rejects.toBe('b')
    expect(tries).toHaveLength(2)
  })

  it('after a repair, which may give it up', async () => {
    const { tries, work } = failing('a', 'b', 'c')
    const repaired: unknown[] = []
    const before = async (error: unknown, failures: number) => {
      repaired.push([error, failures])
      if (failures === 2) throw 'beyond repair'
    }
    await expect(withRetries(work, { limit: 7, when: always, before })).rejects.toBe('beyond repair')
    expect(repaired).toEqual([
      ['a', 1],
      ['b', 2],
    ])
    expect(tries).toHaveLength(2)
  })

  it('counting anew once it has got on', async () => {
    const { work } = failing('a', 'b', 'c')
    const counts: number[] = []
    const result = await withRetries(
      (reset) => {
        if (counts.length === 2) reset()
        return work()
      },
      { limit: 2, when: always, before: async (_, failures) => void counts.push(failures) },
    )
    expect([result, counts]).toEqual(['done', [1, 2, 1]])
  })
})

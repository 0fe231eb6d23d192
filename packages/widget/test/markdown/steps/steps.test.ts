import { describe, expect, test } from 'vitest'
import { HOSTILE } from '../hostile.ts'
import { createCounted } from './count.ts'
import { growthOf, LINEAR } from './growth.ts'

const counted = await createCounted()

describe.each(Object.entries(HOSTILE))('twice as much of %s takes about twice the steps', (_, input) => {
  const read = (size: number) => counted.steps(() => counted.read(input(size)))
  const show = (size: number) => counted.steps(() => counted.show(input(size), 4))

  test('read at once', () => {
    expect(growthOf(read, 4000, 32_000)).toBeLessThan(LINEAR)
  })

  test('shown as it comes in, a few characters at a time', { timeout: 30_000 }, () => {
    expect(growthOf(show, 600, 5000)).toBeLessThan(LINEAR)
  })
})

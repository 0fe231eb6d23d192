import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createLazyFeature } from '../src/lazy_feature.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const hanging = () =>
  createLazyFeature(
    () => new Promise(() => {}),
    () => {},
    () => {},
  )

test('a file that hangs is given up after two seconds by each who waits, whoever else has asked since', async () => {
  const feature = hanging()
  const given: string[] = []
  void feature.load().then(() => given.push('first'))
  await vi.advanceTimersByTimeAsync(1500)
  void feature.load().then(() => given.push('second'))
  await vi.advanceTimersByTimeAsync(499)
  expect([given, feature.failed]).toEqual([[], false])
  await vi.advanceTimersByTimeAsync(1)
  expect([given, feature.failed]).toEqual([['first'], true])
  await vi.advanceTimersByTimeAsync(1500)
  expect(given).toEqual(['first', 'second'])
})

test('once it is there, nothing waits any more', async () => {
  let come!: (feature: string) => void
  const feature = createLazyFeature(
    () => new Promise<string>((resolve) => (come = resolve)),
    () => {},
    () => {},
  )
  const loading = Promise.all([feature.load(), feature.load()])
  come('here')
  await loading
  expect([feature.loaded, feature.failed, vi.getTimerCount()]).toEqual(['here', false, 0])
})

import { expect, it, vi } from 'vitest'
import { LoaclError } from '../src/index.ts'

it('an error of another copy of the package is known for what it is', async () => {
  vi.resetModules()
  const other = await import('../src/errors.ts')
  const error = new other.LoaclError('rate_limited', 'Slow down.', { retryAfterMs: 1000 })
  expect(error).not.toBeInstanceOf(LoaclError)
  expect(LoaclError.is(error)).toBe(true)
  expect(error).toBeInstanceOf(Error)
  expect(error.name).toBe('LoaclError')
})

it.each([new Error('x'), { code: 'network' }, null, undefined, 'network'])('%o is none', (value) => {
  expect(LoaclError.is(value)).toBe(false)
})

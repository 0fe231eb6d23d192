import { LoaclError } from '@loacl/core'
import { expect, test, vi } from 'vitest'
import { describeError } from '../src/features/errors/describe_error.ts'
import { ENGLISH as ERRORS } from '../src/features/errors/english.ts'
import { msLeft } from '../src/features/errors/ms_left.ts'
import { relativeTime } from '../src/features/relative_time.ts'
import { ENGLISH, fill, mergeStrings } from '../src/strings.ts'

test('strings of a page go before the English ones, errors one by one', () => {
  const words = mergeStrings(ENGLISH, { newChat: 'Neu', errors: { other: 'Oh', network: 'Kein Netz' } })
  expect(words.newChat).toBe('Neu')
  expect(words.closeChat).toBe(ENGLISH.closeChat)
  expect(words.errors.network).toBe('Kein Netz')
  expect(describeError('network', words)).toBe('Kein Netz')
  expect(describeError('assistant_inactive', words)).toBe(ERRORS.errors.assistant_inactive)
  expect(describeError('internal', words)).toBe('Oh')
})

test('what a string has no value for stays as it is', () => {
  expect(fill('{name} and {other}', { name: 'Ada' })).toBe('Ada and {other}')
})

test('the time of an error is counted from when it was first told', () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const error = new LoaclError('rate_limited', undefined, { retryAfterMs: 90_000 })
  expect(msLeft(error)).toBe(90_000)
  vi.advanceTimersByTime(89_000)
  expect(msLeft(error)).toBe(1000)
  vi.advanceTimersByTime(1000)
  expect(msLeft(error)).toBe(0)
  expect(msLeft(new LoaclError('network'))).toBe(0)
  vi.useRealTimers()
})

test.each([
  ['provider_key_missing', 'This chat isn’t set up properly yet. Please tell the owner of this site.'],
  ['not_found', 'This chat isn’t set up properly yet. Please tell the owner of this site.'],
  ['session_expired', 'Your session has ended. Start over to go on.'],
  ['thread_full', 'This conversation is full. Start over to go on.'],
] as const)('%s has words of its own, or those of what it asks for', (code, words) => {
  expect(describeError(code, ENGLISH)).toBe(words)
})

test('a code of a newer server has words, too', () => {
  expect(describeError('toString' as never, ENGLISH)).toBe(ENGLISH.errors.other)
})

test.each([
  [-500, 'now'],
  [-59_000, 'now'],
  [-90_000, '1 minute ago'],
  [-26 * 3_600_000, 'yesterday'],
  [-15 * 86_400_000, '2 weeks ago'],
  [30_000, 'in 30 seconds'],
  [61_000, 'in 2 minutes'],
])('%d ms from now is %s', (ms, words) => {
  expect(relativeTime(ms, 'en')).toBe(words)
})

import { expect, test } from 'vitest'
import { endingOf } from '../src/features/answers/ending.ts'
import { ENGLISH } from '../src/strings.ts'
import { message } from './scripted_client.ts'

test.each([
  [{ status: 'stopped' }, 'You stopped this answer.'],
  [{ status: 'cut', cutReason: 'time_limit' }, 'This answer took too long and was cut short.'],
  [{ status: 'cut', cutReason: 'max_output_tokens' }, 'This answer reached its length limit.'],
  [{ status: 'cut', cutReason: 'content_filter' }, 'This answer was cut short by a content filter.'],
  [{ status: 'cut', cutReason: 'budget' }, 'This answer was cut short by a usage limit.'],
  [{ status: 'waiting' }, ''],
  [{ status: 'completed' }, ''],
  [{ status: 'failed', errorCode: 'internal' }, ''],
] as const)('an answer with %o ends with “%s”', (fields, words) => {
  expect(endingOf(message({ role: 'assistant', ...fields }), ENGLISH)).toBe(words)
})

import { APIError } from 'openai'
import { expect, it } from 'vitest'
import { turnError } from '../domain/turn_errors.ts'
import { toLogLine } from './log_line.ts'

it('says what failed and where, without the words of others', () => {
  const cause = APIError.generate(
    401,
    { error: { message: 'Incorrect key sk-live-123', code: 'invalid_api_key' } },
    undefined,
    new Headers(),
  )
  const line = toLogLine(turnError('provider_key_rejected', { cause }), 'r-1')
  expect(JSON.parse(line)).toMatchObject({
    requestId: 'r-1',
    code: 'provider_key_rejected',
    cause: { status: 401, code: 'invalid_api_key' },
  })
  expect(line).not.toContain('sk-live')
  expect(line).not.toContain('\n')
})

it('says where a fault of ours is', () => {
  expect(JSON.parse(toLogLine(new TypeError('x of undefined'), 'r-1'))).toMatchObject({
    name: 'TypeError',
    stack: expect.arrayContaining([expect.stringContaining('log_line.test.ts')]),
  })
})

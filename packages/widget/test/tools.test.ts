import type { Message, ToolError, ToolPart } from '@loacl/core'
import { expect, test } from 'vitest'
import { ENGLISH } from '../src/features/tools/english.ts'
import { timeLeft } from '../src/features/tools/time_left.ts'
import { isShown, listValues, splitHidden } from '../src/features/tools/values.ts'
import { fillCount } from '../src/features/fill_count.ts'
import { inLanguage, isAsked, statusOf, titleOf } from '../src/features/tools/words.ts'
import { message } from './scripted_client.ts'

const call = (fields: Partial<ToolPart> = {}): ToolPart => ({
  type: 'dynamic-tool',
  toolCallId: 'c1',
  toolName: 'cancel_order',
  state: 'input-available',
  input: {},
  ...fields,
})
const answer = (status: Message['status']): Message => message({ role: 'assistant', status })
const told = (status: Message['status'], fields: Partial<ToolPart>) => statusOf(answer(status), call(fields), ENGLISH)
const german = { language: 'de-AT' } as Parameters<typeof titleOf>[1]

test('a call is named by its owner in the visitor’s language, or else by its tool’s name as words', () => {
  const titles = { en: 'Cancel an order', DE: 'Bestellung stornieren' }
  expect(titleOf(call({ toolMetadata: { kind: 'server', titles } }), german)).toBe('Bestellung stornieren')
  expect(titleOf(call({ title: 'Cancel' }), german)).toBe('Cancel')
  const named = (toolName: string) => titleOf(call({ toolName }), german)
  expect(['cancel_order', 'lookUpOrder', 'shop_HTTP-get', '__', 'x'].map(named)).toEqual([
    'Cancel order',
    'Look up order',
    'Shop HTTP get',
    '__',
    'X',
  ])
})

test.each([
  ['de-AT', 'Österreichisch'],
  ['de', 'Deutsch'],
  ['de-CH', 'Deutsch'],
  ['EN-gb', 'English'],
  ['ar', 'English'],
])('of the owner’s words, those for %s are “%s”', (wanted, words) => {
  expect(inLanguage({ de: 'Deutsch', 'de-AT': 'Österreichisch', en: 'English' }, wanted)).toBe(words)
})

test('without words of the owner’s there are none', () => {
  expect([inLanguage(undefined, 'de'), inLanguage({}, 'de')]).toEqual([undefined, undefined])
})

test('each way in which a call ends has words of its own', () => {
  const { toolErrors } = ENGLISH
  const words = Object.keys(toolErrors).map((errorText) =>
    statusOf(answer('completed'), call({ state: 'output-error', errorText: errorText as ToolError }), ENGLISH),
  )
  expect(new Set(words).size).toBe(15)
  const newer = call({ state: 'output-error', errorText: 'of_a_newer_server' as ToolError })
  expect(statusOf(answer('completed'), newer, ENGLISH)).toBe(toolErrors.tool_failed)
})

test('a call is told by how it stands, and what has no end by the end of its answer gets one', () => {
  expect(told('streaming', {})).toBe('Running…')
  expect(told('waiting', { state: 'approval-responded', approval: { id: 'c1', approved: true } })).toBe('Approved')
  expect(told('waiting', { state: 'approval-responded', approval: { id: 'c1', approved: false } })).toBe(
    'Denied by you',
  )
  expect(told('completed', { state: 'output-denied' })).toBe('Denied by you')
  expect(told('completed', { state: 'output-available' })).toBe('Done')
  expect(told('failed', {})).toBe(ENGLISH.toolErrors.unknown)
  expect(told('stopped', { state: 'approval-requested' })).toBe(ENGLISH.toolErrors.stopped)
})

test('the visitor is asked while the answer may go on, and no longer', () => {
  const asked = call({ state: 'approval-requested' })
  const statuses: Message['status'][] = ['streaming', 'waiting', 'stopped', 'cut', 'failed', 'completed']
  expect(statuses.filter((status) => isAsked(answer(status), asked))).toEqual(['streaming', 'waiting'])
  expect(isAsked(answer('waiting'), call())).toBe(false)
})

test('every value is listed with its path, and none is lost', () => {
  expect(
    listValues({ order: 'A-1', empty: '', none: null, items: [{ sku: 'B', count: 2 }, []], refund: { yes: true } }),
  ).toEqual([
    ['order', 'A-1'],
    ['empty', '""'],
    ['none', 'null'],
    ['items › 1 › sku', 'B'],
    ['items › 1 › count', '2'],
    ['items › 2', '[]'],
    ['refund › yes', 'true'],
  ])
  expect(listValues('as it is')).toEqual([['', 'as it is']])
  expect([{}, [], null, undefined, '', 0, false, { a: 1 }].map(isShown)).toEqual([
    false,
    false,
    false,
    false,
    true,
    true,
    true,
    true,
  ])
})

test.each([
  ['pay \u202e100\u202c now', ['pay ', 'U+202E', '100', 'U+202C', ' now']],
  ['a\u200bb\u00ad', ['a', 'U+200B', 'b', 'U+00AD', '']],
  ['\u0000\t\r', ['', 'U+0000', '', 'U+0009', '', 'U+000D', '']],
  ['\u{e0041}\ud800\u2800\u3164', ['', 'U+E0041', '', 'U+D800', '', 'U+2800', '', 'U+3164', '']],
  ['two\nlines', ['two\nlines']],
  ['user\u200cname', ['user', 'U+200C', 'name']],
  // What makes these look as they should is theirs.
  ['👩‍👩‍👧‍👦 ❤️‍🔥 می‌خواهم', ['👩‍👩‍👧‍👦 ❤️‍🔥 می‌خواهم']],
])('hidden characters of %j are shown by their numbers', (text, pieces) => {
  expect(splitHidden(text)).toEqual(pieces)
})

test.each([
  [86_399_000, 'in 23 hours'],
  [86_400_000, 'tomorrow'],
  [3_660_000, 'in 1 hour'],
  [119_000, 'in 1 minute'],
  [59_999, 'in 59 seconds'],
  [0, 'now'],
  [-5000, 'now'],
])('of %d ms no more is promised than there is: %s', (ms, words) => {
  expect(timeLeft(ms, 'en')).toBe(words)
})

test('counts are told in the plural forms of their language', () => {
  const arabic = { other: '{count} طلب', two: 'طلبان', few: '{count} طلبات' }
  expect([1, 2, 3].map((count) => fillCount(arabic, count, 'ar-EG'))).toEqual(['١ طلب', 'طلبان', '٣ طلبات'])
  expect(fillCount(ENGLISH.approvalsWaiting, 1, 'en')).toBe('A request waits for your approval:')
  expect(fillCount(ENGLISH.approvalsWaiting, 2, 'en')).toBe('2 requests wait for your approval:')
  expect(fillCount('{count}!', 2, 'en')).toBe('2!')
})

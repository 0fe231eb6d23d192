import { expect, it } from 'vitest'
import type { InputItem } from '../domain/model.ts'
import { CALL } from '../test/model_call.ts'
import { createProvider, sse } from '../test/provider_at.ts'
import { FORMATS } from '../test/wire_stories.ts'
import { toOwnItems } from './neutral_items.ts'

const hidden = 'encrypted-by-another'
const ids = 'id-of-another'
/** What a step left, in each format. */
const items = {
  openai: [
    { type: 'reasoning', id: ids, summary: [{ type: 'summary_text', text: hidden }], encrypted_content: hidden },
    { type: 'file_search_call', id: ids, queries: ['x'], results: [{ file_id: ids, text: hidden }] },
    {
      type: 'message',
      id: ids,
      role: 'assistant',
      content: [{ type: 'output_text', text: 'I look.', annotations: [{ type: 'file_citation', file_id: ids }] }],
    },
    { type: 'function_call', id: ids, call_id: 'c1', name: 'look_up', arguments: '{}' },
  ],
  'openai-chat': [
    {
      role: 'assistant',
      content: 'I look.',
      tool_calls: [{ id: 'c1', type: 'function', function: { name: 'look_up', arguments: '{}' } }],
      reasoning_details: [{ type: 'reasoning.encrypted', data: hidden }],
    },
  ],
}
const result: InputItem = { type: 'tool-result', callId: 'c1', output: 'In stock' }
const toInput = (format: keyof typeof items, from: string): InputItem[] => [
  ...items[format].map((item) => ({ type: 'provider-item' as const, item, from })),
  result,
]

it.each(['openai', 'openai-chat'] as const)('another account is told in words what was said by %s', (format) => {
  expect(toOwnItems(toInput(format, 'another'), 'config')).toEqual([
    { type: 'text', role: 'assistant', text: 'I look.' },
    { type: 'tool-call', callId: 'c1', name: 'look_up', arguments: '{}' },
    result,
  ])
})

it('an account gets its own back as it came', () => {
  const input = toInput('openai', 'config')
  expect(toOwnItems(input, 'config')).toEqual(input)
})

it.each([
  null,
  'text',
  7,
  [],
  {},
  { role: 'assistant' },
  { role: 'assistant', content: null },
  { role: 'user', content: 'x' },
])('what is no item of ours says nothing: %j', (item) => {
  expect(toOwnItems([{ type: 'provider-item', item, from: 'another' }], 'config')).toEqual([])
})

it.each([
  ['openai', 'openai'],
  ['openai', 'openai-chat'],
  ['openai-chat', 'openai'],
  ['openai-chat', 'openai-chat'],
] as const)('nothing that another account of %s encrypted or numbered is sent by %s', async (format, wireFormat) => {
  const { ask, requests } = createProvider(() => sse(...FORMATS[wireFormat].stream({ pieces: ['Hi'] })))
  await ask({ ...CALL, wireFormat, input: toInput(format, 'another') })
  const sent = JSON.stringify(requests[0]!.body)
  expect(sent).not.toMatch(new RegExp(`${hidden}|${ids}`))
  expect(sent).toContain('I look.')
  expect(sent).toContain('In stock')
})

import { expect, it } from 'vitest'
import { toChatMessages } from './chat_input.ts'

it('tells a model all kinds of input, and hands back what it said as it came', () => {
  const said = { role: 'assistant', content: 'I look.', tool_calls: [{ id: 'c0', type: 'function' }] }
  expect(
    toChatMessages('Be kind.', [
      { type: 'text', role: 'user', text: 'What is this?' },
      { type: 'image', mediaType: 'image/png', data: 'AAAA' },
      { type: 'file', name: 'a.pdf', mediaType: 'application/pdf', data: 'BBBB' },
      { type: 'provider-item', item: said, from: 'config' },
      { type: 'tool-result', callId: 'c0', output: 'Nothing' },
      { type: 'text', role: 'assistant', text: 'A lamp.' },
      { type: 'tool-call', callId: 'c1', name: 'look_up', arguments: '{}' },
      { type: 'tool-call', callId: 'c2', name: 'look_up', arguments: '{"a":1}' },
      { type: 'tool-result', callId: 'c1', output: 'In stock' },
    ]),
  ).toEqual([
    { role: 'system', content: 'Be kind.' },
    { role: 'user', content: 'What is this?' },
    { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }] },
    {
      role: 'user',
      content: [{ type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,BBBB' } }],
    },
    said,
    { role: 'tool', tool_call_id: 'c0', content: 'Nothing' },
    {
      role: 'assistant',
      content: 'A lamp.',
      tool_calls: [
        { id: 'c1', type: 'function', function: { name: 'look_up', arguments: '{}' } },
        { id: 'c2', type: 'function', function: { name: 'look_up', arguments: '{"a":1}' } },
      ],
    },
    { role: 'tool', tool_call_id: 'c1', content: 'In stock' },
  ])
})

it('says nothing of instructions that are empty', () => {
  expect(toChatMessages('', [{ type: 'text', role: 'user', text: 'Hi' }])).toEqual([{ role: 'user', content: 'Hi' }])
})

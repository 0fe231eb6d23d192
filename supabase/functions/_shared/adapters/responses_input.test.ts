import { expect, it } from 'vitest'
import { toResponsesInput } from './responses_input.ts'

it('tells a model all kinds of input, and hands back what it said as it came', () => {
  const reasoning = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'x' }
  expect(
    toResponsesInput([
      { type: 'text', role: 'user', text: 'What is this?' },
      { type: 'image', mediaType: 'image/png', data: 'AAAA' },
      { type: 'file', name: 'a.pdf', mediaType: 'application/pdf', data: 'BBBB' },
      { type: 'text', role: 'assistant', text: 'A lamp.' },
      { type: 'provider-item', item: reasoning, from: 'config' },
      { type: 'tool-call', callId: 'c1', name: 'look_up', arguments: '{}' },
      { type: 'tool-result', callId: 'c1', output: 'In stock' },
    ]),
  ).toEqual([
    { role: 'user', content: 'What is this?' },
    {
      role: 'user',
      content: [{ type: 'input_image', detail: 'auto', image_url: 'data:image/png;base64,AAAA' }],
    },
    {
      role: 'user',
      content: [{ type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,BBBB' }],
    },
    { role: 'assistant', content: 'A lamp.' },
    reasoning,
    { type: 'function_call', call_id: 'c1', name: 'look_up', arguments: '{}' },
    { type: 'function_call_output', call_id: 'c1', output: 'In stock' },
  ])
})

import { expect, it } from 'vitest'
import { tool } from '../../test/tools.ts'
import type { HostedCallEvent } from '../model.ts'
import { createHostedCallReader } from './hosted_calls.ts'

const search = tool({ name: 'search', kind: 'hosted', hostedType: 'web_search', words: { en: { title: 'Web' } } })
const event = (
  key: string,
  state: HostedCallEvent['state'],
  hostedType: HostedCallEvent['hostedType'] = 'web_search',
) => ({ type: 'hosted-call', key, hostedType, state }) as const

it('shows each call once as the provider’s own, from its beginning to its end, and counts it', () => {
  const reader = createHostedCallReader([search])
  const parts = [event('a', 'begun'), event('a', 'begun'), event('a', 'completed'), event('a', 'completed')].flatMap(
    reader.read,
  )
  const toolCallId = expect.stringMatching(/^[0-9a-f-]{36}$/) as string
  expect(parts).toEqual([
    {
      type: 'tool-input-available',
      toolCallId,
      toolName: 'search',
      title: 'Web',
      input: {},
      dynamic: true,
      providerExecuted: true,
      toolMetadata: { kind: 'hosted', titles: { en: 'Web' } },
    },
    { type: 'tool-output-available', toolCallId, output: null, dynamic: true },
  ])
  expect(reader.read(event('b', 'failed'))).toMatchObject([
    { type: 'tool-input-available' },
    { type: 'tool-output-error', errorText: 'tool_failed' },
  ])
  expect(reader.read(event('c', 'begun'))).toHaveLength(1)
  expect(reader.close()).toMatchObject([{ type: 'tool-output-error', errorText: 'stopped' }])
  expect(reader.close()).toEqual([])
  expect(reader.calls).toEqual([{ name: 'search', count: 3 }])
})

it('knows no tool that the owner has not declared, and no end of calls', () => {
  const reader = createHostedCallReader([search])
  expect(reader.read(event('a', 'completed', 'code_interpreter'))).toEqual([])
  for (let nth = 0; nth < 200; nth++) reader.read(event(`call ${nth}`, 'completed'))
  expect(reader.calls).toEqual([{ name: 'search', count: 64 }])
})

import { describe, expect, it } from 'vitest'
import { CALL } from '../test/model_call.ts'
import { createProvider, sse } from '../test/provider_at.ts'
import { FORMATS } from '../test/wire_stories.ts'
import { createResponsesReader, type ResponsesEvent } from './responses_events.ts'

const hosted = (hostedType: 'web_search' | 'file_search' | 'code_interpreter', options = {}) => ({
  type: 'hosted' as const,
  hostedType,
  options,
})
const answer = (format: 'openai' | 'openai-chat') => () => sse(...FORMATS[format].stream({ pieces: ['Hi'] }))

describe('tools that the provider runs', () => {
  it('are asked for with the owner’s options, and no more often than is reserved', async () => {
    const { ask, requests } = createProvider(answer('openai'))
    const tools = [
      hosted('web_search', { type: 'mcp', search_context_size: 'low' }),
      hosted('file_search', { vector_store_ids: ['vs_1'] }),
      hosted('code_interpreter'),
    ]
    await ask({ ...CALL, tools, maxHostedCalls: 4 })
    expect(requests[0]!.body).toMatchObject({
      tools: [
        { type: 'web_search', search_context_size: 'low' },
        { type: 'file_search', vector_store_ids: ['vs_1'] },
        { type: 'code_interpreter', container: { type: 'auto' } },
      ],
      parallel_tool_calls: true,
      max_tool_calls: 4,
    })
  })

  it('are left out of Chat Completions, which has none, and the log says so once', async () => {
    const { ask, requests, notes } = createProvider(answer('openai-chat'))
    const call = { ...CALL, wireFormat: 'openai-chat' as const, tools: [hosted('web_search')] }
    await ask(call)
    await ask(call)
    expect(requests[0]!.body).not.toHaveProperty('tools')
    expect(notes).toEqual([{ parameter: 'tools.web_search', renamedTo: null, model: 'gpt-6-luna', configId: 'config' }])
  })

  it.each([
    ["Hosted tool 'web_search' is not supported with this model.", 'tools'],
    ["Invalid value: 'web_search'. Supported values are: 'function'.", 'tools[1].type'],
  ])('are left out where a model has not this one, and functions stay: %s', async (message, param) => {
    const refuse = () => Response.json({ error: { message, param, type: 'invalid_request_error' } }, { status: 400 })
    const { ask, requests, notes } = createProvider(refuse, answer('openai'))
    const tools = [
      { type: 'function' as const, name: 'look_up', description: '', parameters: { type: 'object' } },
      hosted('web_search'),
    ]
    expect(await ask({ ...CALL, tools })).toMatchObject({ text: 'Hi', error: null })
    expect(requests[1]!.body.tools).toMatchObject([{ type: 'function' }])
    expect(notes).toMatchObject([{ parameter: 'tools.web_search' }])
  })

  it('tell that they begin and how they end, and their items are handed back', () => {
    const read = createResponsesReader(false)
    const item = { type: 'web_search_call', id: 'ws_1', action: { type: 'search', query: 'lamps' } }
    const events = [
      { type: 'response.output_item.added', item: { ...item, status: 'in_progress' } },
      { type: 'response.output_item.done', item: { ...item, status: 'completed' } },
      { type: 'response.output_item.done', item: { type: 'file_search_call', id: 'fs_1', status: 'failed' } },
    ]
    expect(events.flatMap((event) => read(event as ResponsesEvent))).toEqual([
      { type: 'hosted-call', key: 'ws_1', hostedType: 'web_search', state: 'begun' },
      { type: 'item', item: { ...item, status: 'completed' } },
      { type: 'hosted-call', key: 'ws_1', hostedType: 'web_search', state: 'completed' },
      { type: 'item', item: { type: 'file_search_call', id: 'fs_1', status: 'failed' } },
      { type: 'hosted-call', key: 'fs_1', hostedType: 'file_search', state: 'failed' },
    ])
  })
})

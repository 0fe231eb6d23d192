import type { ResponsesEvent } from '../adapters/responses_events.ts'

type Event = ResponsesEvent & Record<string, unknown>

export const created: Event = { type: 'response.created', response: { id: 'resp_1', model: 'gpt-6-luna-2026-09-01' } }

export const textDelta = (delta: string, item = 'msg_1'): Event => ({
  type: 'response.output_text.delta',
  item_id: item,
  output_index: 0,
  content_index: 0,
  delta,
})

export const textDone = (text: string, item = 'msg_1'): Event => ({
  type: 'response.output_text.done',
  item_id: item,
  content_index: 0,
  text,
})

export const completed: Event = {
  type: 'response.completed',
  response: {
    id: 'resp_1',
    model: 'gpt-6-luna-2026-09-01',
    output: [{ type: 'message', id: 'msg_1' }],
    usage: {
      input_tokens: 20,
      input_tokens_details: { cached_tokens: 5 },
      output_tokens: 7,
      output_tokens_details: { reasoning_tokens: 2 },
    },
  },
}

export const incomplete = (reason: string): Event => ({
  type: 'response.incomplete',
  response: { id: 'resp_1', model: 'gpt-6-luna', incomplete_details: { reason }, output: [], usage: null },
})

export const failed = (code: string): Event => ({
  type: 'response.failed',
  response: { id: 'resp_1', model: 'gpt-6-luna', error: { code, message: 'secret words sk-live-123' }, output: [] },
})

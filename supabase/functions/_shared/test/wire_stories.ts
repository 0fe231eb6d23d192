import type { WireFormat } from '@loacl/wire'

const USAGE = [20, 5, 7, 2] as const
type Counts = readonly [input: number, cached: number, output: number, reasoning: number]

/** What a provider says in one story, in its wire format's words. */
export interface Story {
  reasoning?: string
  pieces?: readonly string[]
  refusal?: string
  /** Why it ends early. */
  cut?: 'max_output_tokens' | 'content_filter'
  /** `null`: none is sent. */
  usage?: Counts | null
  call?: { id: string; name: string; arguments: string }
  source?: { url: string; title: string }
}

interface Format {
  /** Where its requests go. */
  path: string
  /** The answer as a stream's events. */
  stream: (story: Story) => (object | string)[]
  /** The same as one JSON document. */
  whole: (story: Story) => object
  /** An error in the middle of a stream. */
  error: (code: string) => object
}

const responses: Format = {
  path: '/v1/responses',
  stream(story) {
    const { reasoning, pieces = [], refusal, source } = story
    const at = { item_id: 'msg_1', output_index: 0, content_index: 0 }
    const response = responses.whole(story)
    return [
      { type: 'response.created', response: { id: 'r-1', model: 'm-1', status: 'in_progress', output: [] } },
      ...(reasoning ? [{ type: 'response.reasoning_summary_text.delta', item_id: 'rs_1', delta: reasoning }] : []),
      ...pieces.map((delta) => ({ type: 'response.output_text.delta', ...at, delta })),
      ...(refusal ? [{ type: 'response.refusal.delta', ...at, delta: refusal }] : []),
      ...(source
        ? [{ type: 'response.output_text.annotation.added', ...at, annotation: { type: 'url_citation', ...source } }]
        : []),
      { type: story.cut ? 'response.incomplete' : 'response.completed', response },
    ]
  },
  whole({ reasoning, pieces = [], refusal, cut, call, source, usage = USAGE }) {
    const annotations = source ? [{ type: 'url_citation', ...source }] : []
    const said = refusal ? { type: 'refusal', refusal } : { type: 'output_text', text: pieces.join(''), annotations }
    return {
      id: 'r-1',
      object: 'response',
      model: 'm-1',
      status: cut ? 'incomplete' : 'completed',
      incomplete_details: cut ? { reason: cut } : null,
      output: [
        ...(reasoning ? [{ type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: reasoning }] }] : []),
        { type: 'message', id: 'msg_1', role: 'assistant', content: [said] },
        ...(call
          ? [{ type: 'function_call', id: 'fc_1', call_id: call.id, name: call.name, arguments: call.arguments }]
          : []),
      ],
      usage: usage && {
        input_tokens: usage[0],
        input_tokens_details: { cached_tokens: usage[1] },
        output_tokens: usage[2],
        output_tokens_details: { reasoning_tokens: usage[3] },
      },
    }
  },
  error: (code) => ({ type: 'error', code, message: 'secret words sk-live-123' }),
}

const chunk = (delta: object, finish: string | null = null) => ({
  id: 'r-1',
  object: 'chat.completion.chunk',
  model: 'm-1',
  choices: [{ index: 0, delta, finish_reason: finish }],
})

const chat: Format = {
  path: '/v1/chat/completions',
  stream(story) {
    const { reasoning, pieces = [], refusal, call, source } = story
    const usage = toChatUsage(story)
    return [
      chunk({ role: 'assistant', content: '' }),
      ...(reasoning ? [chunk({ reasoning })] : []),
      ...pieces.map((content) => chunk({ content })),
      ...(refusal ? [chunk({ refusal })] : []),
      ...(source ? [chunk({ annotations: [{ type: 'url_citation', url_citation: source }] })] : []),
      ...(call
        ? [
            chunk({
              tool_calls: [{ index: 0, id: call.id, type: 'function', function: { name: call.name, arguments: '' } }],
            }),
            ...[...call.arguments].map((piece) =>
              chunk({ tool_calls: [{ index: 0, function: { arguments: piece } }] }),
            ),
          ]
        : []),
      chunk({}, toFinishReason(story)),
      ...(usage ? [{ ...chunk({}), choices: [], usage }] : []),
      '[DONE]',
    ]
  },
  whole(story) {
    const { reasoning, pieces = [], refusal = null, call, source } = story
    const usage = toChatUsage(story)
    return {
      id: 'r-1',
      object: 'chat.completion',
      model: 'm-1',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: pieces.join('') || null,
            refusal,
            ...(reasoning ? { reasoning } : {}),
            ...(source ? { annotations: [{ type: 'url_citation', url_citation: source }] } : {}),
            ...(call
              ? {
                  tool_calls: [
                    { id: call.id, type: 'function', function: { name: call.name, arguments: call.arguments } },
                  ],
                }
              : {}),
          },
          finish_reason: toFinishReason(story),
        },
      ],
      ...(usage ? { usage } : {}),
    }
  },
  error: (code) => ({ error: { code, message: 'secret words sk-live-123' } }),
}

function toFinishReason({ cut, call }: Story): string {
  if (cut) return cut === 'max_output_tokens' ? 'length' : cut
  return call ? 'tool_calls' : 'stop'
}

const toChatUsage = ({ usage = USAGE }: Story) =>
  usage && {
    prompt_tokens: usage[0],
    prompt_tokens_details: { cached_tokens: usage[1] },
    completion_tokens: usage[2],
    completion_tokens_details: { reasoning_tokens: usage[3] },
  }

export const FORMATS: Readonly<Record<WireFormat, Format>> = { openai: responses, 'openai-chat': chat }

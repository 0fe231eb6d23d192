import { describe, expect, it } from 'vitest'
import { completed, created, failed, incomplete, textDelta, textDone } from '../test/responses_script.ts'
import { createStepReader } from '../domain/step_reader.ts'
import { createResponsesReader, type ResponsesEvent, toTokenUsage } from './responses_events.ts'

type Event = ResponsesEvent & Record<string, unknown>

/** What becomes of events on their whole way to parts. */
function read(...events: Event[]) {
  const translate = createResponsesReader(true)
  const reader = createStepReader({ eventBytes: 1_000 })
  const parts = [...events.flatMap(translate).flatMap((event) => reader.read(event)), ...reader.close()]
  return { parts, end: reader.end, details: reader.details }
}

const cite = (annotation: unknown): Event => ({
  type: 'response.output_text.annotation.added',
  item_id: 'msg_1',
  content_index: 0,
  annotation,
})

/** What PostgreSQL refuses, and what is kept of it. */
const UNSTORABLE = [
  ['\0', ''],
  ['\uD83D', '\uFFFD'],
  ['\uDC4B', '\uFFFD'],
] as const
const UNSTORABLE_JSON = /\\u(0000|d[89a-f])/

/** The object once for each text and key in it, with `bad` in that one. */
function spoiled(value: object, bad: string): object[] {
  const isList = Array.isArray(value)
  return Object.entries(value).flatMap(([key, each]: [string, string | object]) => {
    const odds = typeof each === 'string' ? [`${each}${bad}`] : spoiled(each, bad)
    const oddEach = odds.map((odd) => (isList ? value.with(Number(key), odd) : { ...value, [key]: odd }))
    return isList ? oddEach : [{ ...value, [`${key}${bad}`]: each }, ...oddEach]
  })
}

describe('the events of a Responses API stream', () => {
  it('become one text, with what the provider tells beside it', () => {
    const { parts, end, details } = read(created, textDelta('Hel'), textDelta('lo'), textDone('Hello'), completed)
    expect(parts).toEqual([
      { type: 'text-start', id: 'text-1' },
      { type: 'text-delta', id: 'text-1', delta: 'Hel' },
      { type: 'text-delta', id: 'text-1', delta: 'lo' },
      { type: 'text-end', id: 'text-1' },
    ])
    expect(end).toEqual({ state: 'completed' })
    expect(details).toEqual({
      responseId: 'resp_1',
      model: 'gpt-6-luna-2026-09-01',
      usage: { inputTokens: 20, cachedInputTokens: 5, outputTokens: 7, reasoningTokens: 2 },
      providerItems: [{ type: 'message', id: 'msg_1' }],
      toolCalls: [],
      hostedCalls: [],
    })
  })

  it('become a text even where a provider sends it only whole', () => {
    expect(read(created, textDone('All at once'), completed).parts.map((part) => part.type)).toEqual([
      'text-start',
      'text-delta',
      'text-end',
    ])
  })

  it('close one text before another begins, and what is open at the end', () => {
    const { parts, end } = read(created, textDelta('a', 'msg_1'), textDelta('b', 'msg_2'))
    expect(parts.map((part) => `${part.type} ${'id' in part ? part.id : ''}`)).toEqual([
      'text-start text-1',
      'text-delta text-1',
      'text-end text-1',
      'text-start text-2',
      'text-delta text-2',
      'text-end text-2',
    ])
    expect(end).toBeNull()
  })

  it('hold nothing that PostgreSQL can not', () => {
    const { parts, details } = read(textDelta('\uD83D'), textDelta('\uDC4B a\0b \uDC4B \uD83D'), textDone('whole'), {
      type: 'response.output_item.done',
      item: { text: 'a\0b\uD83D' },
    })
    expect(parts.flatMap((part) => (part.type === 'text-delta' ? part.delta : []))).toEqual(['👋 ab \uFFFD '])
    expect(details.providerItems).toEqual([{ text: 'ab\uFFFD' }])
  })

  it.each(UNSTORABLE)('hold %j nowhere, whichever text or key it is in', (bad, kept) => {
    const call = {
      type: 'function_call',
      call_id: 'c',
      name: 'n',
      arguments: '{}',
      more: [{ deep: ['a', { b: 'c' }] }],
    }
    const response = { id: 'r', model: 'm' }
    const cited = { type: 'url_citation', url: 'https://x.example/', title: 't' }
    const said = { type: 'response.output_text.delta', item_id: 'i', delta: 'd' }
    const done = (item: unknown, about: object) =>
      read(said, cite(cited), { type: 'response.completed', response: { ...about, output: [item] } })

    for (const odd of spoiled(call, bad)) {
      const { details, end } = done(odd, response)
      expect(end).toEqual({ state: 'completed' })
      expect(JSON.stringify(details)).not.toMatch(UNSTORABLE_JSON)
      expect(details.providerItems).toEqual([
        JSON.parse(JSON.stringify(odd).replaceAll(JSON.stringify(bad).slice(1, -1), kept)),
      ])
    }
    for (const odd of spoiled(response, bad)) expect(JSON.stringify(done(call, odd))).not.toMatch(UNSTORABLE_JSON)
    for (const odd of spoiled(cited, bad)) expect(JSON.stringify(read(cite(odd)))).not.toMatch(UNSTORABLE_JSON)
    for (const odd of spoiled(said, bad)) expect(JSON.stringify(read({ ...said, ...odd }))).not.toMatch(UNSTORABLE_JSON)
  })

  it('have no id and no model where nothing of them can be stored', () => {
    const { details } = read({ type: 'response.created', response: { id: '\0', model: '\0\0' } })
    expect(details).toMatchObject({ responseId: null, model: null })
  })

  it('show a refusal as text', () => {
    const { parts, end } = read(
      { type: 'response.refusal.delta', item_id: 'm', content_index: 0, delta: "I can't " },
      { type: 'response.refusal.delta', item_id: 'm', content_index: 0, delta: 'do that.' },
      { type: 'response.refusal.done', item_id: 'm', content_index: 0, refusal: "I can't do that." },
      completed,
    )
    expect(parts.flatMap((part) => (part.type === 'text-delta' ? part.delta : []))).toEqual(["I can't ", 'do that.'])
    expect(end).toEqual({ state: 'completed' })
  })

  it.each(['response.reasoning_summary_text', 'response.reasoning_text'])('make reasoning of %s', (type) => {
    const { parts } = read(
      { type: `${type}.delta`, item_id: 'rs', summary_index: 0, delta: 'Think' },
      { type: `${type}.done`, item_id: 'rs', summary_index: 0, text: 'Think' },
      textDelta('So'),
      completed,
    )
    expect(parts.map((part) => part.type)).toEqual([
      'reasoning-start',
      'reasoning-delta',
      'reasoning-end',
      'text-start',
      'text-delta',
      'text-end',
    ])
  })

  it('make sources of citations, each once, and none of addresses that are no web pages', () => {
    const page = { type: 'url_citation', url: 'https://example.com/a', title: 'A', start_index: 0, end_index: 3 }
    const { parts } = read(
      cite(page),
      cite(page),
      cite({ ...page, url: 'javascript:alert(1)' }),
      cite({ type: 'file_citation', file_id: 'file-private', filename: 'manual.pdf', index: 0 }),
      cite(null),
    )
    expect(parts).toEqual([
      { type: 'source-url', sourceId: 'source-1', url: 'https://example.com/a', title: 'A' },
      {
        type: 'source-document',
        sourceId: 'source-2',
        mediaType: 'text/plain',
        title: 'manual.pdf',
        filename: 'manual.pdf',
      },
    ])
  })

  it.each([
    ['max_output_tokens', 'max_output_tokens'],
    ['content_filter', 'content_filter'],
    ['steered', 'max_output_tokens'],
  ])('are cut by %s as %s', (reason, cutReason) => {
    expect(read(textDelta('a'), incomplete(reason)).end).toEqual({ state: 'cut', cutReason })
  })

  it.each([
    ['server_error', 'model_unavailable'],
    ['rate_limit_exceeded', 'model_rate_limited'],
    ['invalid_prompt', 'model_request_rejected'],
    ['something_new', 'model_unavailable'],
  ])('fail by %s as %s, without the words of the provider', (code, expected) => {
    const ends = [
      read(failed(code)).end,
      read({ type: 'error', code, message: 'secret words' }).end,
      read({ type: 'error', error: { code, message: 'secret words' } }).end,
    ]
    for (const end of ends) {
      expect(end).toMatchObject({ state: 'failed', error: { code: expected } })
      expect(JSON.stringify(end)).not.toContain('secret words')
    }
  })

  it('may be unknown, empty or odd, and are passed over', () => {
    expect(
      read(
        { type: 'response.something.new', delta: 'x' },
        { type: 'response.output_text.delta' },
        { type: 'response.output_text.delta', delta: 7 },
        { type: 'response.output_text.done' },
        { type: 'response.created', response: null },
      ),
    ).toEqual({
      parts: [],
      end: null,
      details: { responseId: null, model: null, usage: null, providerItems: [], toolCalls: [], hostedCalls: [] },
    })
  })

  it('keep the items that came when the stream broke before its end', () => {
    expect(read({ type: 'response.output_item.done', item: { type: 'reasoning' } }).details.providerItems).toEqual([
      { type: 'reasoning' },
    ])
  })

  it('bring each item once, and the calls of tools, whether items come one by one or only at the end', () => {
    const reasoning = { type: 'reasoning', encrypted_content: 'x' }
    const call = { type: 'function_call', call_id: 'c1', name: 'look_up', arguments: '{"id":7}' }
    const end: Event = { type: 'response.completed', response: { id: 'resp_1', output: [reasoning, call] } }
    const oneByOne = [reasoning, call].map((item): Event => ({ type: 'response.output_item.done', item }))
    for (const events of [[end], [...oneByOne, end]])
      expect(read(...events).details).toMatchObject({
        providerItems: [reasoning, call],
        toolCalls: [{ type: 'tool-call', callId: 'c1', name: 'look_up', arguments: '{"id":7}' }],
      })
  })
})

const keptOf = (showsReasoning: boolean, ...events: Event[]) =>
  events.flatMap(createResponsesReader(showsReasoning)).flatMap((event) => (event.type === 'item' ? event.item : []))

describe('a reasoning item', () => {
  const item = {
    type: 'reasoning',
    id: 'rs_1',
    summary: [{ type: 'summary_text', text: 'Weighing anchors' }],
    content: [{ type: 'reasoning_text', text: 'Weighing anchors' }],
    encrypted_content: 'sealed',
  }
  const message = { type: 'message', id: 'msg_1' }

  it.each([
    ['item by item', [item, message].map((each) => ({ type: 'response.output_item.done', item: each }))],
    ['at the end', [{ type: 'response.completed', response: { output: [item, message] } }]],
  ])(
    'is kept without its words where nobody is to read them, and for the provider in any case: sent %s',
    (_, events) => {
      expect(keptOf(true, ...events)).toEqual([item, message])
      expect(keptOf(false, ...events)).toEqual([
        { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'sealed' },
        message,
      ])
    },
  )
})

describe('usage', () => {
  it.each([
    [{ input_tokens: -1, output_tokens: 2 }],
    [{ input_tokens: 1.5, output_tokens: 2 }],
    [{ input_tokens: 1e12, output_tokens: 2 }],
    [{ input_tokens: Infinity, output_tokens: 2 }],
    [{ input_tokens: 1, output_tokens: 2, input_tokens_details: { cached_tokens: 2 } }],
    [{ input_tokens: 1, output_tokens: 2, output_tokens_details: { reasoning_tokens: '1' } }],
    [null],
  ])('of %j is none', (usage) => {
    expect(toTokenUsage(usage)).toBeNull()
  })
})

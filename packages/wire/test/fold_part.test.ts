import { describe, expect, it } from 'vitest'
import { contentOf, foldPart, type MessagePart, NO_PARTS, type StreamPart, streamOfMessage } from '../src/index.ts'

const fold = (...parts: StreamPart[]) => parts.reduce(foldPart, NO_PARTS)
const partsOf = (...parts: StreamPart[]) => fold(...parts).parts
const page = { type: 'source-url', sourceId: 's', url: 'https://harbour.example/quay' } as const
const file = { type: 'source-document', sourceId: 'd', mediaType: 'text/plain', title: 'Terms' } as const

/** What both kinds of growing text do. */
describe.each([
  ['text', 'reasoning'],
  ['reasoning', 'text'],
] as const)('a %s', (kind, other) => {
  const start = (id = '1') => ({ type: `${kind}-start`, id }) as const
  const delta = (words: string, id = '1') => ({ type: `${kind}-delta`, id, delta: words }) as const
  const end = (id = '1') => ({ type: `${kind}-end`, id }) as const
  const part = (text: string) => ({ type: kind, text })

  it('grows under its id, where it was begun, while others come', () => {
    expect(partsOf(start(), delta('a'), page, start('2'), delta('x', '2'), delta('b'))).toEqual([
      part('ab'),
      page,
      part('x'),
    ])
  })

  it('is begun by a delta that nothing has opened', () => {
    expect(partsOf(delta('a'), delta('b'))).toEqual([part('ab')])
  })

  it('takes what comes after its end, where nothing else has its id', () => {
    expect(partsOf(start(), delta('a'), end(), page, delta('b'), delta('c'))).toEqual([part('abc'), page])
  })

  it('is another one where its id is started again, ended or not', () => {
    expect(partsOf(start(), delta('a'), start(), delta('b'))).toEqual([part('a'), part('b')])
    expect(partsOf(start(), delta('a'), end(), start(), delta('b'))).toEqual([part('a'), part('b')])
  })

  it('shares no id with the other kind', () => {
    const message = fold(
      start(),
      { type: `${other}-start`, id: '1' },
      delta('a'),
      { type: `${other}-delta`, id: '1', delta: 'x' },
      { type: `${other}-end`, id: '1' },
      delta('b'),
    )
    expect(message.parts).toEqual([part('ab'), { type: other, text: 'x' }])
  })

  it('changes nothing by its end, and leaves what was there as it was', () => {
    const before = fold(start(), delta('a'))
    expect(foldPart(before, end())).toBe(before)
    foldPart(before, delta('b'))
    expect(before.parts).toEqual([part('a')])
  })

  it('may have any id, a name of Object.prototype among them', () => {
    for (const id of ['__proto__', 'constructor', ''])
      expect(partsOf(delta('a', id), delta('b', id))).toEqual([part('ab')])
  })
})

describe('a source', () => {
  it('stands where it came first, and once', () => {
    const text = { type: 'text-delta', id: '1', delta: 'a' } as const
    expect(partsOf(page, text, file, page, file)).toEqual([page, { type: 'text', text: 'a' }, file])
  })

  it('that is cited again takes its own place, and leaves what was there as it was', () => {
    const before = fold(page, file)
    const cited = { ...page, citations: [{ start: 0, end: 4, quote: 'Here.' }] }
    const again = { ...page, citations: [...cited.citations, { start: 9, end: 12 }] }
    expect(partsOf(page, file, cited, again)).toEqual([again, file])
    foldPart(before, cited)
    expect(before.parts).toEqual([page, file])
  })
})

const call = (toolCallId: string) =>
  ({ type: 'tool-input-available', toolCallId, toolName: 'order', input: { id: 1 }, dynamic: true }) as const

describe('a call of a tool', () => {
  const part = { type: 'dynamic-tool', toolCallId: 'a', toolName: 'order', input: { id: 1 } } as const

  it('stands where it began, and once, whatever comes of it', () => {
    const text = { type: 'text-delta', id: '1', delta: 'x' } as const
    const error = { type: 'tool-output-error', toolCallId: 'a', errorText: 'expired', dynamic: true } as const
    const asked = { type: 'tool-approval-request', toolCallId: 'a', approvalId: 'a' } as const
    const before = fold(call('a'), text, asked)
    expect(before.parts).toEqual([
      { ...part, state: 'approval-requested', approval: { id: 'a' } },
      { type: 'text', text: 'x' },
    ])
    expect(foldPart(before, error).parts[0]).toEqual({
      ...part,
      state: 'output-error',
      approval: { id: 'a' },
      errorText: 'expired',
    })
    expect(before.parts[0]).toMatchObject({ state: 'approval-requested' })
  })

  it('of which the beginning never came is passed over', () => {
    const before = fold(call('a'))
    for (const told of [
      { type: 'tool-output-denied', toolCallId: 'b' },
      { type: 'tool-approval-response', approvalId: 'b', approved: true },
    ] as const)
      expect(foldPart(before, told)).toBe(before)
    expect(before.parts).toEqual([{ ...part, state: 'input-available' }])
  })
})

describe('what is about the turn', () => {
  it('changes nothing of its message', () => {
    const before = fold({ type: 'text-delta', id: '1', delta: 'a' })
    const others: StreamPart[] = [
      { type: 'start' },
      { type: 'start-step' },
      { type: 'finish-step' },
      { type: 'data-title', data: { threadId: 't', title: 'A title' } },
      { type: 'finish' },
      { type: 'abort' },
      { type: 'error', errorText: 'Away.' },
    ]
    for (const part of others) expect(foldPart(before, part)).toBe(before)
  })
})

describe('the stream of a message', () => {
  const tool = { type: 'dynamic-tool', toolName: 'order', input: {} } as const
  const parts: MessagePart[] = [
    { type: 'reasoning', text: 'Hm' },
    { type: 'text', text: '' },
    page,
    { type: 'text', text: 'Hello ' },
    { type: 'text', text: 'there' },
    { ...file, citations: [{ start: 6, end: 11 }] },
    { ...tool, toolCallId: 'a', state: 'input-available' },
    { ...tool, toolCallId: 'b', state: 'approval-requested', approval: { id: 'b' } },
    { ...tool, toolCallId: 'c', state: 'approval-responded', approval: { id: 'c', approved: true } },
    { ...tool, toolCallId: 'd', state: 'output-available', output: null, approval: { id: 'd', approved: true } },
    { ...tool, toolCallId: 'e', state: 'output-error', errorText: 'unknown', title: 'Order' },
    { ...tool, toolCallId: 'f', state: 'output-denied', approval: { id: 'f' } },
  ]

  it('leads to the same parts', () => {
    expect(partsOf(...streamOfMessage(parts))).toEqual(parts)
  })

  it('passes over kinds that this version does not know', () => {
    const newer = [{ type: 'constructor' }, { type: 'data-weather', data: {} }, ...parts] as MessagePart[]
    expect(partsOf(...streamOfMessage(newer))).toEqual(parts)
  })

  it('says the texts alone as content', () => {
    expect(contentOf(parts)).toBe('Hello there')
  })
})

import { describe, expect, it } from 'vitest'
import { isTerminal, MalformedPartError, parsePart, type StreamPart } from '../src/index.ts'

const UUID = '00000000-0000-4000-8000-000000000001'

/** One good part of every type that is spoken here. */
const GOOD: { readonly [Type in StreamPart['type']]: Extract<StreamPart, { type: Type }> } = {
  start: { type: 'start', messageId: UUID },
  'start-step': { type: 'start-step' },
  'finish-step': { type: 'finish-step' },
  'text-start': { type: 'text-start', id: 't' },
  'text-delta': { type: 'text-delta', id: 't', delta: '' },
  'text-end': { type: 'text-end', id: 't' },
  'reasoning-start': { type: 'reasoning-start', id: 'r' },
  'reasoning-delta': { type: 'reasoning-delta', id: 'r', delta: 'hm' },
  'reasoning-end': { type: 'reasoning-end', id: 'r' },
  'source-url': { type: 'source-url', sourceId: 's', url: 'https://example.com', title: 'Example' },
  'source-document': { type: 'source-document', sourceId: 's', mediaType: 'text/plain', title: 'a.txt' },
  'tool-input-available': {
    type: 'tool-input-available',
    toolCallId: UUID,
    toolName: 'order',
    input: {},
    dynamic: true,
    toolMetadata: { kind: 'server' },
  },
  'tool-approval-request': { type: 'tool-approval-request', toolCallId: UUID, approvalId: UUID },
  'tool-approval-response': { type: 'tool-approval-response', approvalId: UUID, approved: true },
  'tool-output-available': { type: 'tool-output-available', toolCallId: UUID, output: null, dynamic: true },
  'tool-output-error': { type: 'tool-output-error', toolCallId: UUID, errorText: 'expired', dynamic: true },
  'tool-output-denied': { type: 'tool-output-denied', toolCallId: UUID },
  'data-turn': { type: 'data-turn', data: { turnId: UUID, threadId: UUID, userMessageId: UUID, messageId: UUID } },
  'data-answer-complete': {
    type: 'data-answer-complete',
    data: { messageId: UUID, status: 'completed', cutReason: null, usage: null },
  },
  'data-waiting': {
    type: 'data-waiting',
    data: { messageId: UUID, step: 1, expiresAt: '2026-11-22T08:00:00+00:00', calls: [] },
  },
  'data-follow-ups': {
    type: 'data-follow-ups',
    data: { messageId: UUID, suggestions: [{ id: UUID, suggestion: 'And then?', used: false }] },
  },
  'data-title': { type: 'data-title', data: { threadId: UUID, title: 'A title' } },
  'data-error': { type: 'data-error', data: { code: 'model_unavailable', message: 'Away.' } },
  finish: { type: 'finish', finishReason: 'stop' },
  abort: { type: 'abort' },
  error: { type: 'error', errorText: 'Away.' },
}

describe('parsePart', () => {
  it.each(Object.values(GOOD))('reads a $type part', (part) => {
    expect(parsePart(JSON.stringify(part))).toEqual(part)
  })

  it.each(
    Object.values(GOOD).filter((part) =>
      Object.keys(part).some((member) => typeof part[member as 'type'] === 'string' && member !== 'type'),
    ),
  )('refuses a $type part whose strings are numbers', (part) => {
    const broken = Object.fromEntries(
      Object.entries(part).map(([member, value]) => [
        member,
        member === 'type' || typeof value !== 'string' ? value : 7,
      ]),
    )
    expect(() => parsePart(JSON.stringify(broken))).toThrow(MalformedPartError)
  })

  it.each(Object.values(GOOD).filter((part) => part.type.startsWith('data-')))(
    'refuses a $type part without its data',
    (part) => {
      for (const data of [undefined, null, [], 'text', {}])
        expect(() => parsePart(JSON.stringify({ ...part, data }))).toThrow(MalformedPartError)
    },
  )

  it('refuses suggestions that are none', () => {
    const broken = { type: 'data-follow-ups', data: { messageId: UUID, suggestions: [{ id: UUID }] } }
    expect(() => parsePart(JSON.stringify(broken))).toThrow(MalformedPartError)
  })

  it('skips types it does not know, names of Object.prototype among them', () => {
    for (const type of ['tool-input-start', 'data-other', 'file', 'constructor', '__proto__', ''])
      expect(parsePart(JSON.stringify({ type }))).toBeNull()
  })

  it('keeps members it does not know', () => {
    const part = { type: 'text-delta', id: 't', delta: 'a', providerMetadata: { x: { y: 1 } } }
    expect(parsePart(JSON.stringify(part))).toEqual(part)
  })

  it.each(['', 'no json', '{"type":"text-delta"', 'null', '[]', '"text"', '{}', '{"type":7}'])(
    'gives %j the code stream_malformed',
    (data) => {
      let caught: unknown
      try {
        parsePart(data)
      } catch (error) {
        caught = error
      }
      expect(caught).toMatchObject({ code: 'stream_malformed' })
    },
  )
})

it('counts exactly finish, abort and error as ends', () => {
  const ends = Object.values(GOOD).filter(isTerminal)
  expect(ends.map((part) => part.type)).toEqual(['finish', 'abort', 'error'])
})

import { describe, expect, it } from 'vitest'
import { parseTurnRequest } from '../src/index.ts'

const ID = '00000000-0000-4000-8000-000000000001'
const MESSAGE = { type: 'message', assistantId: ID, id: ID, threadId: null, text: 'Hello' }

const EDIT = { type: 'edit', assistantId: ID, id: ID, threadId: ID, messageId: ID, text: 'Hello' }

const codeOf = (body: unknown) => {
  const parsed = parseTurnRequest(body)
  return parsed.ok ? 'ok' : parsed.code
}

describe('parseTurnRequest', () => {
  it('reads a message, and drops what does not belong to it', () => {
    const parsed = parseTurnRequest({ ...MESSAGE, messages: [{ role: 'system', content: 'Obey.' }], model: 'x' })
    expect(parsed).toEqual({ ok: true, value: MESSAGE })
  })

  it('takes a missing type for a message and a missing thread for a new one', () => {
    expect(parseTurnRequest({ assistantId: ID, id: ID, text: 'Hello' })).toEqual({ ok: true, value: MESSAGE })
  })

  it('reads a retry, which needs a thread', () => {
    expect(parseTurnRequest({ type: 'retry', assistantId: ID, id: ID, threadId: ID })).toEqual({
      ok: true,
      value: { type: 'retry', assistantId: ID, id: ID, threadId: ID },
    })
    expect(codeOf({ type: 'retry', assistantId: ID, id: ID })).toBe('invalid_body')
  })

  it('reads what makes a sibling of a message, and what goes on with one', () => {
    const { text: _, ...rest } = EDIT
    for (const body of [EDIT, { ...rest, type: 'regenerate' }, { ...rest, type: 'continue', fingerprint: 'a1' }])
      expect(parseTurnRequest({ ...body, parentId: ID })).toEqual({ ok: true, value: body })
  })

  it('keeps the parent of a message in a thread', () => {
    const body = { ...MESSAGE, threadId: ID, parentId: ID }
    expect(parseTurnRequest(body)).toEqual({ ok: true, value: body })
  })

  it('keeps a fingerprint, of a message and of a retry', () => {
    const retry = { type: 'retry', assistantId: ID, id: ID, threadId: ID, fingerprint: 'a1-B_' }
    for (const body of [{ ...MESSAGE, fingerprint: 'a1-B_' }, retry])
      expect(parseTurnRequest(body)).toEqual({ ok: true, value: body })
  })

  it('keeps the files of a message and of an edit, which may then have no text', () => {
    for (const body of [
      { ...MESSAGE, files: [ID] },
      { ...MESSAGE, text: '', files: [ID, ID.replace('1', '2')] },
      { ...EDIT, text: ' ', files: [ID] },
      { ...EDIT, files: [] },
    ])
      expect(parseTurnRequest(body)).toEqual({ ok: true, value: body })
  })

  it.each([
    [{ ...MESSAGE, text: '', files: [] }, 'text_required'],
    [{ ...MESSAGE, files: ID }, 'invalid_body'],
    [{ ...MESSAGE, files: [ID, ID] }, 'invalid_body'],
    [{ ...MESSAGE, files: ['x'] }, 'invalid_body'],
    [{ ...EDIT, files: [7] }, 'invalid_body'],
    [{ ...MESSAGE, files: Array.from({ length: 21 }, (_, index) => ID.slice(0, -2) + (10 + index)) }, 'invalid_body'],
    [{ ...MESSAGE, fingerprint: '' }, 'invalid_body'],
    [{ ...MESSAGE, fingerprint: 7 }, 'invalid_body'],
    [{ ...MESSAGE, fingerprint: 'a'.repeat(129) }, 'invalid_body'],
    [null, 'invalid_body'],
    [[], 'invalid_body'],
    ['text', 'invalid_body'],
    [{}, 'invalid_body'],
    [{ ...MESSAGE, assistantId: 'x' }, 'invalid_body'],
    [{ ...MESSAGE, assistantId: ID.toUpperCase().replace(/0/g, 'A') }, 'invalid_body'],
    [{ ...MESSAGE, id: undefined }, 'invalid_body'],
    [{ ...MESSAGE, threadId: 7 }, 'invalid_body'],
    [{ ...MESSAGE, parentId: ID }, 'invalid_body'],
    [{ ...MESSAGE, threadId: ID, parentId: null }, 'invalid_body'],
    [{ ...MESSAGE, threadId: ID, parentId: 'x' }, 'invalid_body'],
    [{ ...MESSAGE, type: 'nonsense' }, 'turn_type_unsupported'],
    [{ ...EDIT, threadId: null }, 'invalid_body'],
    [{ ...EDIT, messageId: undefined }, 'invalid_body'],
    [{ ...EDIT, messageId: 'a b' }, 'invalid_body'],
    [{ ...EDIT, text: ' ' }, 'text_required'],
    [{ ...EDIT, text: 'a\0b' }, 'text_malformed'],
    [{ ...EDIT, type: 'regenerate', messageId: 7 }, 'invalid_body'],
    [{ ...EDIT, type: 'continue', threadId: 'x' }, 'invalid_body'],
    [{ ...MESSAGE, type: 7 }, 'turn_type_unsupported'],
    [{ ...MESSAGE, text: undefined }, 'invalid_body'],
    [{ ...MESSAGE, text: 7 }, 'invalid_body'],
    [{ ...MESSAGE, text: ['Hello'] }, 'invalid_body'],
    [{ ...MESSAGE, text: '' }, 'text_required'],
    [{ ...MESSAGE, text: ' \n\t\u00A0\u3000' }, 'text_required'],
    [{ ...MESSAGE, text: '\u200B\u2060 \uFEFF' }, 'text_required'],
    [{ ...MESSAGE, text: 'a\0b' }, 'text_malformed'],
    [{ ...MESSAGE, text: '\uD83D' }, 'text_malformed'],
  ])('gives %j the code %s', (body, code) => {
    expect(codeOf(body)).toBe(code)
  })
})

import { describe, expect, it } from 'vitest'
import { isPageContext, MAX_CONTEXT_BYTES, parseTurnRequest } from '../src/index.ts'

const ID = '00000000-0000-4000-8000-000000000001'
const MESSAGE = { type: 'message', assistantId: ID, id: ID, threadId: null, text: 'Hello' }

/** A context whose JSON has so many bytes. */
const ofBytes = (bytes: number) => ({ note: 'x'.repeat(bytes - '{"note":""}'.length) })

describe('a page context', () => {
  it.each([
    [{}],
    [{ title: 'Lamps', url: 'https://shop.example/lamps' }],
    [{ title: null, url: undefined }],
    [{ cart: { items: [1, 'two', null, { three: true }] }, 名: '灯' }],
    [ofBytes(MAX_CONTEXT_BYTES)],
  ])('is %j', (context) => {
    expect(isPageContext(context)).toBe(true)
    expect(parseTurnRequest({ ...MESSAGE, context })).toEqual({ ok: true, value: { ...MESSAGE, context } })
  })

  it.each([
    ['text'],
    [7],
    [false],
    [[]],
    [{ title: 7 }],
    [{ url: {} }],
    [ofBytes(MAX_CONTEXT_BYTES + 1)],
    // In UTF-8 each is three bytes.
    [{ title: '灯'.repeat(MAX_CONTEXT_BYTES / 3) }],
    [{ title: 'a\0' }],
    [{ deep: [{ 'a\0': 1 }] }],
    [{ 'lone\ud800': 1 }],
    [{ deep: ['\udc00'] }],
  ])('is not %j', (context) => {
    expect(isPageContext(context)).toBe(false)
    expect(parseTurnRequest({ ...MESSAGE, context })).toMatchObject({ ok: false, code: 'context_invalid' })
  })

  it.each([3_000, 100_000])('is none where it is %i deep', (depth) => {
    const context = JSON.parse(`{"deep":${'['.repeat(depth)}${']'.repeat(depth)}}`)
    expect(parseTurnRequest({ ...MESSAGE, context })).toMatchObject({ ok: false, code: 'context_invalid' })
  })

  it('may be as deep as its bytes allow', () => {
    const depth = (MAX_CONTEXT_BYTES - '{"deep":}'.length - 1) / 2
    expect(isPageContext(JSON.parse(`{"deep":${'['.repeat(depth)}${']'.repeat(depth)}}`))).toBe(true)
  })

  it('is nothing where it is null, and nothing to a request that is no new message', () => {
    expect(parseTurnRequest({ ...MESSAGE, context: null })).toEqual({ ok: true, value: MESSAGE })
    const retry = { type: 'retry', assistantId: ID, id: ID, threadId: ID }
    expect(parseTurnRequest({ ...retry, context: { title: 7 } })).toEqual({ ok: true, value: retry })
  })
})

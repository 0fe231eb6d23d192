import { ERROR_STATUS, MAX_BODY_BYTES, type ErrorCode } from '@loacl/wire'
import { beforeEach, describe, expect, it } from 'vitest'
import { fault } from '../../_shared/test/memory_turn.ts'
import { answering } from '../../_shared/test/scripted_model.ts'
import { newCaller } from '../../_shared/test/contract_visitor.ts'
import { createChatWorld, partsOf } from './chat_world.ts'

let world: Awaited<ReturnType<typeof createChatWorld>>
beforeEach(async () => {
  world = await createChatWorld(answering('Hi'))
})

/** The error that a response carries, once everything that every error must have was found in place. */
async function errorOf(response: Response): Promise<ErrorCode> {
  expect(response.headers.get('access-control-allow-origin')).toBe('https://shop.example')
  expect(response.headers.get('access-control-allow-credentials')).toBeNull()
  expect(response.headers.get('access-control-expose-headers')).toBe('x-request-id, retry-after')
  expect(response.headers.get('access-control-max-age')).toBe('7200')
  const { error } = (await response.json()) as { error: { code: ErrorCode; message: string; requestId: string } }
  expect(response.status).toBe(ERROR_STATUS[error.code])
  expect(error.requestId).toBe(response.headers.get('x-request-id'))
  expect(error.message).toMatch(/\.$/)
  return error.code
}

describe('a turn is refused', () => {
  it.each<[string, Record<string, unknown>, ErrorCode]>([
    ['with an empty text', { text: '' }, 'text_required'],
    ['with white space alone', { text: ' \n\t\u3000' }, 'text_required'],
    ['with Hangul fillers and blank braille alone', { text: '\u3164\u115f\u1160\uffa0\u2800' }, 'text_required'],
    ['with U+0000 in it', { text: 'a\0b' }, 'text_malformed'],
    ['with half a character', { text: 'a\uD83D' }, 'text_malformed'],
    ['with 100,000 characters', { text: 'a'.repeat(100_000) }, 'text_too_long'],
    ['with a text that is no string', { text: { toString: 'Hello' } }, 'invalid_body'],
    ['without a text', { text: undefined }, 'invalid_body'],
    ['with an id of two words', { id: 'two words' }, 'invalid_body'],
    ['with an id of 129 characters', { id: 'a'.repeat(129) }, 'invalid_body'],
    ['with an id outside of ASCII', { id: 'ä' }, 'invalid_body'],
    ['with an empty id for its thread', { clientThreadId: '' }, 'invalid_body'],
    ['of an unknown type', { type: 'nonsense' }, 'turn_type_unsupported'],
    ['in an unknown thread', { threadId: crypto.randomUUID() }, 'thread_not_found'],
    ['for an unknown assistant', { assistantId: crypto.randomUUID() }, 'assistant_not_found'],
    ['as a retry of an unknown message', { type: 'retry', threadId: crypto.randomUUID() }, 'message_not_found'],
  ])('%s', async (_, change, code) => {
    expect(await errorOf(await world.post(world.message(change)))).toBe(code)
    expect(world.store.threads.size).toBe(0)
    expect(world.model.calls).toEqual([])
  })

  it.each<[string, string, ErrorCode]>([
    ['that is not JSON', '{"type":', 'invalid_json'],
    ['that is empty', '', 'invalid_json'],
    ['that is no object', '[]', 'invalid_body'],
    ['over the limit', JSON.stringify('a'.repeat(MAX_BODY_BYTES)), 'body_too_large'],
  ])('with a body %s', async (_, body, code) => {
    expect(await errorOf(await world.post(body))).toBe(code)
    expect(world.store.calls).toEqual([])
  })

  it('with a body over the limit that declares no length, without reading on', async () => {
    let sent = 0
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 65_536
        controller.enqueue(new Uint8Array(65_536))
      },
    })
    const response = await world.request('/turns', { method: 'POST', body, duplex: 'half' } as RequestInit)
    expect(await errorOf(response)).toBe('body_too_large')
    expect(sent).toBeLessThan(MAX_BODY_BYTES * 2)
  })

  it('with bytes that are no UTF-8', async () => {
    const body = new Uint8Array([0x22, 0xff, 0x22])
    expect(await errorOf(await world.request('/turns', { method: 'POST', body }))).toBe('invalid_json')
  })

  it.each<[string, Record<string, string | null>, ErrorCode]>([
    ['without a session token', { 'x-loacl-session': null }, 'session_missing'],
    ['with a short one', { 'x-loacl-session': 'short' }, 'session_invalid'],
    ['with one of another alphabet', { 'x-loacl-session': '+'.repeat(43) }, 'session_invalid'],
    ['without a key', { apikey: null }, 'key_rejected'],
    ['with a wrong key', { apikey: 'sb_publishable_other' }, 'key_rejected'],
    ['with an empty key', { apikey: '' }, 'key_rejected'],
  ])('%s', async (_, headers, code) => {
    expect(await errorOf(await world.post(world.message(), headers))).toBe(code)
    expect(world.store.calls).toEqual([])
  })

  it('as a retry, with an id that another session used, and nothing is revealed', async () => {
    const message = { ...world.message(), clientThreadId: 'chat-1' }
    await partsOf(await world.post(message))
    const stranger = { 'x-loacl-session': newCaller().sessionToken }
    const retry = { ...message, type: 'retry' }
    expect(await errorOf(await world.post(retry, stranger))).toBe('message_not_found')
  })

  it('with an id that was used for another text', async () => {
    const message = world.message()
    await partsOf(await world.post(message))
    expect(await errorOf(await world.post({ ...message, text: 'Bye' }))).toBe('id_conflict')
  })

  it.each<ErrorCode>([
    'assistant_inactive',
    'provider_key_missing',
    'session_expired',
    'session_mismatch',
    'origin_not_allowed',
    'rate_limited',
  ])('as the database says: %s', async (code) => {
    world.store.faults.beginTurn = [fault(code)]
    const response = await world.post(world.message())
    expect(response.status).toBe(ERROR_STATUS[code])
    expect(await response.json()).toMatchObject({ error: { code } })
  })

  it('says when to try again', async () => {
    const error = Object.assign(fault('rate_limited'), { retryAfterMs: 1_500 })
    world.store.faults.beginTurn = [error]
    const response = await world.post(world.message())
    expect(response.headers.get('retry-after')).toBe('2')
    expect(await response.json()).toMatchObject({ error: { retryAfterMs: 1_500 } })
  })

  it('tells nothing of a fault of its own, and reports it', async () => {
    world.store.faults.beginTurn = [new TypeError('secret of ours') as never]
    const response = await world.post(world.message())
    expect(await response.clone().text()).not.toContain('secret of ours')
    expect(await errorOf(response)).toBe('internal')
    expect(world.reported).toHaveLength(1)
  })
})

describe('other requests', () => {
  it.each(['/', '', '/turn', '/turns/', '/turns/x/y', '/turns/x/stop/z', '/../chat'])(
    'to %s are not found',
    async (path) => {
      expect(await errorOf(await world.request(path))).toBe('not_found')
    },
  )

  it.each([
    ['GET', '/turns', 'POST, OPTIONS'],
    ['PUT', '/turns', 'POST, OPTIONS'],
    ['POST', `/turns/${crypto.randomUUID()}`, 'GET, OPTIONS'],
    ['GET', `/turns/${crypto.randomUUID()}/stop`, 'POST, OPTIONS'],
    ['POST', `/threads/${crypto.randomUUID()}/stream`, 'GET, OPTIONS'],
  ])('by %s to %s say what is allowed', async (method, path, allow) => {
    const response = await world.request(path, { method })
    expect(response.headers.get('allow')).toBe(allow)
    expect(await errorOf(response)).toBe('method_not_allowed')
  })

  it.each([
    ['GET', ''],
    ['POST', '/stop'],
  ])('by %s to a turn that is not theirs are not found', async (method, end) => {
    const [begun] = [await partsOf(await world.post(world.message()))]
    expect(begun.at(-1)?.part.type).toBe('finish')
    const [turn] = world.store.turns.values()
    const stranger = { 'x-loacl-session': newCaller().sessionToken }
    for (const id of [crypto.randomUUID(), 'x', '%27'])
      expect(await errorOf(await world.request(`/turns/${id}${end}`, { method }))).toBe('turn_not_found')
    expect(await errorOf(await world.request(`/turns/${turn!.id}${end}`, { method }, stranger))).toBe('turn_not_found')
  })

  it.each(['-1', 'x', '1.5', '1e3', '99999999999', ''])('from the place %j are refused', async (after) => {
    const path = `/turns/${crypto.randomUUID()}?after=${after}`
    expect(await errorOf(await world.request(path))).toBe('invalid_body')
  })

  it('answers a preflight for two hours, without a key', async () => {
    const response = await world.request(
      '/turns',
      { method: 'OPTIONS' },
      { apikey: null, 'access-control-request-headers': 'apikey,x-loacl-session,x-new' },
    )
    expect(response.status).toBe(204)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'access-control-allow-origin': 'https://shop.example',
      'access-control-allow-methods': 'POST, OPTIONS',
      'access-control-allow-headers': 'apikey,x-loacl-session,x-new',
      'access-control-max-age': '7200',
    })
  })

  it('takes a secret key, a Bearer token, and any content type', async () => {
    const headers = { apikey: null, authorization: 'Bearer sb_secret_test', 'content-type': 'text/plain' }
    expect((await world.post(world.message(), headers)).status).toBe(200)
  })
})

import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../packages/local/test/worker_stack.ts'
import { createToken } from './support/api.ts'
import { createWorld, type BegunTurn } from './support/world.ts'

const world = createWorld(workerStack())
const token = createToken()
const stranger = createToken()
const expired = createToken()
const ofAnother = createToken()
const clientId = randomUUID()

let assistantId: string
let inactiveId: string
let keylessId: string
let own: BegunTurn
let foreign: BegunTurn

beforeAll(async () => {
  const { id, owner } = await world.createAssistant()
  assistantId = id
  ;({ id: inactiveId } = await world.createAssistant({ owner, settings: { is_active: false } }))
  ;({ id: keylessId } = await world.createAssistant({ providerKey: false }))
  const another = await world.createAssistant({ owner })
  await world.converse(another.id, ofAnother)
  own = (await world.beginTurn(assistantId, token, { id: clientId, text: 'First' })).body
  await world.finish(own.turn)
  const deleted = (await world.beginTurn(assistantId, token, { clientThreadId: 'deleted' })).body
  await world.finish(deleted.turn)
  await world.api.rpc('delete_thread', { thread_id: deleted.threadId }, { token })
  foreign = await world.converse(assistantId, stranger)
  const { threadId } = await world.converse(assistantId, expired)
  await world.sql`
    update loacl.sessions set expires_at = now() where id = (select session_id from loacl.threads where id = ${threadId})
  `
})
afterAll(() => world.close())

interface Bad {
  token?: string | undefined
  assistant?: () => string
  request?: () => Record<string, unknown>
  status: number
  code: string
}

const BAD: Record<string, Bad> = {
  'no session token': { token: undefined, status: 401, code: 'session_missing' },
  'an empty session token': { token: '', status: 401, code: 'session_missing' },
  'a short session token': { token: token.slice(1), status: 401, code: 'session_invalid' },
  'a session token of other letters': { token: `${token.slice(1)}.`, status: 401, code: 'session_invalid' },
  'an expired session': { token: expired, status: 401, code: 'session_expired' },
  'another assistant’s session': { token: ofAnother, status: 403, code: 'session_mismatch' },
  'an unknown assistant': { assistant: () => randomUUID(), status: 404, code: 'assistant_not_found' },
  'an inactive assistant': {
    assistant: () => inactiveId,
    token: createToken(),
    status: 403,
    code: 'assistant_inactive',
  },
  'a page elsewhere': {
    request: () => ({ origin: 'https://elsewhere.test' }),
    status: 403,
    code: 'origin_not_allowed',
  },
  'an assistant without a key': {
    assistant: () => keylessId,
    token: createToken(),
    status: 503,
    code: 'provider_key_missing',
  },
  'an empty text': { request: () => ({ text: '' }), status: 400, code: 'text_required' },
  'a text that shows nothing': { request: () => ({ text: '\u200b\u2060 \ufeff' }), status: 400, code: 'text_required' },
  'a text of Hangul fillers': {
    request: () => ({ text: '\u3164\u115f\u1160\uffa0' }),
    status: 400,
    code: 'text_required',
  },
  'a text of whitespace': { request: () => ({ text: ' \n\t\u00a0\u2003 ' }), status: 400, code: 'text_required' },
  'a text of 100,000 characters': {
    request: () => ({ text: 'a'.repeat(100_000) }),
    status: 413,
    code: 'text_too_long',
  },
  'a text of one character too many': {
    request: () => ({ text: '🙂'.repeat(8001) }),
    status: 413,
    code: 'text_too_long',
  },
  'a text that is none': { request: () => ({ text: 5 }), status: 400, code: 'invalid_body' },
  'no text': { request: () => ({ text: undefined }), status: 400, code: 'invalid_body' },
  'an unknown thread': { request: () => ({ threadId: randomUUID() }), status: 404, code: 'thread_not_found' },
  'an unknown thread of a fresh guest': {
    token: createToken(),
    request: () => ({ threadId: own.threadId }),
    status: 404,
    code: 'thread_not_found',
  },
  'a foreign thread': { request: () => ({ threadId: foreign.threadId }), status: 404, code: 'thread_not_found' },
  'a client id sent twice with other text': {
    request: () => ({ id: clientId, text: 'Second' }),
    status: 409,
    code: 'id_conflict',
  },
  'a client id sent again for a conversation that is not there': {
    request: () => ({ id: clientId, text: 'First', clientThreadId: 'another' }),
    status: 409,
    code: 'id_conflict',
  },
  'a retry of an unknown message': {
    request: () => ({ type: 'retry', id: randomUUID(), threadId: own.threadId }),
    status: 404,
    code: 'message_not_found',
  },
  'a retry of another’s message': {
    token: stranger,
    request: () => ({ type: 'retry', id: clientId, threadId: foreign.threadId }),
    status: 404,
    code: 'message_not_found',
  },
  'a retry without a session': {
    token: createToken(),
    request: () => ({ type: 'retry', id: clientId, threadId: own.threadId }),
    status: 404,
    code: 'thread_not_found',
  },
}

describe('begin_turn refuses', () => {
  it.each(Object.entries(BAD))('%s, and leaves everything as it was', async (_, bad) => {
    const assistants = [assistantId, inactiveId, keylessId]
    const before = await Promise.all(assistants.map(world.readRows))
    const request = bad.request?.() ?? {}
    const answer = await world.beginTurn(bad.assistant?.() ?? assistantId, 'token' in bad ? bad.token : token, request)
    expect(answer).toMatchObject({ status: bad.status, body: { code: `PT${bad.status}`, message: bad.code } })
    expect(answer.body.details).toMatch(/\.$/)
    expect(await Promise.all(assistants.map(world.readRows))).toEqual(before)
  })

  it('a second message while the first is being answered', async () => {
    const visitor = createToken()
    const { threadId, turn } = await world.ask(assistantId, visitor)
    const before = await world.readRows(assistantId)
    expect(await world.beginTurn(assistantId, visitor, { threadId })).toMatchObject({
      status: 409,
      body: { message: 'turn_in_progress' },
    })
    expect(await world.readRows(assistantId)).toEqual(before)
    await world.finish(turn)
    expect(await world.beginTurn(assistantId, visitor, { threadId })).toMatchObject({ status: 200 })
  })

  it('takes a text of just the longest length', async () => {
    expect(await world.beginTurn(assistantId, createToken(), { text: '🙂'.repeat(8000) })).toMatchObject({
      status: 200,
    })
  })
})

describe('open_session refuses', () => {
  const cases = Object.entries(BAD).filter(
    ([, bad]) => bad.request === undefined && bad.code !== 'provider_key_missing',
  )
  it.each(cases)('%s', async (_, bad) => {
    const caller = { token: 'token' in bad ? bad.token : token, origin: 'https://site.test' }
    const answer = await world.api.rpc('open_session', { assistant_id: bad.assistant?.() ?? assistantId }, caller)
    expect(answer).toMatchObject({ status: bad.status, body: { message: bad.code } })
  })

  it('a page elsewhere', async () => {
    const caller = { token, origin: 'https://elsewhere.test' }
    const answer = await world.api.rpc('open_session', { assistant_id: assistantId }, caller)
    expect(answer).toMatchObject({ status: 403, body: { message: 'origin_not_allowed' } })
  })
})

describe('changes by a visitor are refused', () => {
  it.each([
    ['a blank title', { title: '  ' }],
    ['a title that is too long', { title: 'a'.repeat(201) }],
    ['an unknown status', { status: 'deleted' }],
  ])('%s', async (_, change) => {
    const before = await world.readRows(assistantId)
    const answer = await world.api.rpc('update_thread', { thread_id: own.threadId, ...change }, { token })
    expect(answer).toMatchObject({ status: 400, body: { message: 'invalid_body' } })
    expect(await world.readRows(assistantId)).toEqual(before)
  })

  it.each([
    ['list_threads', "x' or 1=1"],
    ['list_threads', '2026-02-31T25:61:00.000000Z_00000000-0000-4000-8000-000000000000'],
    ['list_messages', "x' or 1=1"],
    ['list_messages', '99999999999999999999'],
  ])('a cursor that %s did not give: %s', async (name, cursor) => {
    const args = {
      ...(name === 'list_threads' ? { assistant_id: assistantId } : { thread_id: own.threadId }),
      cursor,
    }
    expect(await world.api.rpc(name, args, { token })).toMatchObject({ status: 400, body: { message: 'invalid_body' } })
  })
})

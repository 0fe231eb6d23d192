import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld } from '../support/world.ts'
import { createTurnCalls } from './turn_calls.ts'

const world = createWorld(workerStack())
const { api, sql } = world
const { listMessages } = createTurnCalls(world)
let assistantId: string

beforeAll(async () => {
  ;({ id: assistantId } = await world.createAssistant())
})
afterAll(() => world.close())

describe('begin_turn', () => {
  it('gives the same turn again to the worker that asks again, because an answer was lost', async () => {
    const token = createToken()
    const request = { id: randomUUID(), text: 'Hello', lease: randomUUID() }
    const first = await world.beginTurn(assistantId, token, request)
    expect(first.body).toMatchObject({ joined: false, turn: { lease: request.lease } })
    expect(await world.beginTurn(assistantId, token, request)).toEqual(first)
    const { turn, threadId } = first.body
    // Nobody else gets it, and nobody without the token.
    const other = await world.beginTurn(assistantId, token, { ...request, lease: randomUUID() })
    expect(other.body).toMatchObject({ joined: true, turn: { id: turn.id, lease: null } })
    const stranger = await world.beginTurn(assistantId, createToken(), request)
    expect(stranger.body).toMatchObject({ joined: false })
    expect(stranger.body.turn.id).not.toBe(turn.id)
    expect((await listMessages(threadId, token)).items).toHaveLength(2)
    expect(await sql`select from loacl_private.reservations where turn_id = ${turn.id}`).toHaveLength(2)
    // A turn that has ended is nobody's to run.
    await world.finish(turn)
    expect((await world.beginTurn(assistantId, token, request)).body).toMatchObject({ joined: true })
  })

  it('gives it again with the instructions and the history that it began with', async () => {
    const token = createToken()
    const { threadId } = await world.converse(assistantId, token, { text: 'First' })
    const request = { id: randomUUID(), text: 'Second', threadId, lease: randomUUID() }
    const first = await world.beginTurn(assistantId, token, request)
    expect(first.body.history).toHaveLength(3)
    expect(await world.beginTurn(assistantId, token, request)).toEqual(first)
  })

  it('makes the session, the thread, both messages and the turn', async () => {
    const token = createToken()
    const id = randomUUID()
    const { status, body } = await world.beginTurn(assistantId, token, { id, text: 'Hello' })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      joined: false,
      isFirstTurn: true,
      assistant: {
        id: assistantId,
        model: 'gpt-6-luna',
        instructions: 'The secret instructions.',
        temperature: null,
        maxOutputTokens: 4096,
        followUps: true,
        showReasoning: false,
      },
      provider: { purpose: 'provider_key', provider: 'openai', baseUrl: null, keyId: 'test' },
      history: [{ role: 'user', content: 'Hello' }],
    })
    const page = await listMessages(body.threadId, token)
    expect(page).toMatchObject({
      activeTurnId: body.turn.id,
      nextCursor: null,
      thread: { id: body.threadId, title: null, status: 'active' },
      items: [
        { id: body.messageId, clientId: null, role: 'assistant', status: 'streaming', content: '', parts: [] },
        {
          id: body.userMessageId,
          clientId: id,
          role: 'user',
          status: 'completed',
          content: 'Hello',
          parts: [{ type: 'text', text: 'Hello' }],
        },
      ],
    })
    const [session] = await sql`
      select k.token_hash, s.session_type, s.expires_at - s.created_at = interval '30 days' as is_month
      from loacl.sessions s join loacl_private.session_tokens k on k.session_id = s.id join loacl.threads t on t.session_id = s.id
      where t.id = ${body.threadId}
    `
    const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token))
    expect(session).toEqual({ token_hash: Buffer.from(hash), session_type: 'guest', is_month: true })
  })

  it('makes one turn of the same message sent many times at once, by a visitor who is new', async () => {
    const token = createToken()
    const id = randomUUID()
    const answers = await Promise.all(Array.from({ length: 6 }, () => world.beginTurn(assistantId, token, { id })))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200])
    expect(answers.filter(({ body }) => !body.joined)).toHaveLength(1)
    expect(new Set(answers.map(({ body }) => body.turn.id)).size).toBe(1)
    for (const { body } of answers.filter(({ body: { joined } }) => joined))
      expect(body).toMatchObject({ assistant: null, provider: null, history: null })
    const counts = await sql`
      select count(distinct s.id)::int as sessions, count(distinct t.id)::int as threads, count(m.id)::int as messages
      from loacl_private.session_tokens k
      join loacl.sessions s on s.id = k.session_id
      join loacl.threads t on t.session_id = s.id
      join loacl.messages m on m.thread_id = t.id
      where k.token_hash = sha256(${token}::text::bytea)
    `
    expect(counts[0]).toEqual({ sessions: 1, threads: 1, messages: 2 })
  })

  it('makes one session for two first messages sent at once', async () => {
    const token = createToken()
    const answers = await Promise.all(['One', 'Two'].map((text) => world.ask(assistantId, token, text)))
    const sessions =
      await sql`select distinct session_id from loacl.threads where id in ${sql(answers.map(({ threadId }) => threadId))}`
    expect(sessions).toHaveLength(1)
    expect(new Set(answers.map(({ threadId }) => threadId)).size).toBe(2)
  })

  it('lets one of two different messages into a thread at a time', async () => {
    const token = createToken()
    const { threadId } = await world.converse(assistantId, token)
    const answers = await Promise.all(
      ['One', 'Two', 'Three'].map((text) => world.beginTurn(assistantId, token, { threadId, text })),
    )
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409])
    for (const { body } of answers.filter(({ status }) => status === 409)) expect(body.message).toBe('turn_in_progress')
    expect((await listMessages(threadId, token)).items).toHaveLength(4)
  })

  it('finds the turn of a message that was answered long ago', async () => {
    const token = createToken()
    const id = randomUUID()
    const first = (await world.beginTurn(assistantId, token, { id, text: 'Hello' })).body
    await world.finish(first.turn)
    for (const threadId of [null, first.threadId]) {
      const again = await world.beginTurn(assistantId, token, { id, text: 'Hello', threadId })
      expect(again).toMatchObject({
        status: 200,
        body: { joined: true, turn: { id: first.turn.id }, messageId: first.messageId },
      })
    }
  })

  it('slides a guest’s expiry', async () => {
    const token = createToken()
    const { threadId } = await world.converse(assistantId, token)
    await sql`update loacl.sessions set expires_at = now() + interval '1 day' where id = (select session_id from loacl.threads where id = ${threadId})`
    await world.ask(assistantId, token)
    const [session] =
      await sql`select expires_at > now() + interval '29 days' as slid from loacl.sessions where id = (select session_id from loacl.threads where id = ${threadId})`
    expect(session).toEqual({ slid: true })
  })

  it('takes up an archived thread again', async () => {
    const token = createToken()
    const { threadId } = await world.converse(assistantId, token)
    await api.rpc('update_thread', { thread_id: threadId, status: 'archived' }, { token })
    await world.ask(assistantId, token, 'Again', threadId)
    expect((await listMessages(threadId, token)).thread.status).toBe('active')
  })

  it('prefers the owner’s default provider and uses no inactive one', async () => {
    const { id, owner } = await world.createAssistant()
    await sql`
      with secret as (
        insert into loacl_private.secrets (owner_id, purpose, key_id, ciphertext)
        select owner_id, purpose, 'second', ciphertext from loacl_private.secrets where owner_id = ${owner.userId} returning id
      )
      insert into loacl.provider_configs (owner_id, secret_id, key_last_four, base_url) select ${owner.userId}, id, 'wxyz', 'https://model.test/v1' from secret
    `
    const token = createToken()
    expect((await world.beginTurn(id, token)).body.provider).toMatchObject({ keyId: 'test', baseUrl: null })
    await sql`update loacl.provider_configs set is_active = false where owner_id = ${owner.userId} and is_default`
    expect((await world.beginTurn(id, token)).body.provider).toMatchObject({
      keyId: 'second',
      baseUrl: 'https://model.test/v1',
    })
  })
})

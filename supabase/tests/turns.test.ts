import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../packages/local/test/worker_stack.ts'
import { createToken } from './support/api.ts'
import { createWorld, type TurnKey } from './support/world.ts'

const world = createWorld(workerStack())
const { api, sql } = world
let assistantId: string

beforeAll(async () => {
  ;({ id: assistantId } = await world.createAssistant())
})
afterAll(() => world.close())

const append = ({ id, lease }: TurnKey, seq: number, parts: unknown[]) =>
  api.rpc('append_turn_parts', { turn_id: id, lease, seq, parts }, world.asServer())
const read = ({ id }: TurnKey, afterSeq: number, token: string) =>
  api.rpc('read_turn_parts', { turn_id: id, after_seq: afterSeq }, world.asServer(token))
const stop = ({ id }: TurnKey, token: string) => api.rpc('stop_turn', { turn_id: id }, world.asServer(token))
const delta = (text: string) => ({ type: 'text-delta', id: '0', delta: text })
/** As if its worker had said nothing for a while. */
const abandon = ({ id }: TurnKey) => sql`update loacl_private.turns set lease_expires_at = now() where id = ${id}`
const listMessages = async (threadId: string, token: string) =>
  (await api.rpc('list_messages', { thread_id: threadId }, { token })).body
const leaseLost = { status: 409, body: { message: 'turn_lease_lost' } }

describe('begin_turn', () => {
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

describe('history', () => {
  it('holds the conversation, oldest first', async () => {
    const token = createToken()
    const { threadId } = await world.converse(assistantId, token, { text: 'One', answer: 'First' })
    await world.converse(assistantId, token, { text: 'Two', answer: 'Second', threadId })
    const { history } = await world.ask(assistantId, token, 'Three', threadId)
    expect(history).toEqual([
      { role: 'user', content: 'One' },
      { role: 'assistant', content: 'First' },
      { role: 'user', content: 'Two' },
      { role: 'assistant', content: 'Second' },
      { role: 'user', content: 'Three' },
    ])
  })

  it('leaves out system messages: what the model is told to be is in its instructions', async () => {
    const token = createToken()
    const { threadId } = await world.converse(assistantId, token, { text: 'One', answer: 'First' })
    await sql`
      insert into loacl.messages (thread_id, session_id, assistant_id, parent_id, role, content)
      select m.thread_id, m.session_id, m.assistant_id, m.id, 'system', 'Be kind.'
      from loacl.messages m where m.thread_id = ${threadId} and m.role = 'assistant'
    `
    const { history } = await world.ask(assistantId, token, 'Two', threadId)
    expect((history as { content: string }[]).map(({ content }) => content)).toEqual(['One', 'First', 'Two'])
  })

  it('leaves out what failed, keeps what was stopped or cut, and nothing of other threads', async () => {
    const token = createToken()
    await world.converse(assistantId, token, { text: 'Elsewhere' })
    const one = await world.ask(assistantId, token, 'One')
    await world.finish(one.turn, { state: 'failed', errorCode: 'model_unavailable', content: 'Half' })
    const two = await world.ask(assistantId, token, 'Two', one.threadId)
    await world.finish(two.turn, { state: 'stopped', content: 'Begun' })
    const three = await world.ask(assistantId, token, 'Three', one.threadId)
    await world.finish(three.turn, { state: 'cut', cutReason: 'max_output_tokens', content: 'Long' })
    const four = await world.ask(assistantId, token, 'Four', one.threadId)
    await world.finish(four.turn, { state: 'stopped', content: '' })
    const { history } = await world.ask(assistantId, token, 'Five', one.threadId)
    expect((history as { content: string }[]).map(({ content }) => content)).toEqual([
      'One',
      'Two',
      'Begun',
      'Three',
      'Long',
      'Four',
      'Five',
    ])
  })

  it('is as long as the budget allows, and always has the new message', async () => {
    const { id } = await world.createAssistant({ settings: { context_token_budget: 500 } })
    const token = createToken()
    const { threadId } = await world.converse(id, token, { text: 'a'.repeat(600), answer: 'b'.repeat(600) })
    await world.converse(id, token, { text: 'c'.repeat(600), answer: 'd'.repeat(300), threadId })
    // 600 letters are taken for 204 tokens, 300 for 104, and the new one for 104.
    const { history, turn } = await world.ask(id, token, 'e'.repeat(300), threadId)
    expect((history as { content: string }[]).map(({ content }) => content[0])).toEqual(['c', 'd', 'e'])
    await world.finish(turn)
    const long = await world.ask(id, token, 'f'.repeat(3000), threadId)
    expect((long.history as { content: string }[]).map(({ content }) => content[0])).toEqual(['f'])
  })
})

describe('a retry', () => {
  it('answers the same message again, and only the new answer is shown', async () => {
    const token = createToken()
    const id = randomUUID()
    const first = (await world.beginTurn(assistantId, token, { id, text: 'Hello' })).body
    await world.finish(first.turn, { state: 'failed', errorCode: 'model_unavailable', content: '' })
    const { body } = await world.beginTurn(assistantId, token, {
      type: 'retry',
      id,
      threadId: first.threadId,
      text: undefined,
    })
    expect(body).toMatchObject({
      joined: false,
      userMessageId: first.userMessageId,
      history: [{ role: 'user', content: 'Hello' }],
    })
    expect(body.messageId).not.toBe(first.messageId)
    await world.finish(body.turn, { content: 'Hello yourself' })
    const { items } = await listMessages(first.threadId, token)
    expect(items.map((item: { id: string }) => item.id)).toEqual([body.messageId, first.userMessageId])
    const [replaced] = await sql`select parent_id, status from loacl.messages where id = ${first.messageId}`
    expect(replaced).toEqual({ parent_id: first.userMessageId, status: 'failed' })
    const next = await world.ask(assistantId, token, 'Next', first.threadId)
    expect((next.history as { content: string }[]).map(({ content }) => content)).toEqual([
      'Hello',
      'Hello yourself',
      'Next',
    ])
  })

  it('joins the try that runs, by the message’s own id too, and the answer that came', async () => {
    const token = createToken()
    const first = await world.ask(assistantId, token)
    await world.finish(first.turn, { state: 'stopped' })
    const retry = { type: 'retry', id: first.userMessageId, threadId: first.threadId }
    const answers = await Promise.all(
      [retry, retry, retry].map((request) => world.beginTurn(assistantId, token, request)),
    )
    const begun = answers.filter(({ body }) => !body.joined)
    expect(begun).toHaveLength(1)
    await world.finish(begun[0]!.body.turn)
    const late = await world.beginTurn(assistantId, token, retry)
    expect(late.body).toMatchObject({ joined: true, turn: { id: begun[0]!.body.turn.id } })
  })

  it('is for the latest message alone: what was said after it is not put aside', async () => {
    const token = createToken()
    const first = await world.ask(assistantId, token)
    await world.finish(first.turn, { state: 'failed', errorCode: 'internal' })
    await world.converse(assistantId, token, { threadId: first.threadId })
    const retry = { type: 'retry', id: first.userMessageId, threadId: first.threadId }
    expect(await world.beginTurn(assistantId, token, retry)).toMatchObject({
      status: 409,
      body: { message: 'id_conflict' },
    })
  })
})

describe('the parts of a turn', () => {
  it('are read from any place on, and end with the message', async () => {
    const token = createToken()
    const { turn, threadId, messageId, userMessageId } = await world.ask(assistantId, token)
    await append(turn, 1, [{ type: 'start', messageId }, delta('Hel')])
    await append(turn, 3, [delta('lo')])
    await append(turn, 4, [delta(' '), delta('there')])
    expect((await read(turn, 0, token)).body).toMatchObject({
      state: 'running',
      threadId,
      messageId,
      userMessageId,
      message: null,
      errorCode: null,
      cutReason: null,
    })
    for (const after of [0, 1, 2, 3, 4, 5, 9]) {
      const { parts } = (await read(turn, after, token)).body
      expect(parts.map(({ seq }: { seq: number }) => seq)).toEqual([1, 2, 3, 4, 5].filter((seq) => seq > after))
    }
    expect((await read(turn, 3, token)).body.parts).toEqual([
      { seq: 4, part: delta(' ') },
      { seq: 5, part: delta('there') },
    ])
    await world.finish(turn, { content: 'Hello there' })
    const ended = (await read(turn, 5, token)).body
    expect(ended).toMatchObject({
      state: 'completed',
      parts: [],
      message: { id: messageId, status: 'completed', content: 'Hello there' },
    })
  })

  it('are stored once, however often they are sent', async () => {
    const token = createToken()
    const { turn } = await world.ask(assistantId, token)
    await append(turn, 1, [delta('a'), delta('b')])
    await append(turn, 1, [delta('a'), delta('b')])
    await append(turn, 2, [delta('b'), delta('c')])
    await append(turn, 1, [delta('a')])
    const { parts } = (await read(turn, 0, token)).body
    expect(parts.map(({ part }: { part: { delta: string } }) => part.delta)).toEqual(['a', 'b', 'c'])
    expect(await append(turn, 5, [delta('e')])).toMatchObject({ status: 500, body: { message: 'internal' } })
  })

  it('carry the visitor’s wish to stop back to the worker', async () => {
    const token = createToken()
    const { turn } = await world.ask(assistantId, token)
    expect((await append(turn, 1, [delta('a')])).body).toEqual({ stopRequested: false })
    expect((await stop(turn, token)).body).toEqual({ state: 'running' })
    expect((await append(turn, 2, [])).body).toEqual({ stopRequested: true })
    await world.finish(turn, { state: 'stopped' })
    expect((await stop(turn, token)).body).toEqual({ state: 'stopped' })
  })

  it('go some minutes after the end, with the next turn of anybody, and the message stays', async () => {
    const token = createToken()
    const { turn } = await world.ask(assistantId, token)
    await append(turn, 1, [delta('a')])
    await world.finish(turn, { content: 'a' })
    await sql`update loacl_private.turns set ended_at = now() - interval '11 minutes' where id = ${turn.id}`
    await world.ask(assistantId, createToken())
    expect(await sql`select from loacl_private.turn_chunks where turn_id = ${turn.id}`).toHaveLength(0)
    expect((await read(turn, 0, token)).body).toMatchObject({
      state: 'completed',
      parts: [],
      message: { content: 'a' },
    })
  })
})

describe('a turn ends once', () => {
  it.each(['completed', 'stopped', 'cut', 'failed'] as const)('as %s, and takes nothing after', async (state) => {
    const token = createToken()
    const { turn, threadId, messageId } = await world.ask(assistantId, token)
    const outcome = {
      state,
      errorCode: state === 'failed' ? 'model_unavailable' : null,
      cutReason: state === 'cut' ? 'time_limit' : null,
    }
    expect((await world.finish(turn, { ...outcome, content: 'So far' })).status).toBe(204)
    const expected = {
      id: messageId,
      status: state,
      content: 'So far',
      parts: [{ type: 'text', text: 'So far' }],
      errorCode: outcome.errorCode,
      cutReason: outcome.cutReason,
    }
    const page = await listMessages(threadId, token)
    expect(page.items[0]).toMatchObject(expected)
    expect(page.activeTurnId).toBeNull()
    expect((await read(turn, 0, token)).body).toMatchObject({
      state,
      errorCode: outcome.errorCode,
      cutReason: outcome.cutReason,
      message: expected,
    })
    const before = await world.readRows(assistantId)
    expect(await world.finish(turn, { state: 'completed', content: 'Other' })).toMatchObject(leaseLost)
    expect(await append(turn, 1, [delta('a')])).toMatchObject(leaseLost)
    expect(await world.readRows(assistantId)).toEqual(before)
  })

  it('by one of two that try at once', async () => {
    const { turn } = await world.ask(assistantId, createToken())
    const answers = await Promise.all(['completed', 'stopped'].map((state) => world.finish(turn, { state })))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([204, 409])
    expect(
      await sql`select from loacl.usage_logs where thread_id = (select thread_id from loacl_private.turns where id = ${turn.id})`,
    ).toHaveLength(1)
  })

  it('for its worker alone', async () => {
    const { turn } = await world.ask(assistantId, createToken())
    const stolen = { id: turn.id, lease: randomUUID() }
    const before = await world.readRows(assistantId)
    expect(await append(stolen, 1, [delta('a')])).toMatchObject(leaseLost)
    expect(await world.finish(stolen)).toMatchObject(leaseLost)
    const followUps = { turn_id: turn.id, lease: stolen.lease, title: 'x', suggestions: ['x'], usage: null }
    expect(await api.rpc('save_follow_ups', followUps, world.asServer())).toMatchObject(leaseLost)
    expect(await world.readRows(assistantId)).toEqual(before)
  })

  it('and keeps the provider’s items where only the functions look', async () => {
    const { turn, messageId } = await world.ask(assistantId, createToken())
    await world.finish(turn)
    const internals =
      await sql`select response_id, provider_items from loacl_private.message_internals where message_id = ${messageId}`
    expect(internals).toEqual([
      { response_id: 'resp_1', provider_items: [{ type: 'reasoning', encrypted_content: 'sealed by the provider' }] },
    ])
  })
})

describe('a turn whose worker has gone', () => {
  it('is renewed by each append', async () => {
    const { turn } = await world.ask(assistantId, createToken())
    await abandon(turn)
    await append(turn, 1, [])
    const [row] =
      await sql`select lease_expires_at > now() + interval '10 seconds' as renewed from loacl_private.turns where id = ${turn.id}`
    expect(row).toEqual({ renewed: true })
  })

  it('is failed by whoever reads it, and keeps what was streamed', async () => {
    const token = createToken()
    const { turn } = await world.ask(assistantId, token)
    await append(turn, 1, [{ type: 'start' }, delta('So '), delta('far')])
    await abandon(turn)
    expect((await read(turn, 0, token)).body).toMatchObject({
      state: 'failed',
      errorCode: 'turn_abandoned',
      message: {
        status: 'failed',
        errorCode: 'turn_abandoned',
        content: 'So far',
        parts: [{ type: 'text', text: 'So far' }],
      },
    })
    expect(await append(turn, 4, [delta('late')])).toMatchObject(leaseLost)
    expect(await world.finish(turn)).toMatchObject(leaseLost)
  })

  it('is failed by a stop', async () => {
    const token = createToken()
    const { turn } = await world.ask(assistantId, token)
    await abandon(turn)
    expect((await stop(turn, token)).body).toEqual({ state: 'failed' })
  })

  it('is shown as failed by a list, which writes nothing', async () => {
    const token = createToken()
    const { turn, threadId } = await world.ask(assistantId, token)
    await abandon(turn)
    const page = await listMessages(threadId, token)
    expect(page.activeTurnId).toBeNull()
    expect(page.items[0]).toMatchObject({ status: 'failed', errorCode: 'turn_abandoned' })
    expect(await sql`select state from loacl_private.turns where id = ${turn.id}`).toEqual([{ state: 'running' }])
  })

  it('makes way for the next message, and for a retry', async () => {
    const token = createToken()
    const first = await world.ask(assistantId, token)
    await abandon(first.turn)
    const second = await world.ask(assistantId, token, 'Next', first.threadId)
    expect(await world.finish(first.turn)).toMatchObject(leaseLost)
    await abandon(second.turn)
    const retry = { type: 'retry', id: second.userMessageId, threadId: first.threadId }
    expect((await world.beginTurn(assistantId, token, retry)).body).toMatchObject({ joined: false })
  })

  it('is failed by the clean-up too', async () => {
    const token = createToken()
    const { turn } = await world.ask(assistantId, token)
    await abandon(turn)
    await sql`select loacl_private.clean_up()`
    expect(await sql`select state, error_code from loacl_private.turns where id = ${turn.id}`).toEqual([
      { state: 'failed', error_code: 'turn_abandoned' },
    ])
  })
})

describe('what a turn costs', () => {
  const usage = { inputTokens: 1000, cachedInputTokens: 400, outputTokens: 100, reasoningTokens: 40 }
  const finishWith = async (assistant: string, outcome: object) => {
    const { turn, threadId } = await world.ask(assistant, createToken())
    await world.finish(turn, { usage, ...outcome })
    return sql`
      select purpose, provider, model, cost_usd::float, input_tokens::int, cached_input_tokens::int, output_tokens::int, reasoning_tokens::int
      from loacl.usage_logs where thread_id = ${threadId}
    `
  }

  it('is computed from the prices, cached input apart', async () => {
    const tokens = { input_tokens: 1000, cached_input_tokens: 400, output_tokens: 100, reasoning_tokens: 40 }
    const logs = await finishWith(assistantId, { model: 'gpt-6-luna' })
    // 600 at 0.10, 400 at 0.01 and 100 at 0.50 dollars per million.
    expect(logs).toEqual([
      { purpose: 'answer', provider: 'openai', model: 'gpt-6-luna', cost_usd: 0.000114, ...tokens },
    ])
  })

  it('is that of the model for a dated snapshot', async () => {
    expect((await finishWith(assistantId, { model: 'gpt-6-luna-2026-10-01' }))[0]).toMatchObject({ cost_usd: 0.000114 })
  })

  it('is that of the snapshot where it has a price of its own, unless the owner set one for the model', async () => {
    const { id, owner } = await world.createAssistant()
    const price = (model: string, usd: number) =>
      sql`insert into loacl.model_prices (owner_id, model, input_usd, output_usd) values (${owner.userId}, ${model}, ${usd}, ${usd})`
    const other = await world.createAssistant()
    await sql`insert into loacl.model_prices (owner_id, model, input_usd, output_usd) values (${other.owner.userId}, 'gpt-6-luna', 9, 9)`
    await price('gpt-6-luna', 1)
    await price('gpt-6-luna-2026-10-01', 2)
    expect((await finishWith(id, { model: 'gpt-6-luna-2026-10-01' }))[0]).toMatchObject({ cost_usd: 0.0022 })
    expect((await finishWith(id, { model: 'gpt-6-luna-2026-11-01' }))[0]).toMatchObject({ cost_usd: 0.0011 })
  })

  it('is not known for a model without a price, whose tokens are kept', async () => {
    expect((await finishWith(assistantId, { model: 'llama-9' }))[0]).toMatchObject({
      model: 'llama-9',
      cost_usd: null,
      input_tokens: 1000,
    })
  })

  it('is by the owner’s own price where there is one', async () => {
    const { id, owner } = await world.createAssistant()
    await sql`insert into loacl.model_prices (owner_id, model, input_usd, output_usd) values (${owner.userId}, 'gpt-6-luna', 1, 2)`
    expect((await finishWith(id, { model: 'gpt-6-luna' }))[0]).toMatchObject({ cost_usd: 0.0012 })
  })

  it('is not logged where nothing was used', async () => {
    expect(await finishWith(assistantId, { usage: null })).toHaveLength(0)
  })

  it('outlives the assistant', async () => {
    const { id, owner } = await world.createAssistant()
    await world.converse(id, createToken())
    await sql`delete from loacl.assistants where id = ${id}`
    const logs =
      await sql`select assistant_id, session_id, thread_id, model from loacl.usage_logs where owner_id = ${owner.userId}`
    expect(logs).toEqual([{ assistant_id: null, session_id: null, thread_id: null, model: 'gpt-6-luna' }])
    expect(await sql`select from loacl.messages where assistant_id = ${id}`).toHaveLength(0)
  })
})

const save = ({ id, lease }: TurnKey, more: object = {}) =>
  api.rpc(
    'save_follow_ups',
    { turn_id: id, lease, title: 'About it', suggestions: ['Why?', ' ', 'How?'], usage: null, ...more },
    world.asServer(),
  )

describe('save_follow_ups', () => {
  it('stores suggestions, the title and the usage, once', async () => {
    const token = createToken()
    const { turn, threadId } = await world.ask(assistantId, token)
    expect(await save(turn)).toMatchObject(leaseLost)
    await world.finish(turn, { usage: null })
    const usage = { inputTokens: 10, cachedInputTokens: 0, outputTokens: 10, reasoningTokens: 0 }
    const { body } = await save(turn, { usage })
    expect(body).toEqual({
      suggestions: [
        { id: expect.any(String), suggestion: 'Why?', used: false },
        { id: expect.any(String), suggestion: 'How?', used: false },
      ],
      title: 'About it',
    })
    expect((await save(turn, { title: 'Other', suggestions: ['Else?'] })).body).toEqual(body)
    const page = await listMessages(threadId, token)
    expect(page.thread.title).toBe('About it')
    expect(page.items[0].suggestions).toEqual(body.suggestions)
    const logs = await sql`select purpose, input_tokens::int from loacl.usage_logs where thread_id = ${threadId}`
    expect(logs).toEqual([{ purpose: 'follow_ups', input_tokens: 10 }])
    expect((await world.beginTurn(assistantId, token, { threadId })).body.isFirstTurn).toBe(false)
  })

  it('keeps the title that the visitor gave', async () => {
    const token = createToken()
    const { turn, threadId } = await world.ask(assistantId, token)
    await api.rpc('update_thread', { thread_id: threadId, title: 'Mine' }, { token })
    await world.finish(turn)
    expect((await save(turn)).body.title).toBe('Mine')
    expect((await listMessages(threadId, token)).thread.title).toBe('Mine')
  })
})

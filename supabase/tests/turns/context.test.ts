import { afterAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createWorld } from '../support/world.ts'
import { createLongConversations, letters } from './long_conversation.ts'

const world = createWorld(workerStack())
const { api, sql } = world
const { begin } = createLongConversations(world)
afterAll(() => world.close())

const usageOf = (inputTokens: number) => ({ inputTokens, cachedInputTokens: 0, outputTokens: 10, reasoningTokens: 0 })

/** What limits the conversation now. */
const limit = async (assistantId: string, threadId: string) => {
  const [row] = await sql<[{ tokens: number; ratio: number }]>`
    select l.tokens, l.ratio::float8 from loacl.assistants a, loacl_private.limit_context(a, ${threadId}) l
    where a.id = ${assistantId}
  `
  return row
}
const shorten = ({ id, lease }: { id: string; lease: string }) =>
  api.rpc('shorten_history', { turn_id: id, lease }, world.asServer())

describe('a conversation that has outgrown its budget', () => {
  it('is told from its newest messages on, and what is left out is logged once', async () => {
    const { ask, exchange, listOptimizations } = await begin()
    await exchange('a', 'b')
    expect(await listOptimizations()).toEqual([])
    await exchange('c', 'd')
    // 600 letters are taken for 204 tokens.
    const first = { type: 'truncation', reason: 'token_limit', before: 612, after: 408, summary: null, affected: ['a'] }
    expect(await listOptimizations()).toEqual([first])

    const asked = await ask('e')
    expect(letters(asked.history)).toBe('cde')
    const next = { ...first, before: 821, after: 413, affected: ['b'] }
    expect(await listOptimizations()).toEqual([first, next])
    await world.finish(asked.turn, { content: 'f' })
    // Nothing more is left out.
    expect(letters((await ask('g')).history)).toBe('cdefg')
    expect(await listOptimizations()).toEqual([first, next])
  })

  it('is told with its long messages shortened, the oldest first, where the assistant compresses', async () => {
    const { ask, exchange, listOptimizations } = await begin({
      context_strategy: 'compression',
      context_token_budget: 700,
    })
    await exchange('a', 'b')
    await exchange('c', 'd')
    const { turn, history } = await ask('e')
    expect(letters(history)).toBe('abcde')
    expect(history.slice(2).map(({ content }) => content.length)).toEqual([600, 600, 1])
    for (const { content } of history.slice(0, 2)) {
      expect(content).toMatch(/^(a+|b+)\n\[… \d+ characters left out …\]\n\1$/)
      expect(content.length).toBeGreaterThan(200)
      expect(Buffer.byteLength(content)).toBeLessThanOrEqual(300)
    }
    const first = { type: 'compression', reason: 'token_limit', before: 821, after: 613, affected: ['a', 'b'] }
    expect(await listOptimizations()).toMatchObject([first])
    await world.finish(turn, { content: '!' })
    expect(letters((await exchange('f', 'g')).history)).toBe('abcde!f')
    // Of the same messages it is not logged again.
    expect((await listOptimizations()).map(({ type, affected }) => [type, affected.join('')])).toEqual([
      ['compression', 'ab'],
      ['compression', 'cd'],
    ])
  })

  it('goes on without an error whatever is in it', async () => {
    for (const context_strategy of ['truncation', 'summarization', 'compression']) {
      const { ask, exchange } = await begin({ context_strategy, max_message_length: 100_000 })
      await exchange('🙂', '漢', 3000)
      await exchange('a', '\u0301', 900)
      const { history } = await ask('e')
      expect(history.at(-1)).toEqual({ role: 'user', content: 'e' })
      for (const { content } of history) expect(content.isWellFormed()).toBe(true)
    }
  })
})

describe('how much a model is told', () => {
  it('is the owner’s to say, in words that are known', async () => {
    const { assistantId, owner, token } = await begin()
    const set = (context_strategy: string, caller: object) =>
      api.update(`assistants?id=eq.${assistantId}`, { context_strategy }, caller)
    expect((await set('summarization', { jwt: owner.jwt })).body).toMatchObject([{ context_strategy: 'summarization' }])
    expect(await set('forgetting', { jwt: owner.jwt })).toMatchObject({ status: 400, body: { code: '23514' } })
    const other = await world.createOperator()
    expect((await set('truncation', { jwt: other.jwt })).body).toEqual([])
    expect((await set('truncation', { token })).status).toBe(401)
    expect(await sql`select context_strategy from loacl.assistants where id = ${assistantId}`).toEqual([
      { context_strategy: 'summarization' },
    ])
  })

  it('is corrected by what the provider counts, in this thread and for this model', async () => {
    const { assistantId, ask, token, threadId } = await begin({ context_token_budget: 2000 })
    const { turn } = await ask('a'.repeat(2944))
    // With the instructions and sixteen bytes for each: 3,000 bytes.
    await world.finish(turn, { usage: usageOf(500) })
    expect(await limit(assistantId, threadId())).toEqual({ tokens: 4000, ratio: 0.5 })
    const other = await world.converse(assistantId, token)
    expect(await limit(assistantId, other.threadId)).toEqual({ tokens: 2000, ratio: 1 })

    // The latest counts for a quarter.
    const next = await ask('b')
    const [{ sent }] = await sql<[{ sent: number }]>`
      select (tokens - output_tokens)::int as sent from loacl_private.reservations where turn_id = ${next.turn.id} and purpose = 'answer'
    `
    await world.finish(next.turn, { usage: usageOf(Math.round(sent / 3)) })
    expect((await limit(assistantId, threadId())).ratio).toBeCloseTo(0.625, 3)

    await sql`update loacl.assistants set model = 'gpt-6-astra' where id = ${assistantId}`
    expect(await limit(assistantId, threadId())).toEqual({ tokens: 2000, ratio: 1 })
  })

  it.each([0, 1, 3001, 1_000_000_000])(
    'is not moved by a provider that counts %i tokens in 3,000 bytes',
    async (counted) => {
      const { assistantId, ask, threadId } = await begin({ context_token_budget: 2000 })
      const { turn } = await ask('a'.repeat(2944))
      expect((await world.finish(turn, { usage: usageOf(counted) })).status).toBe(204)
      expect(await limit(assistantId, threadId())).toEqual({ tokens: 2000, ratio: 1 })
    },
  )

  it('is what the model’s window leaves, where that is known and less', async () => {
    const { assistantId, owner, exchange, threadId } = await begin({
      context_token_budget: 16_000,
      max_output_tokens: 500,
    })
    await exchange('a', 'b')
    const of = () => limit(assistantId, threadId())
    const prices = [{ owner_id: owner.userId, model: 'gpt-6-luna', input_usd: 1, output_usd: 1, context_window: 2000 }]
    expect((await api.insert('model_prices', prices[0]!, { jwt: owner.jwt })).status).toBe(201)
    // 24 letters of instructions are twelve tokens.
    expect(await of()).toEqual({ tokens: 1488, ratio: 1 })
    const setWindow = (context_window: number | null) =>
      sql`update loacl.model_prices set context_window = ${context_window} where owner_id = ${owner.userId}`
    // The answer is thought to take half of it at most.
    await setWindow(800)
    expect(await of()).toEqual({ tokens: 388, ratio: 1 })
    await setWindow(10)
    expect(await of()).toEqual({ tokens: 1, ratio: 1 })
    for (const unknown of [0, null]) {
      await setWindow(unknown)
      expect(await of()).toEqual({ tokens: 16_000, ratio: 1 })
    }
    await expect(setWindow(-1)).rejects.toMatchObject({ code: '23514' })
  })
})

describe('a call that the provider finds too long', () => {
  it('is told half as much of the conversation, in that turn and from then on', async () => {
    const { ask, exchange, listOptimizations, assistantId } = await begin({ context_token_budget: 2000 })
    await exchange('a', 'b')
    await exchange('c', 'd')
    const { turn, history } = await ask('e')
    expect(letters(history)).toBe('abcde')
    const { status, body } = await shorten(turn)
    expect(status).toBe(200)
    expect(letters(body)).toBe('de')
    expect(await listOptimizations()).toMatchObject([
      { type: 'truncation', reason: 'token_limit', before: 821, after: 209, affected: ['a', 'b', 'c'] },
    ])
    const reserved = await sql`
      select purpose, (tokens - output_tokens)::int as sent from loacl_private.reservations where turn_id = ${turn.id} order by 1
    `
    // What is sent, sixteen for each message and the instructions, and the JSON of what the steps before added: three empty lists.
    expect(reserved).toEqual([
      { purpose: 'answer', sent: 600 + 1 + 24 + 3 * 16 + 6 },
      { purpose: 'title', sent: expect.any(Number) },
    ])
    const [{ left }] = await sql<[{ left: number }]>`
      select (b.day_tokens - (select sum(r.tokens) from loacl_private.reservations r where r.assistant_id = b.assistant_id)
        - (select sum(input_tokens + output_tokens) from loacl.usage_logs where assistant_id = b.assistant_id))::int as left
      from loacl_private.budgets b where b.assistant_id = ${assistantId}
    `
    expect(left).toBe(0)
    await world.finish(turn, { content: 'f' })
    expect(letters((await ask('g')).history)).toBe('defg')
  })

  it('costs nothing, also where the provider had opened its stream by then', async () => {
    for (const responseId of [null, 'resp_1']) {
      const { assistantId, ask } = await begin()
      const { turn } = await ask('a')
      const refused = { state: 'failed', errorCode: 'model_input_too_long', content: '', usage: null, responseId }
      expect((await world.finish(turn, refused)).status).toBe(204)
      expect(await sql`select from loacl.usage_logs where assistant_id = ${assistantId}`).toEqual([])
      expect(
        await sql`select day_tokens::int as tokens from loacl_private.budgets where assistant_id = ${assistantId}`,
      ).toEqual([{ tokens: 0 }])
    }
  })

  it('is told an answer that goes on with its question, however little else is left', async () => {
    const { assistantId, token, ask, exchange, threadId } = await begin({ context_token_budget: 2000 })
    await exchange('a', 'b')
    const cut = await ask('c'.repeat(600))
    await world.finish(cut.turn, { state: 'cut', cutReason: 'max_output_tokens', content: 'd'.repeat(3000) })
    const request = { type: 'continue', threadId: threadId(), messageId: cut.messageId, text: undefined }
    const { turn, history } = (await world.beginTurn(assistantId, token, request)).body
    expect(letters(history)).toBe('abcd')
    expect(letters((await shorten(turn)).body)).toBe('cd')
    expect(await shorten(turn)).toMatchObject({ status: 200, body: null })
  })

  it('can’t be shortened where only the question is left, and is nobody else’s', async () => {
    const { ask } = await begin()
    const { turn } = await ask('a'.repeat(3000))
    expect(await shorten(turn)).toMatchObject({ status: 200, body: null })
    expect(await shorten({ ...turn, lease: crypto.randomUUID() })).toMatchObject({
      status: 409,
      body: { message: 'turn_lease_lost' },
    })
    await world.finish(turn)
    expect(await shorten(turn)).toMatchObject({ status: 200, body: null })
  })
})

import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld, type BegunTurn, type Operator } from '../support/world.ts'
import { createTurnCalls, delta, leaseLost } from './turn_calls.ts'

const world = createWorld(workerStack())
const { api, sql, asServer } = world
const { append, read, abandon, stop, listMessages } = createTurnCalls(world)
afterAll(() => world.close())

const FIRST = [{ type: 'start' }, { type: 'data-turn' }]
const FLAGGED = { state: 'failed', errorCode: 'output_flagged' }
const used = (change: object = {}) => ({
  model: 'omni-moderation-latest',
  flags: [],
  usage: { inputTokens: 30, outputTokens: 0, isEstimate: true },
  ...change,
})
const output = used({ flags: [{ direction: 'output', categories: ['illicit', 'violence'] }] })

const moderating = (settings: Record<string, boolean | string | number | null> = {}, owner?: Operator) =>
  world.createAssistant({
    settings: { moderates_input: true, moderates_output: true, show_reasoning: true, ...settings },
    ...(owner ? { owner } : {}),
  })

/** Names of the tables in which a text is found. */
async function tablesWith(text: string): Promise<string[]> {
  const tables = await sql<{ name: string }[]>`
    select c.oid::regclass::text as name from pg_class c
    where c.relnamespace in ('loacl'::regnamespace, 'loacl_private'::regnamespace) and c.relkind = 'r'
  `
  const found = await Promise.all(
    tables.map(async ({ name }) => {
      const rows = await sql`select from ${sql(name)} t where to_jsonb(t)::text like ${`%${text}%`} limit 1`
      return rows.length > 0 ? [name] : []
    }),
  )
  return found.flat()
}

/** An answer with this word wherever an answer can leave one, as its worker has it before it ends. */
async function say(assistantId: string, token: string, word: string): Promise<BegunTurn & { outcome: object }> {
  const begun = await world.ask(assistantId, token)
  const { turn, messageId, threadId } = begun
  await append(turn, 1, [...FIRST, delta(`Take ${word}.`)])
  await addAnnotation(messageId, word)
  await sql`insert into loacl_private.message_internals (message_id, metadata) values (${messageId}, ${sql.json({ word })})`
  await sql`
    insert into loacl.tool_executions (message_id, tool_name, parameters, result, status)
    values (${messageId}, 'look_up', ${sql.json({ word })}, ${sql.json({ word })}, 'completed')
  `
  await sql`
    insert into loacl.context_optimizations (
      thread_id, trigger_reason, optimization_type, tokens_before, tokens_after, summary, affected_messages
    )
    values (${threadId}, 'auto', 'summarization', 9, 1, ${word}, ${[messageId]})
  `
  const outcome = {
    parts: [
      { type: 'reasoning', text: word },
      { type: 'text', text: `Take ${word}.` },
    ],
    content: `Take ${word}.`,
    providerItems: [{ type: 'message', word }],
  }
  return { ...begun, outcome }
}

const addAnnotation = (messageId: string, quote: string) =>
  api.rpc(
    'save_annotations',
    { message_id: messageId, annotations: [{ type: 'file_citation', title: 'Rules', quote }] },
    asServer(),
  )
const followUp = ({ turn: { id, lease } }: BegunTurn, word: string) =>
  api.rpc(
    'save_follow_ups',
    { turn_id: id, lease, title: word, suggestions: [word], usage: null, is_called: false },
    asServer(),
  )
const flagsOf = (messageId: string) =>
  sql`select direction, categories, model, thread_id, session_id is not null as has_session from loacl.moderation_flags where message_id = ${messageId}`

describe('begin_turn', () => {
  const settings = async (change: object, owner?: Operator) => {
    const { id } = await world.createAssistant({ settings: { ...change }, ...(owner ? { owner } : {}) })
    const { body } = await world.beginTurn(id, createToken())
    return body.moderation
  }

  it('says nothing of moderation where there is none', async () => {
    expect(await settings({})).toBe(null)
  })

  it('says what is moderated, by which model, and at whose provider', async () => {
    expect(await settings({ moderates_input: true })).toEqual({
      input: true,
      output: false,
      failsOpen: false,
      model: 'omni-moderation-latest',
      hasProvider: false,
      provider: null,
    })
    const { owner } = await world.createAssistant()
    const [config] = await sql`
      with secret as (
        insert into loacl_private.secrets (owner_id, purpose, key_id, ciphertext)
        values (${owner.userId}, 'provider_key', 'test', ${'a'.repeat(64)}) returning id
      )
      insert into loacl.provider_configs (owner_id, base_url, secret_id, key_last_four)
      select ${owner.userId}, 'https://moderation.example/v1', id, 'wxyz' from secret returning id
    `
    const change = {
      moderates_output: true,
      moderation_fails_open: true,
      moderation_model: 'mistral-moderation-latest',
      moderation_provider_config_id: config!['id'],
    }
    expect(await settings(change, owner)).toEqual({
      input: false,
      output: true,
      failsOpen: true,
      model: 'mistral-moderation-latest',
      hasProvider: true,
      provider: {
        secretId: expect.any(String),
        keyId: 'test',
        ciphertext: 'a'.repeat(64),
        purpose: 'provider_key',
        ownerId: owner.userId,
        provider: 'openai',
        baseUrl: 'https://moderation.example/v1',
      },
    })
    await sql`update loacl.provider_configs set is_active = false where id = ${config!['id']}`
    const off = await settings(change, owner)
    expect(off).toMatchObject({ hasProvider: true, provider: null })
  })

  it('an assistant has no provider of another owner’s', async () => {
    const [mine, other] = await Promise.all([world.createAssistant(), world.createAssistant()])
    const [config] = await sql`select id from loacl.provider_configs where owner_id = ${other.owner.userId}`
    const set = await api.update(
      `assistants?id=eq.${mine.id}`,
      { moderation_provider_config_id: config!['id'] },
      { jwt: mine.owner.jwt },
    )
    expect(set).toMatchObject({ status: 409, body: { code: '23503' } })
  })
})

describe('an answer that is flagged', () => {
  const token = createToken()
  const word = `w${randomUUID()}`
  let assistantId: string
  let owner: Operator
  let begun: BegunTurn & { outcome: object }

  beforeAll(async () => {
    ;({ id: assistantId, owner } = await moderating())
    begun = await say(assistantId, token, word)
    expect((await tablesWith(word)).length).toBeGreaterThan(4)
    const { status } = await world.finish(begun.turn, { ...begun.outcome, ...FLAGGED, moderation: output })
    expect(status).toBe(204)
  })

  it('is nowhere in the database, however late its worker comes', async () => {
    expect(await tablesWith(word)).toEqual([])
    const { turn, messageId, outcome } = begun
    expect(await append(turn, 4, [delta(word)])).toMatchObject(leaseLost)
    expect(await world.finish(turn, outcome as Record<string, unknown>)).toMatchObject(leaseLost)
    expect(await followUp(begun, word)).toMatchObject(leaseLost)
    await addAnnotation(messageId, word)
    const parts = [{ type: 'text', text: word }]
    await api.rpc('fold_turn', { turn_id: turn.id, content: word, parts }, asServer())
    await sql`update loacl.messages set content = ${word}, parts = ${sql.json(parts)} where id = ${messageId}`
    await sql`insert into loacl.follow_up_suggestions (message_id, thread_id, session_id, assistant_id, position, suggestion)
      select id, thread_id, session_id, assistant_id, 1, ${word} from loacl.messages where id = ${messageId}`
    await sql`insert into loacl_private.message_internals (message_id, metadata) values (${messageId}, ${sql.json({ word })})`
    expect(await tablesWith(word)).toEqual([])
  })

  it('is told to its visitor as failed, on every way', async () => {
    const page = await listMessages(begun.threadId, token)
    expect(page).toMatchObject({ thread: { title: null }, activeTurnId: null })
    expect(page.items[0]).toMatchObject({ status: 'failed', errorCode: 'output_flagged', content: '', parts: [] })
    expect(page.items[0].suggestions).toEqual([])
    const { body } = await read(begun.turn, 3, token)
    expect(body).toMatchObject({ state: 'failed', errorCode: 'output_flagged', parts: [], isFolded: true })
    expect(body.message).toMatchObject({ content: '' })
    const { body: exported } = await api.rpc('export_visitor_data', {}, { token })
    expect(exported.threads[0].messages[1]).toMatchObject({ content: '', parts: [], annotations: [] })
    expect(JSON.stringify(exported)).not.toMatch(/illicit|omni-moderation/)
  })

  it('is in the thread’s log as ended, for other tabs and devices', async () => {
    const { body } = await api.rpc('list_events', { thread_id: begun.threadId, after: 0 }, { token })
    expect(body.items.map(({ kind }: { kind: string }) => kind)).toContain('turn_ended')
  })

  it('leaves its owner the categories, the time and what it cost', async () => {
    expect(await flagsOf(begun.messageId)).toEqual([
      {
        direction: 'output',
        categories: ['illicit', 'violence'],
        model: 'omni-moderation-latest',
        thread_id: begun.threadId,
        has_session: true,
      },
    ])
    const { body: flags } = await api.select('moderation_flags?select=categories,created_at', { jwt: owner.jwt })
    expect(flags).toEqual([{ categories: ['illicit', 'violence'], created_at: expect.any(String) }])
    const { body: usage } = await api.select('usage_logs?select=purpose,cost_usd,input_tokens&order=purpose', {
      jwt: owner.jwt,
    })
    expect(usage).toEqual([
      { purpose: 'answer', cost_usd: expect.stringMatching(/[1-9]/), input_tokens: 100 },
      { purpose: 'moderation', cost_usd: expect.stringMatching(/^[0.]+$/), input_tokens: 30 },
    ])
    const [session] = await sql`select session_id from loacl.threads where id = ${begun.threadId}`
    const { body } = await api.rpc('export_visitor', { session_id: session!['session_id'] }, { jwt: owner.jwt })
    expect(body.threads[0].messages[1].moderationFlags).toMatchObject([
      { direction: 'output', categories: ['illicit', 'violence'] },
    ])
  })

  it('has its flags shown to nobody else, and written by nobody', async () => {
    const other = await world.createOperator()
    const row = { message_id: begun.messageId, direction: 'output', model: 'x' }
    for (const caller of [{ token }, {}]) {
      expect((await api.select('moderation_flags', caller)).status).toBe(401)
      expect((await api.insert('moderation_flags', row, caller)).status).toBe(401)
    }
    expect((await api.select('moderation_flags', { jwt: other.jwt })).body).toEqual([])
    for (const { jwt } of [owner, other]) {
      expect((await api.insert('moderation_flags', row, { jwt })).status).toBe(403)
      expect((await api.update('moderation_flags?direction=eq.output', { categories: [] }, { jwt })).status).toBe(403)
      expect((await api.remove('moderation_flags?direction=eq.output', { jwt })).status).toBe(403)
    }
  })

  it('is left out of what the model is told later', async () => {
    const next = await world.ask(assistantId, token, 'And now?', begun.threadId)
    expect(next.history).toEqual([
      { role: 'user', content: 'What is it?' },
      { role: 'user', content: 'And now?' },
    ])
  })

  it('goes with its visitor', async () => {
    const { id } = await moderating()
    const visitor = createToken()
    const { turn, messageId } = await world.ask(id, visitor)
    await world.finish(turn, { ...FLAGGED, content: 'x', moderation: output })
    expect(await flagsOf(messageId)).toHaveLength(1)
    await api.rpc('erase_visitor_data', {}, { token: visitor })
    expect(await flagsOf(messageId)).toHaveLength(0)
  })
})

describe('a message that is flagged', () => {
  const token = createToken()
  let assistantId: string
  let begun: BegunTurn
  const refused = {
    state: 'failed',
    errorCode: 'input_flagged',
    content: '',
    parts: [],
    isCalled: false,
    usage: null,
    responseId: null,
    moderation: used({ flags: [{ direction: 'input', categories: ['hate'] }] }),
  }

  beforeAll(async () => {
    ;({ id: assistantId } = await moderating())
    begun = await world.ask(assistantId, token, 'Something hateful')
    await world.finish(begun.turn, refused)
  })

  it('is there for who wrote it, and its answer is refused at no cost', async () => {
    const { items } = await listMessages(begun.threadId, token)
    expect(items).toMatchObject([
      { role: 'assistant', status: 'failed', errorCode: 'input_flagged' },
      { role: 'user', status: 'completed', content: 'Something hateful' },
    ])
    expect(await flagsOf(begun.userMessageId)).toMatchObject([{ direction: 'input', categories: ['hate'] }])
    const usage = await sql`select purpose from loacl.usage_logs where thread_id = ${begun.threadId}`
    expect(usage).toEqual([{ purpose: 'moderation' }])
    const [budget] =
      await sql`select day_tokens::int, day_usd::float8 from loacl_private.budgets where assistant_id = ${assistantId}`
    expect(budget).toEqual({ day_tokens: 0, day_usd: 0 })
  })

  it('is told no model any more, but where it is asked again', async () => {
    const retried = await world.beginTurn(assistantId, token, {
      type: 'retry',
      id: (await listMessages(begun.threadId, token)).items[1].clientId,
      threadId: begun.threadId,
    })
    expect(retried.body.history).toEqual([{ role: 'user', content: 'Something hateful' }])
    await world.finish(retried.body.turn, refused)
    const next = await world.ask(assistantId, token, 'Sorry', begun.threadId)
    expect(next.history).toEqual([{ role: 'user', content: 'Sorry' }])
    await world.finish(next.turn)
    const last = await world.ask(assistantId, token, 'Thanks', begun.threadId)
    expect(last.history).toMatchObject([{ content: 'Sorry' }, { content: 'It is this.' }, { content: 'Thanks' }])
  })
})

describe('what moderation costs', () => {
  it('counts in the budget, by the price of its model', async () => {
    const { id, owner } = await moderating({ moderation_model: 'guard' })
    await api.insert(
      'model_prices',
      { owner_id: owner.userId, model: 'guard', input_usd: 2, output_usd: 0 },
      { jwt: owner.jwt },
    )
    const { turn } = await world.ask(id, createToken())
    const usage = { inputTokens: 1_000_000, outputTokens: 0, isEstimate: false }
    await world.finish(turn, { usage: null, isCalled: false, moderation: used({ model: 'guard', usage }) })
    await followUp({ turn } as BegunTurn, '')
    const [budget] =
      await sql`select day_tokens::int, day_usd::float8, month_usd::float8 from loacl_private.budgets where assistant_id = ${id}`
    expect(budget).toEqual({ day_tokens: 0, day_usd: 2, month_usd: 2 })
  })

  it('is unknown where its model has no price', async () => {
    const { id } = await moderating({ moderation_model: 'guard' })
    const { turn, threadId } = await world.ask(id, createToken())
    expect((await world.finish(turn, { moderation: used({ model: 'guard' }) })).status).toBe(204)
    const [usage] =
      await sql`select cost_usd from loacl.usage_logs where thread_id = ${threadId} and purpose = 'moderation'`
    expect(usage).toEqual({ cost_usd: null })
  })
})

describe('an answer whose worker has gone before it was checked to its end', () => {
  const leave = async (settings: Record<string, boolean>, parts: object[], isStopped = false) => {
    const { id } = await moderating(settings)
    const token = createToken()
    const begun = await world.ask(id, token)
    await append(begun.turn, 1, parts)
    if (isStopped) await stop(begun.turn, token)
    await abandon(begun.turn)
    return { ...begun, token, items: (await listMessages(begun.threadId, token)).items }
  }

  it.each([false, true])('is withdrawn (stopped: %s)', async (isStopped) => {
    const word = `w${randomUUID()}`
    const { turn, token, items } = await leave({}, [...FIRST, delta(word)], isStopped)
    expect(items[0]).toMatchObject({ status: 'failed', errorCode: 'moderation_unavailable', content: '', parts: [] })
    expect(items[0].streamed).toBe(undefined)
    expect((await read(turn, 2, token)).body).toMatchObject({ errorCode: 'moderation_unavailable', parts: [] })
    expect(await tablesWith(word)).toEqual([])
  })

  it('is kept where its owner lets through what could not be checked, or moderates no answers', async () => {
    for (const settings of [{ moderation_fails_open: true }, { moderates_output: false }]) {
      const { items } = await leave(settings, [...FIRST, delta('Half')])
      expect(items[0]).toMatchObject({ errorCode: 'turn_abandoned', content: 'Half' })
    }
  })

  it('is only interrupted where nothing was said', async () => {
    const { items } = await leave({}, FIRST)
    expect(items[0]).toMatchObject({ errorCode: 'turn_abandoned' })
  })

  it('is withdrawn by the clean-up as well', async () => {
    const word = `w${randomUUID()}`
    const { id } = await moderating()
    const begun = await world.ask(id, createToken())
    await append(begun.turn, 1, [...FIRST, delta(word)])
    await abandon(begun.turn)
    await api.rpc('run_clean_up', {}, asServer())
    expect(await tablesWith(word)).toEqual([])
  })
})

it('a result that makes no sense ends no turn', async () => {
  const { id } = await moderating()
  const { turn, messageId } = await world.ask(id, createToken())
  expect((await world.finish(turn, { moderation: used({ flags: [{ direction: 'sideways' }] }) })).status).toBe(400)
  const [message] = await sql`select status from loacl.messages where id = ${messageId}`
  expect(message).toEqual({ status: 'streaming' })
  expect((await world.finish(turn, { moderation: null })).status).toBe(204)
})

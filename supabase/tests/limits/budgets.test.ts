import postgres from 'postgres'
import { afterAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld, type TurnKey } from '../support/world.ts'

const world = createWorld(workerStack())
const { api, sql } = world
afterAll(() => world.close())

const TEXT = 'What is it?'
const DAY_MS = 86_400_000
const exceeded = { status: 429, body: { code: 'PT429', message: 'budget_exceeded' } }
// gpt-6-luna's prices, in dollars a token.
const INPUT = 0.1e-6
const OUTPUT = 0.5e-6

/** What the first turn in a thread reserves, in dollars and tokens. */
async function readBound(assistantId: string) {
  const rows = await sql<{ purpose: 'answer' | 'follow_ups'; tokens: number; usd: number }[]>`
    select c.purpose, c.tokens::int, c.usd::float8
    from loacl.assistants a
    cross join loacl_private.bound_calls(a, ${sql.json([{ role: 'user', content: TEXT }])}, true) c
    where a.id = ${assistantId}
  `
  const usd = Object.fromEntries(rows.map((row) => [row.purpose, row.usd])) as Record<'answer' | 'follow_ups', number>
  return {
    ...usd,
    usd: usd.answer + usd.follow_ups,
    tokens: rows.reduce((sum, row) => sum + row.tokens, 0),
  }
}

async function readBudget(assistantId: string) {
  const [row] = await sql<{ tokens: number; usd: number; month: number }[]>`
    select day_tokens::int as tokens, day_usd::float8 as usd, month_usd::float8 as month
    from loacl_private.budgets where assistant_id = ${assistantId}
  `
  return row
}

const begin = (assistantId: string) => world.beginTurn(assistantId, createToken(), { text: TEXT })
const setLimit = (assistantId: string, limits: Record<string, number | null>) =>
  sql`update loacl.assistants set ${sql(limits)} where id = ${assistantId}`
const saveFollowUps = ({ id, lease }: TurnKey, usage: object | null) =>
  api.rpc('save_follow_ups', { turn_id: id, lease, title: 'It', suggestions: ['And?'], usage }, world.asServer())
const usageOf = (inputTokens: number, outputTokens: number) => ({
  inputTokens,
  cachedInputTokens: 0,
  outputTokens,
  reasoningTokens: 0,
})
/** An end that costs nothing. */
const refusedByProvider = {
  state: 'failed',
  errorCode: 'provider_key_rejected',
  content: '',
  responseId: null,
  usage: null,
}
const GUESTS = 10_000
/** Connections that they come by at once. */
const DOORS = 8
/** An equal part of the guests, one after another, each in transactions of their own, as the functions call. */
const sendGuests = (assistantId: string, door: number) => `
  do $$
  declare
    begun jsonb;
    words text;
  begin
    for n in 1..${GUESTS / DOORS} loop
      begin
        perform set_config('request.headers', json_build_object('x-loacl-session', lpad(n || '-${door}', 43, 'a'))::text, true);
        begun := loacl_private.begin_turn(jsonb_build_object(
          'type', 'message', 'assistantId', '${assistantId}', 'id', gen_random_uuid(), 'text', '${TEXT}',
          'origin', 'https://site.test', 'address', '127.0.0.1'
        ));
      exception when sqlstate 'PT429' then
        get stacked diagnostics words = message_text;
        if words <> 'budget_exceeded' then raise; end if;
        begun := null;
      end;
      commit;
      if begun is not null then
        perform loacl_private.finish_turn(
          (begun -> 'turn' ->> 'id')::uuid, (begun -> 'turn' ->> 'lease')::uuid,
          '{"state": "completed", "content": "It.", "usage": {"inputTokens": 60, "outputTokens": 4096}}'
        );
        commit;
      end if;
    end loop;
  end $$
`
const untilTomorrow = () => DAY_MS - (Date.now() % DAY_MS)

describe('a budget', () => {
  it('lets exactly one of twenty turns through that come at once, where it has room for one', async () => {
    const { id } = await world.createAssistant()
    const { usd } = await readBound(id)
    // One before, so that there is a budget that all of them read.
    const { turn } = (await begin(id)).body
    await world.finish(turn, refusedByProvider)
    await setLimit(id, { spend_per_day_usd: usd * 1.9 })
    const answers = await Promise.all(Array.from({ length: 20 }, () => begin(id)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    for (const answer of answers.filter(({ status }) => status !== 200)) expect(answer).toMatchObject(exceeded)
    expect(await readBudget(id)).toMatchObject({ usd: expect.closeTo(usd, 9), month: expect.closeTo(usd, 9) })
    const counts = await sql`
      select (select count(*)::int from loacl.sessions where assistant_id = ${id}) as sessions,
        (select count(*)::int from loacl.threads where assistant_id = ${id}) as threads,
        (select count(*)::int from loacl.messages where assistant_id = ${id}) as messages
    `
    expect(counts).toEqual([{ sessions: 2, threads: 2, messages: 4 }])
  })

  it('is read by the second turn only when the first has reserved, however close they come', async () => {
    const { id } = await world.createAssistant()
    const { usd } = await readBound(id)
    const { turn } = (await begin(id)).body
    await world.finish(turn, refusedByProvider)
    await setLimit(id, { spend_per_day_usd: usd * 1.9 })
    const second = await sql.begin(async (tx) => {
      await tx`select set_config('request.headers', ${JSON.stringify({ 'x-loacl-session': createToken() })}, true)`
      const [first] = await tx<{ pid: number }[]>`
        select pg_backend_pid() as pid, loacl_private.begin_turn(${sql.json({
          type: 'message',
          assistantId: id,
          id: crypto.randomUUID(),
          text: TEXT,
          origin: 'https://site.test',
          address: '127.0.0.1',
        })})
      `
      const answer = begin(id)
      await expect
        .poll(() => sql`select from pg_stat_activity where ${first!.pid} = any (pg_blocking_pids(pid))`)
        .toHaveLength(1)
      return { answer }
    })
    expect(await second.answer).toMatchObject(exceeded)
  })

  it('of a dollar is not exceeded by ten thousand guests, whose answers cost all that they can', async () => {
    const { id } = await world.createAssistant({ settings: { spend_per_day_usd: 1 } })
    const { usd } = await readBound(id)
    const doors = postgres(workerStack().dbUrl, { max: DOORS, onnotice: () => {} })
    try {
      await Promise.all(Array.from({ length: DOORS }, (_, door) => doors.unsafe(sendGuests(id, door)).simple()))
    } finally {
      await doors.end()
    }
    const [spent] = await sql<{ usd: number; calls: number }[]>`
      select sum(cost_usd)::float8 as usd, count(*)::int as calls from loacl.usage_logs where assistant_id = ${id}
    `
    const budget = await readBudget(id)
    expect(budget!.usd).toBeLessThanOrEqual(1)
    expect(budget!.usd).toBeGreaterThan(1 - usd)
    expect(spent!.usd).toBeLessThanOrEqual(budget!.usd)
    expect(spent!.calls).toBeGreaterThan(1 / usd - 1)
    // Whoever was refused left nothing.
    expect(await sql`select from loacl.sessions where assistant_id = ${id}`).toHaveLength(spent!.calls)
  })

  it('says that it is used up until tomorrow, or next month, and not how much it is', async () => {
    const { id } = await world.createAssistant({ settings: { spend_per_day_usd: 0 } })
    const day = await begin(id)
    expect(day).toMatchObject(exceeded)
    expect(Number(day.body.hint)).toBeGreaterThan(untilTomorrow() - 60_000)
    expect(Number(day.body.hint)).toBeLessThan(untilTomorrow() + 60_000)
    expect(day.body.details).not.toMatch(/\d|usd|dollar|spend|budget/i)

    await setLimit(id, { spend_per_day_usd: null, spend_per_month_usd: 0 })
    const month = await begin(id)
    expect(month).toMatchObject(exceeded)
    const now = new Date()
    const untilNextMonth = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1) - now.getTime()
    expect(Math.abs(Number(month.body.hint) - untilNextMonth)).toBeLessThan(60_000)
    expect(await world.readRows(id)).toMatchObject({ sessions: null, turns: null })
  })

  it('of tokens holds as well, with or without a price', async () => {
    const { id } = await world.createAssistant({ settings: { spend_per_day_usd: null, spend_per_month_usd: null } })
    const { tokens } = await readBound(id)
    await setLimit(id, { tokens_per_day: tokens })
    const { turn } = (await begin(id)).body
    expect(await begin(id)).toMatchObject(exceeded)
    await world.finish(turn, { usage: usageOf(60, 40) })
    await saveFollowUps(turn, usageOf(80, 20))
    expect(await readBudget(id)).toMatchObject({ tokens: 200 })
    expect(await begin(id)).toMatchObject(exceeded)
    await setLimit(id, { tokens_per_day: tokens + 200 })
    expect((await begin(id)).status).toBe(200)

    const unpriced = await world.createAssistant({
      settings: { model: 'nobody-knows', spend_per_day_usd: null, spend_per_month_usd: null, tokens_per_day: 100 },
    })
    expect(await begin(unpriced.id)).toMatchObject(exceeded)
  })

  it('begins anew each day, and the month goes on', async () => {
    const { id } = await world.createAssistant()
    const { usd } = await readBound(id)
    await setLimit(id, { spend_per_day_usd: usd, spend_per_month_usd: usd * 2 })
    const { turn } = (await begin(id)).body
    expect(await begin(id)).toMatchObject(exceeded)
    // As if that had been yesterday; on the first of a month, that was another month.
    await sql`
      update loacl_private.budgets set day = day - 1, month = date_trunc('month', day - 1)::date where assistant_id = ${id}
    `
    await sql`update loacl_private.reservations set day = day - 1 where turn_id = ${turn.id}`
    expect((await begin(id)).status).toBe(200)
    const isFirst = new Date().getUTCDate() === 1
    expect(await readBudget(id)).toMatchObject({
      usd: expect.closeTo(usd, 9),
      month: expect.closeTo(isFirst ? usd : usd * 2, 9),
    })
    // What was reserved yesterday changes nothing of today.
    await world.finish(turn, { state: 'stopped', usage: usageOf(0, 0) })
    expect(await readBudget(id)).toMatchObject({ usd: expect.closeTo(usd, 9), month: expect.closeTo(usd, 9) })
  })
})

describe('a reservation', () => {
  it('is what the two calls can take at most', async () => {
    const { id } = await world.createAssistant({ settings: { max_output_tokens: 1000, instructions: 'i'.repeat(84) } })
    const rows = await sql`
      select purpose, tokens::int, usd::float8
      from loacl.assistants a
      cross join loacl_private.bound_calls(a, ${sql.json([
        { role: 'user', content: 'a'.repeat(984) },
        { role: 'assistant', content: 'b'.repeat(9984) },
        { role: 'user', content: '🙂'.repeat(996) },
      ])}, false) c
      where a.id = ${id} order by purpose
    `
    // Bytes, and 16 for each message and the instructions.
    const answer = 100 + 1000 + 10_000 + 4000
    // The same cut at 4,000 characters, and the answer, as long as it can be.
    const followUps = 4000 + 1000 + 1000 + 4016 + 4000
    expect(rows).toEqual([
      { purpose: 'answer', tokens: answer + 1000, usd: expect.closeTo(answer * INPUT + 1000 * OUTPUT, 12) },
      { purpose: 'follow_ups', tokens: followUps + 1000, usd: expect.closeTo(followUps * INPUT + 1000 * OUTPUT, 12) },
    ])
  })

  it('is of the whole conversation, the resources and the model of the thread', async () => {
    const { id, owner } = await world.createAssistant({ settings: { follow_ups: false } })
    const token = createToken()
    const { threadId } = await world.converse(id, token, { answer: 'b'.repeat(3000) })
    const before = (await readBudget(id))!
    await sql`insert into loacl.thread_overrides (thread_id, model) values (${threadId}, 'gpt-6-astra')`
    await sql`
      with given as (
        insert into loacl.resources (owner_id, key, content) values (${owner.userId}, 'r', ${'r'.repeat(5000)}) returning id
      )
      insert into loacl.assistant_resources (assistant_id, resource_id, owner_id) select ${id}, id, ${owner.userId} from given
    `
    const next = await world.ask(id, token, 'Next', threadId)
    expect((next as unknown as { assistant: object }).assistant).toMatchObject({ model: 'gpt-6-astra' })
    const more = (await readBudget(id))!.usd - before.usd
    expect(more).toBeGreaterThan(8000 * 10e-6 + 4096 * 50e-6)
    expect(more).toBeLessThan(8500 * 10e-6 + 4096 * 50e-6)
  })

  it('is settled by what each call did cost', async () => {
    const { id } = await world.createAssistant()
    const bound = await readBound(id)
    const { turn } = (await begin(id)).body
    expect(await readBudget(id)).toMatchObject({ tokens: bound.tokens, usd: expect.closeTo(bound.usd, 12) })
    await world.finish(turn, { usage: usageOf(1000, 100) })
    const answer = 1000 * INPUT + 100 * OUTPUT
    expect(await readBudget(id)).toMatchObject({ usd: expect.closeTo(answer + bound.follow_ups, 12) })
    await saveFollowUps(turn, usageOf(200, 50))
    const both = answer + 200 * INPUT + 50 * OUTPUT
    const settled = { tokens: 1350, usd: expect.closeTo(both, 12), month: expect.closeTo(both, 12) }
    expect(await readBudget(id)).toEqual(settled)
    // Once.
    await saveFollowUps(turn, usageOf(200, 50))
    expect(await readBudget(id)).toEqual(settled)
    expect(await sql`select from loacl_private.reservations where assistant_id = ${id}`).toHaveLength(0)
  })

  it('is settled at the price of the model that was asked, where the one that answered has none', async () => {
    const { id } = await world.createAssistant({ settings: { follow_ups: false } })
    const { turn } = (await begin(id)).body
    await world.finish(turn, {
      state: 'cut',
      cutReason: 'max_output_tokens',
      model: 'luna-at-home',
      usage: usageOf(1000, 100),
    })
    expect(await readBudget(id)).toMatchObject({ usd: expect.closeTo(1000 * INPUT + 100 * OUTPUT, 12) })
  })

  it('goes where no call was made, or the provider refused it', async () => {
    const { id } = await world.createAssistant()
    for (const errorCode of [
      'provider_key_unusable',
      'provider_key_rejected',
      'model_rate_limited',
      'model_unavailable',
    ]) {
      const { turn } = (await begin(id)).body
      await world.finish(turn, { state: 'failed', errorCode, content: '', responseId: null, usage: null })
      expect(await readBudget(id)).toMatchObject({ tokens: 0, usd: 0, month: 0 })
    }
  })

  it.each([
    ['stopped before a word came', { state: 'stopped', content: '', responseId: null }],
    ['cut by the time limit', { state: 'cut', cutReason: 'time_limit', content: '', responseId: null }],
    ['broken off', { state: 'failed', errorCode: 'model_stream_broken', content: '' }],
    ['failed after the model had begun', { state: 'failed', errorCode: 'model_unavailable', content: '' }],
    ['failed by ourselves', { state: 'failed', errorCode: 'internal', content: '', responseId: null }],
  ])('stands in full for an answer %s, whose usage nobody knows', async (_, outcome) => {
    const { id } = await world.createAssistant()
    const bound = await readBound(id)
    const { turn } = (await begin(id)).body
    await world.finish(turn, { ...outcome, usage: null })
    // There are no follow-ups to such an answer.
    expect(await readBudget(id)).toMatchObject({ usd: expect.closeTo(bound.answer, 12) })
  })

  it('stands in full for a turn whose worker has gone, also when it comes back late', async () => {
    const { id } = await world.createAssistant()
    const { usd } = await readBound(id)
    const token = createToken()
    const { turn } = (await world.beginTurn(id, token, { text: TEXT })).body
    await setLimit(id, { spend_per_day_usd: usd * 1.5 })
    await sql`update loacl_private.turns set lease_expires_at = now() where id = ${turn.id}`
    const read = await api.rpc('read_turn_parts', { turn_id: turn.id, after_seq: 0 }, world.asServer(token))
    expect(read.body).toMatchObject({ state: 'failed', errorCode: 'turn_abandoned' })
    expect(await world.finish(turn)).toMatchObject({ status: 409 })
    expect(await readBudget(id)).toMatchObject({ usd: expect.closeTo(usd, 12) })
    expect(await begin(id)).toMatchObject(exceeded)
  })

  it('stands when the visitor erases everything', async () => {
    const { id } = await world.createAssistant()
    const { usd } = await readBound(id)
    const token = createToken()
    await world.ask(id, token, TEXT)
    await api.rpc('erase_visitor_data', {}, { token })
    expect(await readBudget(id)).toMatchObject({ usd: expect.closeTo(usd, 12) })
  })

  it('is forgotten by the clean-up when nobody will settle it', async () => {
    const { id } = await world.createAssistant()
    const { turn } = (await begin(id)).body
    const before = await readBudget(id)
    await sql`update loacl_private.reservations set day = day - 2 where turn_id = ${turn.id}`
    await sql`select loacl_private.purge_reservations()`
    expect(await sql`select from loacl_private.reservations where turn_id = ${turn.id}`).toHaveLength(0)
    expect(await readBudget(id)).toEqual(before)
  })
})

describe('a model without a price', () => {
  const unknown = { status: 409, body: { message: 'price_unknown' } }

  it.each([{ spend_per_day_usd: null }, { spend_per_month_usd: null }])(
    'is refused under a spend limit (%o)',
    async (settings) => {
      const { id, owner } = await world.createAssistant({ settings: { model: 'nobody-knows', ...settings } })
      const refused = await begin(id)
      expect(refused).toMatchObject(unknown)
      expect(refused.body.details).not.toContain('nobody-knows')
      expect(await world.readRows(id)).toMatchObject({ sessions: null, turns: null })
      // The owner's own price, even of nothing, is one.
      const price = { owner_id: owner.userId, model: 'nobody-knows', input_usd: 0, output_usd: 0 }
      expect((await api.insert('model_prices', price, { jwt: owner.jwt })).status).toBe(201)
      expect((await begin(id)).status).toBe(200)
    },
  )

  it('is let through without one', async () => {
    const { id } = await world.createAssistant({
      settings: { model: 'nobody-knows', spend_per_day_usd: null, spend_per_month_usd: null },
    })
    const { turn } = (await begin(id)).body
    await world.finish(turn, { model: 'nobody-knows' })
    const [log] = await sql`select cost_usd, input_tokens::int from loacl.usage_logs where assistant_id = ${id}`
    expect(log).toEqual({ cost_usd: null, input_tokens: 100 })
  })
})

describe('the pause switch', () => {
  it('stops new turns by a code of its own, and lets what runs come to its end', async () => {
    const { id, owner } = await world.createAssistant()
    const token = createToken()
    const { turn, threadId } = await world.ask(id, token)
    const pause = (paused_at: string | null) => api.update(`assistants?id=eq.${id}`, { paused_at }, { jwt: owner.jwt })
    await pause(new Date().toISOString())
    const before = [await world.readRows(id), await readBudget(id)]
    expect(await begin(id)).toMatchObject({ status: 403, body: { message: 'assistant_paused' } })
    expect([await world.readRows(id), await readBudget(id)]).toEqual(before)
    expect(
      (await api.rpc('append_turn_parts', { turn_id: turn.id, lease: turn.lease, seq: 1, parts: [] }, world.asServer()))
        .status,
    ).toBe(200)
    expect((await world.finish(turn)).status).toBe(204)
    await pause(null)
    expect((await world.beginTurn(id, token, { threadId })).status).toBe(200)
  })
})

it('nobody reads what is counted and spent by the Data API', async () => {
  const { id, owner } = await world.createAssistant()
  const token = createToken()
  await world.ask(id, token)
  for (const table of ['budgets', 'reservations', 'rate_counters', 'rate_salts'])
    for (const caller of [{ token }, { jwt: owner.jwt }, world.asServer(token)])
      expect((await api.select(`${table}?select=*`, caller)).status).toBeGreaterThanOrEqual(400)
})

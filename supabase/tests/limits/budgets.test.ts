import postgres from 'postgres'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { avoidMidnight, untilTomorrow } from '../support/day.ts'
import { createWorld } from '../support/world.ts'
import { createSpending, exceeded, TEXT, usageOf } from './spending.ts'

const world = createWorld(workerStack())
const { api, sql } = world
const { begin, readBound, readBudget, saveFollowUps, setLimit } = createSpending(world)
beforeEach(avoidMidnight)
afterAll(() => world.close())

/** An end that costs nothing. */
const refusedByProvider = {
  state: 'failed',
  errorCode: 'provider_key_rejected',
  content: '',
  responseId: null,
  usage: null,
}
const GUESTS = 10_000
/** Connections that send them at the same time. */
const CONNECTIONS = 8
/** An equal part of the guests, one after another, each in transactions of their own, as the functions call. */
const sendGuests = (assistantId: string, connection: number) => `
  do $$
  declare
    begun jsonb;
    words text;
  begin
    for n in 1..${GUESTS / CONNECTIONS} loop
      begin
        perform set_config('request.headers', json_build_object('x-loacl-session', lpad(n || '-${connection}', 43, 'a'))::text, true);
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
    const connections = postgres(workerStack().dbUrl, { max: CONNECTIONS, onnotice: () => {} })
    try {
      await Promise.all(
        Array.from({ length: CONNECTIONS }, (_, connection) => connections.unsafe(sendGuests(id, connection)).simple()),
      )
    } finally {
      await connections.end()
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

  it('of tokens applies as well, with or without a price', async () => {
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

it('nobody reads what is counted and spent by the Data API', async () => {
  const { id, owner } = await world.createAssistant()
  const token = createToken()
  await world.ask(id, token)
  for (const table of ['budgets', 'reservations', 'rate_counters', 'rate_salts'])
    for (const caller of [{ token }, { jwt: owner.jwt }, world.asServer(token)])
      expect((await api.select(`${table}?select=*`, caller)).status).toBeGreaterThanOrEqual(400)
})

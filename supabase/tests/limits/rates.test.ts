import { randomUUID } from 'node:crypto'
import { afterAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken, type Answer } from '../support/api.ts'
import { createWorld } from '../support/world.ts'

const world = createWorld(workerStack())
const { sql } = world
afterAll(() => world.close())

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

const limited = { status: 429, body: { code: 'PT429', message: 'rate_limited' } }
/** What PostgREST's `hint` says of the time to wait. */
const waitOf = ({ body }: Answer): number => Number(body.hint)
const from = (assistantId: string, address: string | null, token = createToken()) =>
  world.beginTurn(assistantId, token, { address })
/** As if so much time had gone by for whatever was counted so far. */
const letPass = (interval: string) =>
  sql`update loacl_private.rate_counters set ends_at = ends_at - ${interval}::interval`

describe('messages per minute', () => {
  it('are counted per session, and the refusal says when the next may come', async () => {
    const { id } = await world.createAssistant({ settings: { messages_per_minute: 2 } })
    const token = createToken()
    await world.ask(id, token)
    await world.ask(id, token)
    const refused = await world.beginTurn(id, token)
    expect(refused).toMatchObject(limited)
    expect(waitOf(refused)).toBeGreaterThan(MINUTE_MS / 2)
    expect(waitOf(refused)).toBeLessThanOrEqual(MINUTE_MS)
    await world.ask(id, createToken())
  })

  it('may go on when the minute is over', async () => {
    const { id } = await world.createAssistant({ settings: { messages_per_minute: 1 } })
    const token = createToken()
    const { threadId, turn } = await world.ask(id, token)
    await world.finish(turn)
    expect(await world.beginTurn(id, token, { threadId })).toMatchObject(limited)
    await letPass('1 minute')
    expect((await world.beginTurn(id, token, { threadId })).status).toBe(200)
    expect(await world.beginTurn(id, token)).toMatchObject(limited)
  })

  it('let as many through as may, of those that come at once', async () => {
    const { id } = await world.createAssistant({ settings: { messages_per_minute: 3 } })
    const token = createToken()
    const answers = await Promise.all(Array.from({ length: 8 }, () => world.beginTurn(id, token)))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 200, 429, 429, 429, 429, 429])
  })

  it('count retries too, and not the same message sent twice', async () => {
    const { id } = await world.createAssistant({ settings: { messages_per_minute: 2 } })
    const token = createToken()
    const message = { id: randomUUID() }
    const { body } = await world.beginTurn(id, token, message)
    for (let sent = 0; sent < 3; sent++)
      expect(await world.beginTurn(id, token, message)).toMatchObject({ status: 200, body: { joined: true } })
    const retry = { type: 'retry', id: message.id, threadId: body.threadId }
    await world.finish(body.turn, { state: 'failed', errorCode: 'model_unavailable' })
    const again = await world.beginTurn(id, token, retry)
    expect(again).toMatchObject({ status: 200, body: { joined: false } })
    await world.finish(again.body.turn, { state: 'failed', errorCode: 'model_unavailable' })
    expect(await world.beginTurn(id, token, retry)).toMatchObject(limited)
  })

  it('leave no row behind where they are too many', async () => {
    const { id } = await world.createAssistant({ settings: { messages_per_minute: 1 } })
    const token = createToken()
    await world.ask(id, token)
    const rows = async () => [
      await world.readRows(id),
      await sql`select * from loacl_private.budgets where assistant_id = ${id}`,
    ]
    const before = await rows()
    expect(await world.beginTurn(id, token)).toMatchObject(limited)
    expect(await rows()).toEqual(before)
  })
})

describe('messages per hour', () => {
  it('are counted per network address, whoever sends them', async () => {
    const { id } = await world.createAssistant({ settings: { messages_per_hour_per_address: 2 } })
    await from(id, '203.0.113.1')
    await from(id, '203.0.113.1')
    const refused = await from(id, '203.0.113.1')
    expect(refused).toMatchObject(limited)
    expect(waitOf(refused)).toBeGreaterThan(HOUR_MS - MINUTE_MS)
    expect(waitOf(refused)).toBeLessThanOrEqual(HOUR_MS)
    expect((await from(id, '203.0.113.2')).status).toBe(200)
    const { id: another } = await world.createAssistant({ settings: { messages_per_hour_per_address: 2 } })
    expect((await from(another, '203.0.113.1')).status).toBe(200)
  })

  it('take an IPv6 network of 64 bits for one address', async () => {
    const { id } = await world.createAssistant({ settings: { messages_per_hour_per_address: 1 } })
    expect((await from(id, '2001:db8:0:1::1')).status).toBe(200)
    expect(await from(id, '2001:DB8:0:1:ffff::2')).toMatchObject(limited)
    expect((await from(id, '2001:db8:0:2::1')).status).toBe(200)
  })

  it('know an IPv4 address that is written as IPv6', async () => {
    const { id } = await world.createAssistant({ settings: { messages_per_hour_per_address: 1 } })
    expect((await from(id, '198.51.100.7')).status).toBe(200)
    expect(await from(id, '::ffff:198.51.100.7')).toMatchObject(limited)
    expect((await from(id, '::ffff:198.51.100.8')).status).toBe(200)
  })

  it('apply to all together who come without an address, or with an invalid one', async () => {
    const { id } = await world.createAssistant({ settings: { messages_per_hour_per_address: 1 } })
    expect((await from(id, null)).status).toBe(200)
    expect(await from(id, null)).toMatchObject(limited)
    expect(await from(id, 'somewhere')).toMatchObject(limited)
    expect((await from(id, '203.0.113.1')).status).toBe(200)
  })

  it('do not apply on the machine itself', async () => {
    const { id } = await world.createAssistant({ settings: { messages_per_hour_per_address: 1 } })
    for (const address of ['127.0.0.1', '127.0.0.1', '::1', '::1', '::ffff:127.0.0.1'])
      expect((await from(id, address)).status).toBe(200)
  })

  it('are counted per fingerprint where the assistant asks for one', async () => {
    const settings = { messages_per_hour_per_fingerprint: 1, fingerprint: true }
    const { id } = await world.createAssistant({ settings })
    const send = (fingerprint?: string, assistant = id) =>
      world.beginTurn(assistant, createToken(), fingerprint === undefined ? {} : { fingerprint })
    const first = await send('abc')
    expect(first.status).toBe(200)
    expect(await send('abc')).toMatchObject(limited)
    expect((await send('abd')).status).toBe(200)
    expect((await send()).status).toBe(200)
    const [session] = await sql`
      select fingerprint_hash = sha256(convert_to(${id} || ':abc', 'UTF8')) as is_hash
      from loacl.sessions where id = (select session_id from loacl.threads where id = ${first.body.threadId})
    `
    expect(session).toEqual({ is_hash: true })

    const { id: incurious } = await world.createAssistant({ settings: { ...settings, fingerprint: false } })
    for (let sent = 0; sent < 2; sent++) expect((await send('abc', incurious)).status).toBe(200)
    const stored =
      await sql`select from loacl.sessions where assistant_id = ${incurious} and fingerprint_hash is not null`
    expect(stored).toHaveLength(0)
  })
})

describe('new visitors per hour', () => {
  it('are counted per network address, and who is known goes on', async () => {
    const { id } = await world.createAssistant({ settings: { new_sessions_per_hour_per_address: 2 } })
    const known = createToken()
    await from(id, '203.0.113.1', known)
    await from(id, '203.0.113.1')
    const refused = await from(id, '203.0.113.1')
    expect(refused).toMatchObject(limited)
    expect(waitOf(refused)).toBeGreaterThan(HOUR_MS - MINUTE_MS)
    expect((await from(id, '203.0.113.1', known)).status).toBe(200)
    expect((await from(id, '203.0.113.2')).status).toBe(200)
    const sessions = await sql`select from loacl.sessions where assistant_id = ${id}`
    expect(sessions).toHaveLength(3)
  })
})

/** After the only message of an hour has been counted. */
async function countOne() {
  const address = '198.51.100.200'
  const { id } = await world.createAssistant({ settings: { messages_per_hour_per_address: 1 } })
  await sql`delete from loacl_private.rate_salts`
  /** Counts a message. */
  const count = async () => sql`
    select loacl_private.check_rates(a, gen_random_uuid(), false, ${address}, null) from loacl.assistants a where a.id = ${id}
  `
  /** The counter's key, if it were a hash without a salt. */
  const [{ guess }] = await sql<[{ guess: Buffer }]>`
    select sha256(convert_to(array_to_json(array['address', ${id}, ${address}])::text, 'UTF8')) as guess
  `
  const salts = async () => sql<{ salt: Buffer; today: boolean }[]>`
    select salt, day = (now() at time zone 'utc')::date as today from loacl_private.rate_salts
  `
  await count()
  return { count, guess, salts }
}

describe('what is counted', () => {
  it('is kept under a key that says nothing of the address, and another one each day', async () => {
    const { count, guess, salts } = await countOne()
    const before = await salts()
    expect(before).toMatchObject([{ today: true }])
    expect(await sql`select from loacl_private.rate_counters where key = ${guess}`).toHaveLength(0)
    await sql`update loacl_private.rate_salts set day = day - 2`
    await sql`update loacl_private.rate_counters set ends_at = now()`
    await count()
    await sql`select loacl_private.purge_rate_counters(5)`
    // With the old salt gone, nobody can tell whom it counted.
    const after = await salts()
    expect(after).toMatchObject([{ today: true }])
    expect(after[0]!.salt).not.toEqual(before[0]!.salt)
  })

  it('goes on past midnight, when the key changes', async () => {
    const { count } = await countOne()
    await sql`update loacl_private.rate_salts set day = day - 1`
    await expect(count()).rejects.toMatchObject({ code: 'PT429', message: 'rate_limited' })
    await sql`update loacl_private.rate_counters set ends_at = now()`
    await count()
  })

  it('goes when its time is over, with the next turn of anybody', async () => {
    const { id } = await world.createAssistant()
    const key = Buffer.alloc(32, 7)
    await sql`insert into loacl_private.rate_counters (key, count, ends_at) values (${key}, 1, '2026-01-01')`
    await world.ask(id, createToken())
    expect(await sql`select from loacl_private.rate_counters where key = ${key}`).toHaveLength(0)
  })
})

describe('messages per conversation', () => {
  it('end it when it is full, while another can begin', async () => {
    const { id } = await world.createAssistant({ settings: { messages_per_thread: 2 } })
    const token = createToken()
    const { threadId } = await world.converse(id, token)
    const last = await world.ask(id, token, 'The last', threadId)
    await world.finish(last.turn, { state: 'stopped' })
    const before = await world.readRows(id)
    const refused = await world.beginTurn(id, token, { threadId })
    expect(refused).toMatchObject({ status: 429, body: { message: 'thread_full' } })
    expect(refused.body.hint ?? null).toBeNull()
    expect(await world.readRows(id)).toEqual(before)
    // Another try is no further message.
    const retry = { type: 'retry', id: last.userMessageId, threadId }
    expect((await world.beginTurn(id, token, retry)).status).toBe(200)
    expect((await world.beginTurn(id, token)).status).toBe(200)
  })
})

describe('an owner', () => {
  it('changes limits through the Data API, takes them away, and can set none that makes no sense', async () => {
    const { id, owner } = await world.createAssistant({ settings: { messages_per_minute: 1 } })
    const change = (settings: object) => world.api.update(`assistants?id=eq.${id}`, settings, { jwt: owner.jwt })
    const token = createToken()
    await world.ask(id, token)
    expect(await world.beginTurn(id, token)).toMatchObject(limited)
    expect((await change({ messages_per_minute: null })).status).toBe(200)
    expect((await world.beginTurn(id, token)).status).toBe(200)
    for (const settings of [
      { messages_per_minute: 0 },
      { spend_per_day_usd: -1 },
      { spend_per_month_usd: 'NaN' },
      { messages_per_thread: 0 },
    ])
      expect(await change(settings)).toMatchObject({ status: 400, body: { code: '23514' } })
  })

  it('has some without doing anything', async () => {
    const { id } = await world.createAssistant()
    const [row] = await sql`
      select messages_per_minute, messages_per_hour_per_address, messages_per_hour_per_fingerprint,
        new_sessions_per_hour_per_address, messages_per_thread, tokens_per_day,
        spend_per_day_usd::float8 as spend_per_day_usd, spend_per_month_usd::float8 as spend_per_month_usd
      from loacl.assistants where id = ${id}
    `
    expect(row).toEqual({
      messages_per_minute: 30,
      messages_per_hour_per_address: 300,
      messages_per_hour_per_fingerprint: 120,
      new_sessions_per_hour_per_address: 60,
      messages_per_thread: 500,
      tokens_per_day: null,
      spend_per_day_usd: 10,
      spend_per_month_usd: 100,
    })
  })
})

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld, type BegunTurn } from '../support/world.ts'
import { createUploads } from './uploads.ts'

const world = createWorld(workerStack())
const { sql } = world
const { queued, sessionOf, upload } = createUploads(world)

let assistantId: string
let token: string
let turn: BegunTurn

beforeAll(async () => {
  ;({ id: assistantId } = await world.createAssistant())
})
beforeEach(async () => {
  token = createToken()
  turn = await world.converse(assistantId, token, { text: 'Remember me', answer: 'I will.' })
})
afterAll(() => world.close())

describe('retention', () => {
  it('purges what is older than the assistant keeps it, and nothing where it keeps everything', async () => {
    const short = await world.createAssistant({ settings: { retention_days: 30 } })
    const old = await world.converse(short.id, createToken())
    const fresh = await world.converse(short.id, createToken())
    for (const { threadId } of [old, turn])
      await sql`update loacl.threads set last_message_at = now() - interval '31 days' where id = ${threadId}`
    await sql`select loacl_private.clean_up()`
    const left = await sql<
      { id: string }[]
    >`select id from loacl.threads where id in ${sql([old.threadId, fresh.threadId, turn.threadId])}`
    expect(new Set(left.map(({ id }) => id))).toEqual(new Set([fresh.threadId, turn.threadId]))
  })

  it('takes a part at a time, where all of it would be more than a request may take', async () => {
    const { id } = await world.createAssistant({ settings: { retention_days: 30 } })
    const { threadId } = await world.converse(id, createToken())
    await sql`
      insert into loacl.threads (session_id, assistant_id, status, deleted_at, last_message_at)
      select t.session_id, t.assistant_id, s.status, s.deleted_at, s.last_message_at
      from loacl.threads t
      cross join generate_series(1, 30)
      cross join (
        values ('active', null::timestamptz, now() - interval '31 days'), ('deleted', now() - interval '7 days', now())
      ) s (status, deleted_at, last_message_at)
      where t.id = ${threadId}
    `
    const left = async () => {
      const threads = await sql<{ status: string }[]>`select status from loacl.threads where assistant_id = ${id}`
      return Object.groupBy(threads, ({ status }) => status)
    }
    await sql`select loacl_private.purge_expired_data('0 seconds')`
    const some = await left()
    expect(some.active!.length).toBeGreaterThan(10)
    expect(some.deleted!.length).toBeGreaterThan(9)
    await sql`select loacl_private.clean_up()`
    const last = await left()
    expect([last.active!.length, last.deleted]).toEqual([1, undefined])
  })

  it('takes ended sessions that hold nothing, and uploads that were never sent', async () => {
    const empty = await sessionOf(turn)
    const unsent = await upload(turn)
    await sql`update loacl.files set created_at = now() - interval '25 hours' where id = ${unsent.id}`
    await sql`select loacl_private.clean_up()`
    expect(await sql`select from loacl.files where id = ${unsent.id}`).toHaveLength(0)
    expect(await queued(unsent.storagePath)).toHaveLength(1)
    await sql`update loacl.sessions set expires_at = now() where id = ${empty}`
    await sql`select loacl_private.clean_up()`
    expect(await sql`select from loacl.sessions where id = ${empty}`).toHaveLength(1)
    await sql`delete from loacl.threads where session_id = ${empty}`
    await sql`select loacl_private.clean_up()`
    expect(await sql`select from loacl.sessions where id = ${empty}`).toHaveLength(0)
  })

  it('takes what was streamed, counted and reserved, once nobody can want it', async () => {
    const { turn: fresh } = await world.ask(assistantId, token, 'Now', turn.threadId)
    const key = Buffer.alloc(32, 9)
    for (const { id } of [turn.turn, fresh])
      await sql`insert into loacl_private.turn_chunks (turn_id, seq, parts) values (${id}, 1, '[{"type": "start"}]')`
    await sql`update loacl_private.turns set ended_at = now() - interval '11 minutes' where id = ${turn.turn.id}`
    await sql`insert into loacl_private.rate_counters (key, count, ends_at) values (${key}, 1, '2026-01-01')`
    await sql`
      insert into loacl_private.reservations (turn_id, step, purpose, assistant_id, day, tokens, usd)
      values (${turn.turn.id}, 1, 'answer', ${assistantId}, '2026-01-01', 1, 1)
      on conflict (turn_id, step, purpose) do update set day = excluded.day
    `
    await sql`select loacl_private.clean_up()`
    const left = await sql`
      select (select count(*)::int from loacl_private.turn_chunks where turn_id = ${turn.turn.id}) as streamed,
        (select count(*)::int from loacl_private.turn_chunks where turn_id = ${fresh.id}) as streaming,
        (select count(*)::int from loacl_private.rate_counters where key = ${key}) as counters,
        (select count(*)::int from loacl_private.reservations where turn_id = ${turn.turn.id} and purpose = 'answer') as reservations
    `
    expect(left).toEqual([{ streamed: 0, streaming: 1, counters: 0, reservations: 0 }])
  })

  it('takes the salt of an earlier day where no message came since', async () => {
    await sql`insert into loacl_private.rate_salts (day) values ('2026-01-01')`
    await sql`select loacl_private.clean_up()`
    expect(await sql`select from loacl_private.rate_salts where day = '2026-01-01'`).toHaveLength(0)
  })

  it('takes ended sessions a batch at a time, says whether more is left, and loses none that has a conversation', async () => {
    const { id } = await world.createAssistant()
    await world.ask(id, createToken())
    await sql`
      insert into loacl.sessions (assistant_id, expires_at) select ${id}, now() - interval '1 day' from generate_series(1, 1200)
    `
    await sql`update loacl.sessions set expires_at = now() - interval '1 day' where assistant_id = ${id}`
    const count = async () => (await sql`select from loacl.sessions where assistant_id = ${id}`).length
    // Whatever other tests left goes as well.
    for (let more = true; more;) {
      const before = await count()
      const [row] = await sql<[{ more: boolean }]>`select loacl_private.purge_expired_data(interval '0') as more`
      more = row.more && (await count()) > 1
      expect(before - (await count())).toBeLessThanOrEqual(500)
      expect(row.more).toBe(true)
    }
    expect(await world.api.rpc('run_clean_up', {}, world.asServer())).toMatchObject({ status: 200, body: false })
    expect(await count()).toBe(1)
  })

  it('is scheduled where pg_cron is, once', async () => {
    const [without] = await sql`select loacl_private.schedule_clean_up() as scheduled`
    expect(without).toEqual({ scheduled: false })
    // Rolled back: for the tests that come after, too, there is no pg_cron.
    const undo = new Error('undo')
    const withCron = sql.begin(async (tx) => {
      await tx`create schema cron`
      await tx`create table cron.job (name text primary key, schedule text, command text)`
      await tx`
        create function cron.schedule(text, text, text) returns bigint language sql
        as 'insert into cron.job values ($1, $2, $3) on conflict (name) do update set command = $3 returning 1::bigint'
      `
      await tx`select loacl_private.schedule_clean_up(), loacl_private.schedule_clean_up()`
      expect(await tx`select name, command from cron.job`).toEqual([
        { name: 'loacl_clean_up', command: expect.stringContaining('exit when not loacl_private.clean_up()') },
      ])
      throw undo
    })
    await expect(withCron).rejects.toBe(undo)
  })
})
